import { type Clock } from '../../../core/ports.js';
import { decide, type FencedRow, remember } from '../../fence.js';
import {
  type ReplacingWrite,
  type SaveOutcome,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
} from '../../token-store.port.js';
import { type GuardedConnection } from './guard.js';
import { type WorkQueue } from './work-queue.js';

// A point read leaves out the key it was given: each BLOB of a row costs as much as finding the row.
const columns = 'generation, sealed, state, renews_at AS renewsAt, failures';

const sql = {
  get: `SELECT ${columns} FROM token WHERE key = ? AND sealed IS NOT NULL`,
  fence: 'SELECT generation, writes FROM token WHERE key = ? AND (gone_until IS NULL OR gone_until > ?)',
  replace: `INSERT INTO token (owner, generation, sealed, renews_at, writes, key, state, failures, gone_until)
    VALUES (?, ?, ?, ?, ?, ?, 'fresh', 0, NULL)
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, generation = excluded.generation,
      sealed = excluded.sealed, renews_at = excluded.renews_at, writes = excluded.writes,
      state = 'fresh', failures = 0, gone_until = NULL`,
  renew: `UPDATE token SET generation = ?, sealed = ?, renews_at = ?, writes = ?, state = 'fresh', failures = 0
    WHERE key = ?`,
  remove: `INSERT INTO token (key, writes, gone_until, state, failures) VALUES (?, ?, ?, 'revoked', 0)
    ON CONFLICT (key) DO UPDATE SET writes = excluded.writes, gone_until = excluded.gone_until,
      owner = NULL, generation = NULL, sealed = NULL, renews_at = NULL, state = 'revoked', failures = 0`,
  forget: `DELETE FROM token WHERE key IN
    (SELECT key FROM token WHERE gone_until <= ? ORDER BY gone_until LIMIT 16)`,
  list: `SELECT key, ${columns} FROM token WHERE owner = ? AND key > ? ORDER BY key LIMIT ?`,
};

/** Token records as rows. */
export class SqliteTokens implements TokenStore {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  get(key: Buffer): Promise<StoredToken | undefined> {
    return this.queue.read((db) => find(db, key));
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    const { key, owner, generation, sealed, renewsAt } = write;
    return this.queue.write((db) =>
      this.#save(db, write, undefined, (writes) =>
        db.run(sql.replace, owner, generation, sealed, renewsAt, writes, key),
      ),
    );
  }

  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome> {
    const { key, generation, sealed, renewsAt } = write;
    return this.queue.write((db) =>
      this.#save(db, write, expectedGeneration, (writes) =>
        db.run(sql.renew, generation, sealed, renewsAt, writes, key),
      ),
    );
  }

  remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const row = db.get(sql.fence, key, now) as FencedRow | undefined;
      if (decide(row, writeId) === 'repeat') return;
      db.run(sql.remove, key, remember(row?.writes, writeId), now + tombstoneMs);
      db.run(sql.forget, now);
    });
  }

  list(owner: Buffer, limit: number, after: Buffer = Buffer.alloc(0)): Promise<TokenPage> {
    return this.queue.read((db) => {
      // One more than asked for tells whether there is another page.
      const rows = db.all(sql.list, owner, after, limit + 1) as unknown as StoredToken[];
      const records = rows.slice(0, limit);
      return { records, next: rows.length > limit ? records.at(-1)?.key : undefined };
    });
  }

  #save(
    db: GuardedConnection,
    { key, writeId, generation }: TokenWrite,
    expected: Buffer | undefined,
    put: (writes: Buffer) => void,
  ): SaveOutcome {
    const row = db.get(sql.fence, key, this.clock.now()) as FencedRow | undefined;
    const verdict = decide(row, writeId, expected);
    if (verdict === 'write') {
      put(remember(row?.writes, writeId));
      return { saved: true };
    }
    if (verdict === 'repeat' && row?.generation?.equals(generation) === true) return { saved: true };
    return { saved: false, current: find(db, key) };
  }
}

function find(db: GuardedConnection, key: Buffer): StoredToken | undefined {
  const row = db.get(sql.get, key) as StoredToken | undefined;
  if (row === undefined) return undefined;
  const { generation, sealed, state, renewsAt, failures } = row;
  return { key, generation, sealed, state, renewsAt, failures };
}
