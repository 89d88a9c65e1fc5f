import type pg from 'pg';
import { OAuthConfigurationError } from '../../../core/errors.js';
import { migrations } from './migrations.js';

/**
 * Brings a schema to the newest version, in one transaction, so that of several processes one does it. Where
 * nothing is to be done, nothing but one read is done, and no right to create anything is needed.
 *
 * @throws OAuthConfigurationError when the schema is of a newer version than this code
 */
export async function migrate(client: pg.Client, schema: string): Promise<void> {
  if ((await versionOf(client, schema)) === migrations.length) return;
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      `oauth-providers ${schema}`,
    ]);
    const version = await versionOf(client, schema);
    if (version < migrations.length) {
      if (!(await hasSchema(client, schema))) await client.query(`CREATE SCHEMA ${schema}`);
      for (const migration of migrations.slice(version)) await client.query(migration(schema));
      await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.version (version integer NOT NULL)`);
      await client.query(`DELETE FROM ${schema}.version`);
      await client.query(`INSERT INTO ${schema}.version VALUES (${migrations.length})`);
    }
    await client.query('COMMIT');
  } catch (error) {
    // The connection is closed after this in any case, which undoes everything too.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** IF NOT EXISTS asks for the right to create a schema even where it is there. */
async function hasSchema(client: pg.Client, schema: string): Promise<boolean> {
  const { rows } = await client.query('SELECT true FROM pg_catalog.pg_namespace WHERE nspname = $1', [
    schema,
  ]);
  return rows.length > 0;
}

async function versionOf(client: pg.Client, schema: string): Promise<number> {
  // Asked of the catalog as of any table: to_regclass() may remember, all through a transaction, that there was none.
  const { rows } = await client.query(
    `SELECT true FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'version'`,
    [schema],
  );
  if (rows.length === 0) return 0;
  const found = await client.query<{ version: number }>(`SELECT version FROM ${schema}.version`);
  const version = found.rows[0]?.version ?? 0;
  if (version > migrations.length) {
    throw new OAuthConfigurationError(
      `store: the PostgreSQL schema "${schema}" was written by a newer version of this library (version ${version}, ` +
        `known up to ${migrations.length}): update the library or use another schema.`,
    );
  }
  return version;
}
