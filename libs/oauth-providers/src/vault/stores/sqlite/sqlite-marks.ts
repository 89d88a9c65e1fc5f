import { type Clock } from '../../../core/ports.js';
import { type Marks } from '../../store-engine.port.js';
import { type GuardedConnection } from './guard.js';
import { type WorkQueue } from './work-queue.js';

/** So many marks are swept at once, and so often: the rows that have expired stay a small part of all. */
const sweptAtOnce = 64;
const spentPerSweep = 16;

const sql = {
  // A mark that has expired but was not swept yet is as good as none.
  spend: `INSERT INTO mark (id, expires_at) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE mark.expires_at <= ?`,
  sweep: `DELETE FROM mark WHERE id IN
    (SELECT id FROM mark WHERE expires_at <= ? ORDER BY expires_at LIMIT ${sweptAtOnce})`,
};

/** Marks as rows. */
export class SqliteMarks implements Marks {
  /** The first one sweeps: a process may never see as many as that. */
  #unswept = spentPerSweep - 1;

  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  spendOnce(mark: Buffer, ttlMs: number): Promise<boolean> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const first = db.run(sql.spend, mark, now + ttlMs, now) === 1;
      this.#sweep(db, now);
      return first;
    });
  }

  /** Runs again when its transaction is repeated, which costs a sweep at most. */
  #sweep(db: GuardedConnection, now: number): void {
    this.#unswept = (this.#unswept + 1) % spentPerSweep;
    if (this.#unswept === 0) db.run(sql.sweep, now);
  }
}
