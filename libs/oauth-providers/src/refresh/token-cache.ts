import { type Clock, type Timers } from '../core/ports.js';
import { type Secret } from '../core/secret.js';
import { type OpenedRecord, type RecordIdentity } from '../vault/index.js';
import { nameOf } from './record-name.js';

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

/** A token that is alive right now. Times are milliseconds since the epoch. */
export interface LiveToken {
  /** The token itself stays wrapped until somebody calls `reveal()`. */
  readonly accessToken: Secret;
  readonly expiresAt: number;
  readonly scope: readonly string[];
}

/** What a caller gets of a record: frozen, since all callers may get the same one. */
export function liveToken({ tokens }: OpenedRecord): LiveToken {
  return Object.freeze({ accessToken: tokens.accessToken, expiresAt: tokens.expiresAt, scope: tokens.scope });
}

type Shelf = Map<string, Entry>;

interface Entry {
  readonly record: OpenedRecord;
  readonly live: LiveToken;
  /** From when on it is not given out any more, in wall-clock time: it is due, dead, or was never fresh. */
  readonly until: number;
  /** When it is too old, in a time that no change of the wall clock stretches. */
  readonly oldAt: number;
  readonly bytes: number;
  /** Where it lies, and under which name. */
  readonly shelf: Shelf;
  readonly name: string;
  /** Whether it was given out since its turn to go came last. */
  isUsed: boolean;
}

/** The cached tokens of one client's users: found by the subject alone. */
export interface UserShelf {
  /** A token that needs no renewal, or undefined. */
  get(subject: string): LiveToken | undefined;
}

/**
 * Opened records, for a few seconds. Where there are too many, each in its turn goes unless it was used since its turn
 * came last. Beyond that they are kept for the case that the store does not answer.
 */
export class TokenCache {
  /** In the order of their turns. */
  private readonly queue = new Set<Entry>();
  /** By provider and client id: as many shelves as clients, and they stay. */
  private readonly users = new Map<string, Map<string, Shelf>>();
  /** What is no plain token of a user. */
  private readonly others: Shelf = new Map<string, Entry>();
  private bytes = 0;

  constructor(
    private readonly settings: CacheSettings,
    private readonly clock: Clock,
    private readonly timers: Pick<Timers, 'monotonic'>,
  ) {}

  /** What is known of one client's users, for who asks so often that finding the client would be most of the work. */
  usersOf(provider: string, clientId: string): UserShelf {
    const shelf = this.userShelf(provider, clientId);
    return { get: (subject) => this.valid(shelf.get(subject))?.live };
  }

  /** A record that needs no renewal, or undefined. */
  get(identity: RecordIdentity): OpenedRecord | undefined {
    return this.valid(this.find(identity))?.record;
  }

  /** The record as it was last seen, if its token still lives: for the case that the store does not answer. */
  lastKnown(identity: RecordIdentity): OpenedRecord | undefined {
    const entry = this.find(identity);
    if (entry === undefined) return undefined;
    const lives = entry.record.tokens.expiresAt > this.clock.now();
    if (lives && this.timers.monotonic() < entry.oldAt + this.settings.outageMs) return entry.record;
    this.drop(entry);
    return undefined;
  }

  /** Keeps a record; it is given out by {@link get} until it is due, for the longest age, and if it is fresh. */
  set(identity: RecordIdentity, record: OpenedRecord): void {
    if (this.settings.entries === 0) return;
    const { shelf, name } = this.placeOf(identity);
    const before = shelf.get(name);
    if (before !== undefined) this.drop(before);
    const { expiresAt } = record.tokens;
    const bytes = sizeOf(record);
    if (expiresAt <= this.clock.now() || bytes > this.settings.bytes) return;
    const entry: Entry = {
      record,
      live: liveToken(record),
      until: record.state === 'fresh' ? Math.min(record.dueAt ?? expiresAt, expiresAt) : 0,
      oldAt: this.timers.monotonic() + this.settings.ageMs,
      bytes,
      shelf,
      name,
      isUsed: false,
    };
    shelf.set(name, entry);
    this.queue.add(entry);
    this.bytes += bytes;
    while (this.queue.size > this.settings.entries || this.bytes > this.settings.bytes) this.makeRoom(entry);
  }

  delete(identity: RecordIdentity): void {
    const entry = this.find(identity);
    if (entry !== undefined) this.drop(entry);
  }

  private valid(entry: Entry | undefined): Entry | undefined {
    if (entry === undefined) return undefined;
    if (this.timers.monotonic() >= entry.oldAt || this.clock.now() >= entry.until) return undefined;
    // A note, and no new place in a list: this is what callers do most.
    entry.isUsed = true;
    return entry;
  }

  /** Whose turn it is goes, or goes to the end of the queue once. Never the newest. */
  private makeRoom(newest: Entry): void {
    for (const entry of this.queue) {
      if (!entry.isUsed && entry !== newest) {
        this.drop(entry);
        return;
      }
      entry.isUsed = false;
      this.queue.delete(entry);
      this.queue.add(entry);
    }
  }

  private drop(entry: Entry): void {
    entry.shelf.delete(entry.name);
    this.queue.delete(entry);
    this.bytes -= entry.bytes;
  }

  private find(identity: RecordIdentity): Entry | undefined {
    if (this.queue.size === 0) return undefined;
    const { shelf, name } = this.placeOf(identity);
    return shelf.get(name);
  }

  private placeOf(identity: RecordIdentity): Pick<Entry, 'shelf' | 'name'> {
    const { provider, clientId, kind, type = '', tenant = '' } = identity;
    if (kind !== 'user' || type !== '' || tenant !== '')
      return { shelf: this.others, name: nameOf(identity) };
    return { shelf: this.userShelf(provider, clientId), name: identity.subject };
  }

  private userShelf(provider: string, clientId: string): Shelf {
    const shelf = this.users.get(provider)?.get(clientId);
    return shelf ?? this.addShelf(provider, clientId);
  }

  private addShelf(provider: string, clientId: string): Shelf {
    const clients = this.users.get(provider) ?? new Map<string, Shelf>();
    const shelf: Shelf = new Map<string, Entry>();
    this.users.set(provider, clients.set(clientId, shelf));
    return shelf;
  }
}

function sizeOf({ tokens }: OpenedRecord): number {
  return 256 + lengthOf(tokens.accessToken) + lengthOf(tokens.refreshToken) + lengthOf(tokens.idToken);
}

function lengthOf(secret: Secret | undefined): number {
  return secret === undefined ? 0 : secret.reveal().length;
}
