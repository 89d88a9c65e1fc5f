import { type Clock } from '../../../core/ports.js';
import { type CoolDowns } from '../../quota-store.port.js';
import { type WorkQueue } from './work-queue.js';

const sql = {
  get: 'SELECT until FROM cool_down WHERE lane = ? AND until > ?',
  set: `INSERT INTO cool_down (lane, until) VALUES (?, ?)
    ON CONFLICT (lane) DO UPDATE SET until = max(until, excluded.until)`,
};

/** Cool-downs as rows; there are as many as there are clients. */
export class SqliteCoolDowns implements CoolDowns {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  async get(lane: Buffer): Promise<number | null> {
    const row = await this.queue.read((db) => db.get(sql.get, lane, this.clock.now()));
    return (row?.['until'] as number | undefined) ?? null;
  }

  async set(lane: Buffer, until: number): Promise<void> {
    await this.queue.write((db) => db.run(sql.set, lane, until));
  }
}
