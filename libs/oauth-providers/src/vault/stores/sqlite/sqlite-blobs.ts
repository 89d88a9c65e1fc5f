import { type Clock } from '../../../core/ports.js';
import { type BlobStore, checkNamespace } from '../../store-engine.port.js';
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
  sweep: `DELETE FROM blob WHERE rowid IN
    (SELECT rowid FROM blob WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
};

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

  async sweep(limit: number): Promise<number> {
    return this.queue.write((db) => db.run(sql.sweep, this.clock.now(), limit));
  }
}
