import {
  type CoolDowns,
  type QuotaOutcome,
  type QuotaStore,
  type QuotaTake,
  type SlidingTake,
} from '../../quota-store.port.js';
import { checkDraw } from '../../reservations.js';
import { type Marks } from '../../store-engine.port.js';
import { type Link } from './link.js';

/** Quotas as strings: one for each window, with its last reservations in it. */
export class RedisQuotas implements QuotaStore {
  constructor(private readonly link: Link) {}

  async take({ bucket, window, amount, ceiling, expiresAt, reservation }: QuotaTake): Promise<QuotaOutcome> {
    checkDraw(amount, reservation);
    const place = this.#place('q', bucket, window);
    return outcomeOf(await this.link.run('quotaTake', [place], amount, ceiling, expiresAt, reservation));
  }

  async used({ bucket, window }: Pick<QuotaTake, 'bucket' | 'window'>): Promise<number> {
    const stored = await this.link.get(this.#place('q', bucket, window));
    return stored === null || this.link.isOver(stored.readDoubleBE(8)) ? 0 : stored.readDoubleBE(0);
  }

  async takeSliding({ bucket, windowMs, amount, ceiling, reservation }: SlidingTake): Promise<QuotaOutcome> {
    checkDraw(amount, reservation);
    const place = this.#place('s', bucket, String(windowMs));
    return outcomeOf(await this.link.run('quotaSlide', [place], amount, ceiling, windowMs, reservation));
  }

  #place(letter: string, bucket: Buffer, window: string): Buffer {
    return this.link.buckets.at(letter, bucket, Buffer.concat([bucket, Buffer.from(`/${window}`)]));
  }
}

/** Cool-downs as strings that Redis drops when they are over. */
export class RedisCoolDowns implements CoolDowns {
  constructor(private readonly link: Link) {}

  async get(lane: Buffer): Promise<number | null> {
    const until = (await this.link.get(this.link.buckets.at('c', lane)))?.readDoubleBE(0);
    return until === undefined || this.link.isOver(until) ? null : until;
  }

  async set(lane: Buffer, until: number): Promise<void> {
    await this.link.run('coolDownSet', [this.link.buckets.at('c', lane)], until);
  }
}

/** Marks as strings that Redis drops when they are over. */
export class RedisMarks implements Marks {
  constructor(private readonly link: Link) {}

  async spendOnce(mark: Buffer, ttlMs: number): Promise<boolean> {
    return (await this.link.run('markSpend', [this.link.buckets.at('m', mark)], ttlMs)) === 1;
  }
}

function outcomeOf(reply: unknown): QuotaOutcome {
  const [granted, used] = reply as [number, number];
  return { granted: granted === 1, used };
}
