import { createHash } from 'node:crypto';
import { type TimeSource } from './clock.js';

/** What became of a code or token; `expiresAt` in milliseconds. */
export type Standing<T> =
  | {
      readonly status: 'live' | 'expired' | 'spent' | 'revoked';
      readonly value: T;
      readonly expiresAt: number;
    }
  | { readonly status: 'unknown'; readonly value?: undefined };

/** How much a ledger holds. */
export interface LedgerLimits {
  /** How many expired, spent and revoked entries are remembered. */
  readonly dead: number;
  /** How many entries there are at all; beyond, the oldest are forgotten. */
  readonly total: number;
}

interface Entry<T> {
  readonly value: T;
  expiresAt: number;
  fate: 'spent' | 'revoked' | undefined;
}

const rememberedFor = 24 * 60 * 60 * 1000;
const sweepAt = 1024;
const defaultLimits: LedgerLimits = { dead: 100_000, total: 1_000_000 };

/**
 * Codes or tokens with a lifetime, some of them single-use. What has expired is remembered for a day, so that it is
 * called expired and not unknown. Only hashes of the texts are kept: entries are small, however long a token is.
 */
export class Ledger<T> {
  readonly #clock: TimeSource;
  readonly #limits: LedgerLimits;
  readonly #entries = new Map<string, Entry<T>>();
  #sweepAt: number;

  constructor(clock: TimeSource, limits: LedgerLimits = defaultLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#sweepAt = this.#nextSweep();
  }

  /** How many entries are kept, dead ones included. */
  get size(): number {
    return this.#entries.size;
  }

  put(key: string, value: T, lifetimeSeconds: number): void {
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    const expiresAt = this.#clock.now() + lifetimeSeconds * 1000;
    this.#entries.set(hash(key), { value, expiresAt, fate: undefined });
  }

  look(key: string): Standing<T> {
    const entry = this.#entries.get(hash(key));
    if (!entry) return { status: 'unknown' };
    const { value, expiresAt } = entry;
    return { status: entry.fate ?? (this.#clock.now() < expiresAt ? 'live' : 'expired'), value, expiresAt };
  }

  spend(key: string): void {
    const entry = this.#entries.get(hash(key));
    if (entry) entry.fate ??= 'spent';
  }

  revoke(key: string): void {
    const entry = this.#entries.get(hash(key));
    if (entry) entry.fate ??= 'revoked';
  }

  /** Revokes every living entry that matches, and returns how many those were. */
  revokeWhere(matches: (value: T) => boolean): number {
    let revoked = 0;
    for (const entry of this.#entries.values()) {
      if (this.#isDead(entry) || !matches(entry.value)) continue;
      entry.fate = 'revoked';
      revoked++;
    }
    return revoked;
  }

  /** Lets an entry live no longer than this from now on. */
  cap(key: string, lifetimeSeconds: number): void {
    const entry = this.#entries.get(hash(key));
    if (entry) entry.expiresAt = Math.min(entry.expiresAt, this.#clock.now() + lifetimeSeconds * 1000);
  }

  /** Visits every entry, dead ones included. */
  forEach(visit: (value: T, isLive: boolean) => void): void {
    for (const entry of this.#entries.values()) visit(entry.value, !this.#isDead(entry));
  }

  clear(): void {
    this.#entries.clear();
    this.#sweepAt = this.#nextSweep();
  }

  #isDead(entry: Entry<T>): boolean {
    return entry.fate !== undefined || this.#clock.now() >= entry.expiresAt;
  }

  #sweep(): void {
    const oldest = this.#clock.now() - rememberedFor;
    let dead = 0;
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt < oldest) this.#entries.delete(key);
      else if (this.#isDead(entry)) dead++;
    }
    this.#forget(dead - this.#limits.dead, (entry) => this.#isDead(entry));
    if (this.#entries.size >= this.#limits.total)
      this.#forget(Math.ceil(this.#limits.total / 10), () => true);
    this.#sweepAt = this.#nextSweep();
  }

  /** Forgets that many of those that match, the oldest first. */
  #forget(count: number, matches: (entry: Entry<T>) => boolean): void {
    let left = count;
    for (const [key, entry] of this.#entries) {
      if (left <= 0) return;
      if (!matches(entry)) continue;
      this.#entries.delete(key);
      left--;
    }
  }

  #nextSweep(): number {
    return Math.min(this.#limits.total, Math.max(sweepAt, this.#entries.size * 2));
  }
}

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
