import { type Clock } from '../../../core/ports.js';
import { type Marks } from '../../store-engine.port.js';
import { type WorkQueue } from './work-queue.js';

const sql = {
  // A mark that has expired but was not swept yet is as good as none.
  spend: `INSERT INTO mark (id, expires_at) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE mark.expires_at <= ?`,
  sweep: `DELETE FROM mark WHERE id IN
    (SELECT id FROM mark WHERE expires_at <= ? ORDER BY expires_at LIMIT 16)`,
};

/** Marks as rows. */
export class SqliteMarks implements Marks {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  spendOnce(mark: Buffer, ttlMs: number): Promise<boolean> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const first = db.run(sql.spend, mark, now + ttlMs, now) === 1;
      db.run(sql.sweep, now);
      return first;
    });
  }
}
