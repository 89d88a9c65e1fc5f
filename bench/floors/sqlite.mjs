// Sealed tokens in one SQLite table over libsql: WAL, synchronous=FULL, one commit for all saves of a turn.
import Database from 'libsql';
import { batched } from './batch.mjs';

const sql = {
  schema: `
    CREATE TABLE IF NOT EXISTS floor (
      key BLOB PRIMARY KEY NOT NULL, due_at INTEGER NOT NULL, owner BLOB, lease_until INTEGER, sealed BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS floor_by_due_at ON floor (due_at);`,
  fill: 'INSERT OR REPLACE INTO floor (key, due_at, sealed) VALUES (?, ?, ?)',
  get: 'SELECT sealed FROM floor WHERE key = ?',
  claim: `
    UPDATE floor SET owner = ?, lease_until = ? WHERE key IN (
      SELECT key FROM floor WHERE due_at <= ? AND (lease_until IS NULL OR lease_until <= ?) ORDER BY due_at LIMIT ?
    ) RETURNING key, sealed`,
  save: `
    UPDATE floor SET sealed = ?, due_at = ?, owner = NULL, lease_until = NULL WHERE key = ? AND owner = ?`,
};

export function openFloor({ file }) {
  const db = new Database(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${sql.schema}`);
  const [fill, get, claim, put] = [sql.fill, sql.get, sql.claim, sql.save].map((text) => db.prepare(text));
  const transaction = (work) => {
    db.exec('BEGIN IMMEDIATE');
    const result = work();
    db.exec('COMMIT');
    return result;
  };
  const save = batched(async (items) => {
    const changed = transaction(() => items.map((item) => put.run(item).changes));
    if (changed.some((count) => count !== 1)) throw new Error('the lease is gone');
  });
  return {
    async fill(records) {
      transaction(() => records.forEach(({ key, sealed, dueAt }) => fill.run([key, dueAt, sealed])));
    },
    async get(key) {
      const [row] = get.all([key]);
      return row && Buffer.from(row.sealed);
    },
    async claim(limit, owner) {
      const now = Date.now();
      const rows = transaction(() => claim.all([owner, now + 30_000, now, now, limit]));
      return rows.map(({ key, sealed }) => ({ key: Buffer.from(key), sealed: Buffer.from(sealed) }));
    },
    save: (key, sealed, dueAt, owner) => save([sealed, dueAt, key, owner]),
    async close() {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
}
