import { type Clock } from '../core/ports.js';
import { type CoolDowns, type QuotaStore } from './quota-store.port.js';
import { type TokenStore } from './token-store.port.js';

/** Things that may happen only once. */
export interface Marks {
  /**
   * Leaves a mark for `ttlMs`. True for exactly one caller of all processes, false for all others, until it
   * has expired. Expired marks are swept a few at a time by later calls.
   */
  spendOnce(mark: Buffer, ttlMs: number): Promise<boolean>;
}

/** Which part of a namespace. */
export interface BlobPageRequest {
  readonly namespace: string;
  /** `next` of the page before; undefined for the first. */
  readonly after?: Buffer | undefined;
  readonly limit: number;
}

/** One page of a namespace. */
export interface BlobPage {
  readonly blobs: readonly { readonly key: Buffer; readonly value: Buffer }[];
  /** Hand it in as `after` for the next page; undefined on the last one. */
  readonly next: Buffer | undefined;
}

/** Other bytes for a value that is still the same. */
export interface BlobReplacement {
  readonly namespace: string;
  readonly key: Buffer;
  readonly expected: Buffer;
  readonly value: Buffer;
}

/**
 * Small values under hashed keys: sessions, a user directory. Values arrive sealed. A namespace is 1 to 32 of
 * `a-z 0-9 -`. Expiry is in store time; null never expires. What has expired is gone for every method.
 */
export interface BlobStore {
  get(namespace: string, key: Buffer): Promise<Buffer | undefined>;
  /** Puts a value, whatever was there. */
  put(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<void>;
  /** Puts a value where there is none; true for exactly one of those who try. */
  putIfAbsent(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<boolean>;
  /** Moves the expiry of a value, if there is one; never brings one back. */
  touch(namespace: string, key: Buffer, expiresAt: number | null): Promise<void>;
  delete(namespace: string, key: Buffer): Promise<void>;
  /** At most `limit` values of a namespace, ordered by key, from behind `after`. */
  page(request: BlobPageRequest): Promise<BlobPage>;
  /** Replaces a value and leaves its expiry; false when it is not `expected` any more. */
  replaceIf(replacement: BlobReplacement): Promise<boolean>;
  /** Drops at most `limit` expired values and says how many; call it again until it says fewer. */
  sweep(limit: number): Promise<number>;
}

/** How a store is. */
export interface StoreHealth {
  /** Whether it answers. */
  readonly up: boolean;
  /** What could be lost the way it is set up, a sentence each; empty on one that is set up well. */
  readonly risks: readonly string[];
}

/**
 * Hints that a record has changed, so that who waits for another process's renewal need not ask again and again.
 * Nothing depends on them: they may be missing, late, too many, or lost.
 */
export interface WakeUps {
  /**
   * Announces somebody who waits, and resolves when the record is saved, settled, released or removed by any
   * process, or when `signal` aborts. Never rejects. Others send hints only while somebody has announced himself.
   */
  changed(key: Buffer, signal: AbortSignal): Promise<void>;
}

/** A store that is ready. */
export interface OpenStore {
  readonly tokens: TokenStore;
  readonly marks: Marks;
  readonly blobs: BlobStore;
  readonly quotas: QuotaStore;
  /** The shared cool-down of each client, written when it changes. */
  readonly notBefore: CoolDowns;
  /** Absent where a look costs nothing, or where there is only one process. */
  readonly wakeUps?: WakeUps;
  /** Asks the store how it is. Never rejects, and answers within a few seconds. */
  health(): Promise<StoreHealth>;
  /** Finishes the writes under way and lets go of everything. */
  close(): Promise<void>;
}

/** A store as it is configured: `memoryStore()`, `sqliteStore({ file })`. */
export interface StoreEngine {
  readonly kind: string;
  /** Whether it lives inside this one process, so that a generated demo key cannot split a fleet. */
  readonly embedded: boolean;
  /**
   * Connects and creates or upgrades what is missing.
   *
   * @param clock - the store's time where the engine has no clock of its own
   * @throws OAuthConfigurationError when it cannot be opened as configured
   */
  open(clock: Clock): Promise<OpenStore>;
}

const namespacePattern = /^[a-z0-9-]{1,32}$/;

/** @throws TypeError when `namespace` does not fit */
export function checkNamespace(namespace: string): string {
  if (!namespacePattern.test(namespace)) throw new TypeError('A namespace is 1 to 32 of a-z 0-9 -.');
  return namespace;
}
