/**
 * What a save writes. `key` and `owner` are hashes and `sealed` is sealed: a store never sees a name or a
 * token. The bytes of one `TokenWrite` can be handed in again as often as needed.
 */
export interface TokenWrite {
  /** The record key. */
  readonly key: Buffer;
  /** Random id of this write. A store that has already applied it does nothing when it comes again. */
  readonly writeId: Buffer;
  /** Random id of the token set inside `sealed`: the fence. */
  readonly generation: Buffer;
  readonly sealed: Buffer;
  /** From when the token should be renewed, in store time; null: never by itself. */
  readonly renewsAt: number | null;
}

/** A login's save, which also says whose the record is. */
export interface ReplacingWrite extends TokenWrite {
  /** Under which hash {@link TokenStore.list} finds it; null for tokens of the client itself. */
  readonly owner: Buffer | null;
}

/** How a record fares. A save makes it `fresh`; the other states are set by whoever renews. */
export type RecordState = 'fresh' | 'degraded' | 'in_doubt' | 'needs_login' | 'revoked';

/** A record as it lies in the store. */
export interface StoredToken {
  readonly key: Buffer;
  readonly generation: Buffer;
  readonly sealed: Buffer;
  readonly state: RecordState;
  readonly renewsAt: number | null;
  /** Failed renewals since the last save. */
  readonly failures: number;
}

/**
 * What became of a save. `lost`: the record is another one by now (`current`) or gone (undefined), and
 * nothing was written. A repeated write is answered by what is there now, so after an outcome that stayed
 * unknown the same call tells how it ended.
 */
export type SaveOutcome =
  { readonly saved: true } | { readonly saved: false; readonly current: StoredToken | undefined };

/** One page of a listing. */
export interface TokenPage {
  readonly records: readonly StoredToken[];
  /** Hand it in as `after` for the next page; undefined on the last one. */
  readonly next: Buffer | undefined;
}

/** How to remove a record. */
export interface TokenRemoval {
  readonly key: Buffer;
  readonly writeId: Buffer;
  /**
   * How long the store remembers the removal, in ms: at least as long as a write that was under way can
   * still arrive.
   */
  readonly tombstoneMs: number;
}

/**
 * Where token records live.
 *
 * Two rules make it safe with many writers. **The fence**: a record has a `generation`, drawn anew when and
 * only when its token set changes; {@link saveIf} writes only over the generation its writer has spent, so a
 * late writer never overwrites a newer token. **The write id**: a record remembers its last
 * {@link rememberedWrites} writes, and its tombstone goes on remembering them, so repeating a write is
 * harmless, and even one that arrives after the delete does not bring the record back.
 *
 * All times are store time ({@link now}), in ms since the epoch: one clock for all processes on one store.
 *
 * Renewal will add to each record a lease (owner and deadline) and to the port a bounded claim of what is due
 * by `renewsAt`, the release of a claim with a state and a count of failures, and the mark of a refresh token
 * that is being spent. None of these touches `sealed` or `generation`, so none is a write in the sense above.
 *
 * Every method rejects with StoreUnavailableError when the store cannot answer; whether a write then took
 * place is unknown until it is repeated.
 */
export interface TokenStore {
  /** Store time. */
  now(): Promise<number>;

  /** The record under `key`; a removed one is undefined. */
  get(key: Buffer): Promise<StoredToken | undefined>;

  /** Saves whatever is there now: somebody has just signed in. */
  replace(write: ReplacingWrite): Promise<SaveOutcome>;

  /** Saves only over `expectedGeneration`, and keeps the owner. */
  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome>;

  /** Removes a record, whatever its generation, and leaves a tombstone. */
  remove(removal: TokenRemoval): Promise<void>;

  /** At most `limit` records of one owner, ordered by key, from behind `after`. */
  list(owner: Buffer, limit: number, after?: Buffer): Promise<TokenPage>;
}

/** How many of its last writes a record remembers. Repeats come seconds apart, logins do not. */
export const rememberedWrites = 4;

/** Bytes of a write id. */
export const writeIdBytes = 12;
