import { type CoolDowns, type QuotaOutcome, type QuotaStore } from './quota-store.port.js';
import { type QuotaTake, type SlidingTake } from './quota-store.port.js';
import { type LookupHasher } from './record-key.js';

/** Which quota of which client. */
export interface QuotaName {
  readonly provider: string;
  readonly clientId: string;
  /** The contract's name for it. */
  readonly name: string;
}

/** One draw on a quota of calendar windows. */
export type QuotaDraw = QuotaName & Omit<QuotaTake, 'bucket'>;

/** One draw on a quota of a sliding window. */
export type SlidingDraw = QuotaName & Omit<SlidingTake, 'bucket'>;

/** The ledger of quotas, by their names: the store sees hashes. */
export class Quotas {
  readonly #store: QuotaStore;
  readonly #hasher: LookupHasher;

  constructor(store: QuotaStore, hasher: LookupHasher) {
    this.#store = store;
    this.#hasher = hasher;
  }

  /** Draws on a calendar window, if it stays within the ceiling. The same reservation again counts once. */
  async take(draw: QuotaDraw): Promise<QuotaOutcome> {
    const { window, amount, ceiling, expiresAt, reservation } = draw;
    const bucket = this.#bucket(draw);
    return this.#store.take({ bucket, window, amount, ceiling, expiresAt, reservation });
  }

  /** Draws on the last `windowMs`, if it stays within the ceiling. The same reservation again counts once. */
  async takeSliding(draw: SlidingDraw): Promise<QuotaOutcome> {
    const { windowMs, amount, ceiling, reservation } = draw;
    return this.#store.takeSliding({ bucket: this.#bucket(draw), windowMs, amount, ceiling, reservation });
  }

  /** How much of a calendar window is used. */
  async used(quota: QuotaName & Pick<QuotaTake, 'window'>): Promise<number> {
    return this.#store.used({ bucket: this.#bucket(quota), window: quota.window });
  }

  #bucket({ provider, clientId, name }: QuotaName): Buffer {
    return this.#hasher.hash('quota', provider, clientId, name);
  }
}

/** When each client may call its platform again, for all processes. */
export class ClientCoolDowns {
  readonly #store: CoolDowns;
  readonly #hasher: LookupHasher;

  constructor(store: CoolDowns, hasher: LookupHasher) {
    this.#store = store;
    this.#hasher = hasher;
  }

  /** Until when a client must wait, in store time; null: not at all. */
  async get(provider: string, clientId: string): Promise<number | null> {
    return this.#store.get(this.#hasher.lane(provider, clientId));
  }

  /** Makes a client wait until then at least. */
  async set(provider: string, clientId: string, until: number): Promise<void> {
    await this.#store.set(this.#hasher.lane(provider, clientId), until);
  }
}
