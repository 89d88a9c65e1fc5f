import { type Clock } from '../../../core/ports.js';
import {
  type BlobPage,
  type BlobPageRequest,
  type BlobReplacement,
  type BlobStore,
  checkNamespace,
} from '../../store-engine.port.js';
import { type WorkQueue } from './work-queue.js';

const alive = '(expires_at IS NULL OR expires_at > ?)';

const sql = {
  get: `SELECT value FROM blob WHERE namespace = ? AND key = ? AND ${alive}`,
  put: `INSERT INTO blob (namespace, key, value, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  putIfAbsent: `INSERT INTO blob (namespace, key, value, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
      WHERE blob.expires_at <= ?`,
  touch: `UPDATE blob SET expires_at = ? WHERE namespace = ? AND key = ? AND ${alive}`,
  delete: 'DELETE FROM blob WHERE namespace = ? AND key = ?',
  page: `SELECT key, value FROM blob WHERE namespace = ? AND key > ? AND ${alive} ORDER BY key LIMIT ?`,
  replaceIf: `UPDATE blob SET value = ? WHERE namespace = ? AND key = ? AND value = ? AND ${alive}`,
  sweep: `DELETE FROM blob WHERE rowid IN
    (SELECT rowid FROM blob WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
};

/** Before every key. */
const start = Buffer.alloc(0);

/** Sealed values as rows. */
export class SqliteBlobs implements BlobStore {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  async get(namespace: string, key: Buffer): Promise<Buffer | undefined> {
    const place = checkNamespace(namespace);
    const row = await this.queue.read((db) => db.get(sql.get, place, key, this.clock.now()));
    return row?.['value'] as Buffer | undefined;
  }

  async put(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<void> {
    const place = checkNamespace(namespace);
    await this.queue.write((db) => db.run(sql.put, place, key, value, expiresAt));
  }

  async putIfAbsent(
    namespace: string,
    key: Buffer,
    value: Buffer,
    expiresAt: number | null,
  ): Promise<boolean> {
    const place = checkNamespace(namespace);
    const changes = await this.queue.write((db) =>
      db.run(sql.putIfAbsent, place, key, value, expiresAt, this.clock.now()),
    );
    return changes === 1;
  }

  async touch(namespace: string, key: Buffer, expiresAt: number | null): Promise<void> {
    const place = checkNamespace(namespace);
    await this.queue.write((db) => db.run(sql.touch, expiresAt, place, key, this.clock.now()));
  }

  async delete(namespace: string, key: Buffer): Promise<void> {
    const place = checkNamespace(namespace);
    await this.queue.write((db) => db.run(sql.delete, place, key));
  }

  async page({ namespace, after = start, limit }: BlobPageRequest): Promise<BlobPage> {
    const place = checkNamespace(namespace);
    // One more than asked for tells whether there is another page.
    const rows = await this.queue.read((db) => db.all(sql.page, place, after, this.clock.now(), limit + 1));
    const blobs = rows
      .slice(0, limit)
      .map((row) => ({ key: row['key'] as Buffer, value: row['value'] as Buffer }));
    return { blobs, next: rows.length > limit ? blobs.at(-1)?.key : undefined };
  }

  async replaceIf({ namespace, key, expected, value }: BlobReplacement): Promise<boolean> {
    const place = checkNamespace(namespace);
    const changes = await this.queue.write((db) =>
      db.run(sql.replaceIf, value, place, key, expected, this.clock.now()),
    );
    return changes === 1;
  }

  async sweep(limit: number): Promise<number> {
    return this.queue.write((db) => db.run(sql.sweep, this.clock.now(), limit));
  }
}
