import { type Clock } from '../../../core/ports.js';
import {
  type CoolDowns,
  type QuotaOutcome,
  type QuotaStore,
  type QuotaTake,
  type SlidingTake,
} from '../../quota-store.port.js';
import { checkDraw, hasReservation, rememberReservation } from '../../reservations.js';
import { decideSliding, slidingEnd, type SlidingState } from '../../sliding-window.js';
import { atOnce } from './at-once.js';
import { ExpiringMap } from './expiring-map.js';

interface Window {
  readonly used: number;
  readonly reservations: Buffer;
}

/** Quotas in maps. */
export class MemoryQuotas implements QuotaStore {
  readonly #windows = new ExpiringMap<Window>();
  readonly #sliding = new ExpiringMap<SlidingState>();

  constructor(private readonly clock: Clock) {}

  take(take: QuotaTake): Promise<QuotaOutcome> {
    return atOnce(() => this.#take(take));
  }

  used({ bucket, window }: Pick<QuotaTake, 'bucket' | 'window'>): Promise<number> {
    return Promise.resolve(this.#windows.get(place(bucket, window), this.clock.now())?.used ?? 0);
  }

  takeSliding(take: SlidingTake): Promise<QuotaOutcome> {
    return atOnce(() => {
      checkDraw(take.amount, take.reservation);
      const now = this.clock.now();
      const id = place(take.bucket, String(take.windowMs));
      const { granted, used, next } = decideSliding(this.#sliding.get(id, now), take, now);
      if (next !== undefined) this.#sliding.set(id, next, slidingEnd(take.windowMs, now), now);
      return { granted, used };
    });
  }

  #take({ bucket, window, amount, ceiling, expiresAt, reservation }: QuotaTake): QuotaOutcome {
    checkDraw(amount, reservation);
    const now = this.clock.now();
    const id = place(bucket, window);
    const known = this.#windows.get(id, now);
    const used = known?.used ?? 0;
    if (known !== undefined && hasReservation(known.reservations, reservation)) {
      return { granted: true, used };
    }
    if (used + amount > ceiling) return { granted: false, used };
    const reservations = rememberReservation(known?.reservations, reservation);
    this.#windows.set(id, { used: used + amount, reservations }, expiresAt, now);
    return { granted: true, used: used + amount };
  }
}

/** Cool-downs in a map; there are as many as there are clients. */
export class MemoryCoolDowns implements CoolDowns {
  readonly #until = new ExpiringMap<number>();

  constructor(private readonly clock: Clock) {}

  get(lane: Buffer): Promise<number | null> {
    return Promise.resolve(this.#until.get(place(lane, ''), this.clock.now()) ?? null);
  }

  set(lane: Buffer, until: number): Promise<void> {
    const id = place(lane, '');
    const now = this.clock.now();
    const later = Math.max(until, this.#until.get(id, now) ?? 0);
    this.#until.set(id, later, later, now);
    return Promise.resolve();
  }
}

function place(bucket: Buffer, window: string): string {
  return `${bucket.toString('latin1')}/${window}`;
}
