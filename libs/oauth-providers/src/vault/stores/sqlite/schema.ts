import { OAuthConfigurationError } from '../../../core/errors.js';
import { type GuardedConnection } from './guard.js';

/**
 * Each entry takes the file from one version to the next; entries are only ever added. Everything but states,
 * counts and times is a hash, a random id or sealed. A token row without `sealed` is a tombstone.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE token (
    key BLOB PRIMARY KEY NOT NULL,
    owner BLOB,
    generation BLOB,
    state TEXT NOT NULL,
    renews_at INTEGER,
    failures INTEGER NOT NULL,
    gone_until INTEGER,
    writes BLOB NOT NULL,
    sealed BLOB
  ) STRICT;
  CREATE INDEX token_by_owner ON token (owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX token_by_gone_until ON token (gone_until) WHERE gone_until IS NOT NULL;

  CREATE TABLE mark (
    id BLOB PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mark_by_expires_at ON mark (expires_at);

  CREATE TABLE blob (
    namespace TEXT NOT NULL,
    key BLOB NOT NULL,
    expires_at INTEGER,
    value BLOB NOT NULL,
    PRIMARY KEY (namespace, key)
  ) STRICT;
  CREATE INDEX blob_by_expires_at ON blob (expires_at) WHERE expires_at IS NOT NULL;
  `,
];

/**
 * Brings a file to the newest version, in one transaction, so that of several processes one does it.
 *
 * @throws OAuthConfigurationError when the file is of a newer version than this code
 */
export function migrate(connection: GuardedConnection, file: string): void {
  connection.write(() => {
    const version = Number(connection.get('PRAGMA user_version')?.['user_version']);
    if (version > migrations.length) {
      throw new OAuthConfigurationError(
        `store: ${file} was written by a newer version of this library (schema ${version}, known up to ` +
          `${migrations.length}): update the library or use another file.`,
      );
    }
    for (const migration of migrations.slice(version)) connection.script(migration);
    connection.script(`PRAGMA user_version = ${migrations.length}`);
  });
}
