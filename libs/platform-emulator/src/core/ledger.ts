import { type TimeSource } from './clock.js';

/** What became of a code or token. */
export type Standing<T> =
  | { readonly status: 'live' | 'expired' | 'spent'; readonly value: T }
  | { readonly status: 'unknown'; readonly value?: undefined };

interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number;
  spent: boolean;
}

const rememberedFor = 24 * 60 * 60 * 1000;
const sweepAt = 1024;

/** Codes or tokens with a lifetime, some of them single-use. What has expired is remembered for a day. */
export class Ledger<T> {
  readonly #clock: TimeSource;
  readonly #entries = new Map<string, Entry<T>>();
  #sweepAt = sweepAt;

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  put(key: string, value: T, lifetimeSeconds: number): void {
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + lifetimeSeconds * 1000, spent: false });
  }

  look(key: string): Standing<T> {
    const entry = this.#entries.get(key);
    if (!entry) return { status: 'unknown' };
    if (entry.spent) return { status: 'spent', value: entry.value };
    return { status: this.#clock.now() < entry.expiresAt ? 'live' : 'expired', value: entry.value };
  }

  spend(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) entry.spent = true;
  }

  clear(): void {
    this.#entries.clear();
    this.#sweepAt = sweepAt;
  }

  #sweep(): void {
    const oldest = this.#clock.now() - rememberedFor;
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt < oldest) this.#entries.delete(key);
    }
    this.#sweepAt = Math.max(sweepAt, this.#entries.size * 2);
  }
}
