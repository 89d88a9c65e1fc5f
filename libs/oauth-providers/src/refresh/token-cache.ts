import { type Clock, type Timers } from '../core/ports.js';
import { type OpenedRecord } from '../vault/index.js';

/** Limits of the cache. */
export interface CacheSettings {
  /** How many records at most; 0 switches the cache off. */
  readonly entries: number;
  /** How many bytes of tokens at most. */
  readonly bytes: number;
  /** How long a record is believed at most, in ms: the bound of staleness after a change elsewhere. */
  readonly ageMs: number;
  /**
   * How long after that the last known living token is given out while the store does not answer, in ms. What was
   * deleted or revoked through another process meanwhile is given out for so long, too; 0 switches it off.
   */
  readonly outageMs: number;
}

/** The limits where nothing else is said. */
export const defaultCache: CacheSettings = {
  entries: 10_000,
  bytes: 32 * 1024 * 1024,
  ageMs: 5_000,
  outageMs: 600_000,
};

interface Entry {
  readonly record: OpenedRecord;
  /** From when on it is not given out any more, in wall-clock time: it is due, dead, or was never fresh. */
  readonly until: number;
  /** When it is too old, in a time that no change of the wall clock stretches. */
  readonly oldAt: number;
  readonly bytes: number;
}

/**
 * Opened records, for a few seconds: least recently used ones go first. Beyond that they are kept for the case that
 * the store does not answer.
 */
export class TokenCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(
    private readonly settings: CacheSettings,
    private readonly clock: Clock,
    private readonly timers: Pick<Timers, 'monotonic'>,
  ) {}

  /** A record that needs no renewal, or undefined. */
  get(name: string): OpenedRecord | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    if (this.clock.now() >= entry.until || this.timers.monotonic() >= entry.oldAt) return undefined;
    // Taken out and put back: the map's order is the order of use.
    this.entries.delete(name);
    this.entries.set(name, entry);
    return entry.record;
  }

  /** The record as it was last seen, if its token still lives: for the case that the store does not answer. */
  lastKnown(name: string): OpenedRecord | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    const lives = entry.record.tokens.expiresAt > this.clock.now();
    if (lives && this.timers.monotonic() < entry.oldAt + this.settings.outageMs) return entry.record;
    this.delete(name);
    return undefined;
  }

  /** Keeps a record; it is given out by {@link get} until it is due, for the longest age, and if it is fresh. */
  set(name: string, record: OpenedRecord): void {
    this.delete(name);
    const due = Math.min(record.dueAt ?? record.tokens.expiresAt, record.tokens.expiresAt);
    const until = record.state === 'fresh' ? due : 0;
    const oldAt = this.timers.monotonic() + this.settings.ageMs;
    const bytes = sizeOf(record);
    if (
      record.tokens.expiresAt <= this.clock.now() ||
      this.settings.entries === 0 ||
      bytes > this.settings.bytes
    )
      return;
    this.entries.set(name, { record, until, oldAt, bytes });
    this.bytes += bytes;
    while (this.entries.size > this.settings.entries || this.bytes > this.settings.bytes) {
      const [oldest] = this.entries.keys();
      if (oldest === undefined) break;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.entries.delete(name);
    this.bytes -= entry.bytes;
  }
}

function sizeOf({ tokens }: OpenedRecord): number {
  return [tokens.accessToken, tokens.refreshToken, tokens.idToken].reduce(
    (sum, secret) => sum + (secret?.reveal().length ?? 0),
    256,
  );
}
