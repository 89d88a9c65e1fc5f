// Sealed tokens in one PostgreSQL table over pg: prepared statements, a pool of ten, reads and saves of one turn of
// the event loop in one statement.
import pg from 'pg';
import { batched } from './batch.mjs';

const schema = `
  CREATE TABLE IF NOT EXISTS floor (
    key bytea PRIMARY KEY, due_at bigint NOT NULL, owner bytea, lease_until bigint, sealed bytea NOT NULL
  );
  ALTER TABLE floor ALTER COLUMN sealed SET STORAGE EXTERNAL;
  CREATE INDEX IF NOT EXISTS floor_by_due_at ON floor (due_at)`;

const statements = {
  fill: `
    INSERT INTO floor (key, due_at, sealed) SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[])
    ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, sealed = excluded.sealed, owner = NULL, lease_until = NULL`,
  get: 'SELECT sealed FROM floor WHERE key = $1',
  getAll: 'SELECT key, sealed FROM floor WHERE key = ANY ($1::bytea[])',
  claim: `
    WITH due AS (
      SELECT key FROM floor WHERE due_at <= $2::bigint AND (lease_until IS NULL OR lease_until <= $2::bigint)
      ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    UPDATE floor SET owner = $1, lease_until = $2::bigint + 30000 FROM due WHERE floor.key = due.key
    RETURNING floor.key, floor.sealed`,
  save: `
    UPDATE floor SET sealed = new.sealed, due_at = new.due_at, owner = NULL, lease_until = NULL
    FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[]) AS new (key, due_at, sealed, owner)
    WHERE floor.key = new.key AND floor.owner = new.owner`,
};

export async function openFloor({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  await pool.query(schema);
  const run = (name, values) => pool.query({ name: `floor-${name}`, text: statements[name], values });
  const columns = (items) => items[0].map((_, column) => items.map((item) => item[column]));
  const save = batched(async (items) => {
    const { rowCount } = await run('save', columns(items));
    if (rowCount !== items.length) throw new Error('the lease is gone');
  });
  const get = batched(async (keys) => {
    if (keys.length === 1) return (await run('get', keys)).rows.map(({ sealed }) => sealed);
    const { rows } = await run('getAll', [keys]);
    const found = new Map(rows.map(({ key, sealed }) => [key.toString('latin1'), sealed]));
    return keys.map((key) => found.get(key.toString('latin1')));
  });
  return {
    async fill(records) {
      await run('fill', columns(records.map(({ key, dueAt, sealed }) => [key, dueAt, sealed])));
    },
    get,
    claim: async (limit, owner) => (await run('claim', [owner, Date.now(), limit])).rows,
    save: (key, sealed, dueAt, owner) => save([key, dueAt, sealed, owner]),
    close: () => pool.end(),
  };
}
