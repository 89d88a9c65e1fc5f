import { type Clock } from '../../../core/ports.js';
import {
  type QuotaOutcome,
  type QuotaStore,
  type QuotaTake,
  rememberedReservations,
  reservationBytes,
  type SlidingTake,
} from '../../quota-store.port.js';
import { checkDraw } from '../../reservations.js';
import { decideSliding, slidingEnd, type SlidingState } from '../../sliding-window.js';
import { type SqlRow } from './driver.js';
import { type GuardedConnection } from './guard.js';
import { type WorkQueue } from './work-queue.js';

const sweepLimit = 16;

const sql = {
  // SQLite makes a text of what it joins; cast back, it is the same bytes.
  take: `INSERT INTO quota (bucket, period, used, expires_at, reservations)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?3 <= ?6
    ON CONFLICT (bucket, period) DO UPDATE SET used = used + excluded.used,
      reservations = substr(CAST(excluded.reservations || reservations AS BLOB), 1,
        ${rememberedReservations * reservationBytes})
      WHERE used + excluded.used <= ?6 AND instr(reservations, excluded.reservations) = 0
    RETURNING used`,
  look: `SELECT used, instr(reservations, ?) AS place FROM quota WHERE bucket = ? AND period = ?`,
  used: 'SELECT used FROM quota WHERE bucket = ? AND period = ? AND expires_at > ?',
  end: 'DELETE FROM quota WHERE bucket = ? AND period = ? AND expires_at <= ?',
  sweep: `DELETE FROM quota WHERE rowid IN
    (SELECT rowid FROM quota WHERE expires_at <= ? ORDER BY expires_at LIMIT ${sweepLimit})`,
  sliding: `SELECT parts, reservations FROM sliding_quota
    WHERE bucket = ? AND window_ms = ? AND expires_at > ?`,
  slide: `INSERT INTO sliding_quota (bucket, window_ms, expires_at, parts, reservations)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (bucket, window_ms) DO UPDATE SET expires_at = excluded.expires_at, parts = excluded.parts,
      reservations = excluded.reservations`,
  sweepSliding: `DELETE FROM sliding_quota WHERE rowid IN
    (SELECT rowid FROM sliding_quota WHERE expires_at <= ? ORDER BY expires_at LIMIT ${sweepLimit})`,
};

/** Quotas as rows: one for each window, with its last reservations in it. */
export class SqliteQuotas implements QuotaStore {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  async take(take: QuotaTake): Promise<QuotaOutcome> {
    const { bucket, window, amount, ceiling, expiresAt, reservation } = take;
    checkDraw(amount, reservation);
    return this.queue.write((db) => {
      const now = this.clock.now();
      db.run(sql.end, bucket, window, now);
      db.run(sql.sweep, now);
      const [taken] = db.all(sql.take, bucket, window, amount, expiresAt, reservation, ceiling);
      if (taken !== undefined) return { granted: true, used: Number(taken['used']) };
      const row = db.get(sql.look, reservation, bucket, window);
      return { granted: Number(row?.['place'] ?? 0) > 0, used: Number(row?.['used'] ?? 0) };
    });
  }

  async used({ bucket, window }: Pick<QuotaTake, 'bucket' | 'window'>): Promise<number> {
    const row = await this.queue.read((db) => db.get(sql.used, bucket, window, this.clock.now()));
    return Number(row?.['used'] ?? 0);
  }

  async takeSliding(take: SlidingTake): Promise<QuotaOutcome> {
    checkDraw(take.amount, take.reservation);
    return this.queue.write((db) => {
      const now = this.clock.now();
      const row = db.get(sql.sliding, take.bucket, take.windowMs, now);
      const { granted, used, next } = decideSliding(row && stateOf(row), take, now);
      if (next !== undefined) this.#slide(db, take, next, now);
      return { granted, used };
    });
  }

  #slide(db: GuardedConnection, { bucket, windowMs }: SlidingTake, state: SlidingState, now: number): void {
    const expiresAt = slidingEnd(windowMs, now);
    db.run(sql.slide, bucket, windowMs, expiresAt, JSON.stringify(state.parts), state.reservations);
    db.run(sql.sweepSliding, now);
  }
}

function stateOf(row: SqlRow): SlidingState {
  const parts = JSON.parse(row['parts'] as string) as SlidingState['parts'];
  return { parts, reservations: row['reservations'] as Buffer };
}
