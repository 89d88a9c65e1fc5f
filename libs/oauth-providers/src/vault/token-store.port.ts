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
  /** Hash of the client (provider and client id) it belongs to: what is due is claimed per client. */
  readonly lane: Buffer;
  /** When the token should be renewed by itself, in store time; null: never. */
  readonly dueAt: number | null;
}

/** A login's save, which also says whose the record is. */
export interface ReplacingWrite extends TokenWrite {
  /** Under which hash {@link TokenStore.list} finds it; null for tokens of the client itself. */
  readonly owner: Buffer | null;
}

/**
 * How a record fares. A save makes it `fresh`; the other states are set by whoever renews. Whether it is being
 * renewed or due is told by its lease and by `dueAt`, and never stored a second time.
 */
export type RecordState = 'fresh' | 'degraded' | 'in_doubt' | 'needs_login' | 'revoked';

/** Who may call the platform for a record, and until when. */
export interface Lease {
  /** Random id of the holder. */
  readonly owner: Buffer;
  /** In store time; from then on the lease is free for everybody. */
  readonly until: number;
}

/** A record as it lies in the store. */
export interface StoredToken {
  readonly key: Buffer;
  readonly generation: Buffer;
  readonly sealed: Buffer;
  /** Empty on a record that was written before there were lanes, until its next save. */
  readonly lane: Buffer;
  readonly state: RecordState;
  /** Why it is in this state: a small JSON text of ours, without secrets; null when fresh. */
  readonly cause: string | null;
  /** When the sweeper should look at it next; null: never. */
  readonly dueAt: number | null;
  /** Failed renewals since the last save. */
  readonly failures: number;
  /** Definite but unknown refusals since the last save. */
  readonly refusals: number;
  /** When the first of them came; null when there was none. */
  readonly refusedSince: number | null;
  /** The last lease that was not given back, also after its end; null: nobody's. */
  readonly lease: Lease | null;
  /** The generation whose refresh token somebody set out to spend. */
  readonly spending: Buffer | null;
}

/** What becomes of a record whose renewal brought no new tokens. */
export interface StateChange {
  readonly state: RecordState;
  readonly cause: string | null;
  readonly failures: number;
  readonly refusals: number;
  readonly refusedSince: number | null;
  /** Ignored for `needs_login` and `revoked`: those are never due. */
  readonly dueAt: number | null;
  readonly spending: 'keep' | 'clear';
}

/** Who asks for the lease of which record, for how long from now. */
export interface LeaseRequest {
  readonly key: Buffer;
  readonly owner: Buffer;
  readonly leaseMs: number;
}

/** Whose lease of which record. */
export type LeaseHolder = Omit<LeaseRequest, 'leaseMs'>;

/** Which part of all records. */
export interface PageRequest {
  /** `next` of the page before; undefined for the first. */
  readonly after?: Buffer | undefined;
  readonly limit: number;
}

/** Whether the lease was taken; `record` undefined: there is none (any more). */
export type ClaimOutcome =
  | { readonly claimed: true; readonly record: StoredToken }
  | { readonly claimed: false; readonly record: StoredToken | undefined };

/** Who asks for records of a lane that are due. */
export interface DueRequest {
  readonly lane: Buffer;
  readonly owner: Buffer;
  readonly leaseMs: number;
  /** At most so many. */
  readonly limit: number;
  /** Marks them in the same step: their refresh tokens are being spent. */
  readonly spending: boolean;
}

/** The refresh token of which generation its holder is about to spend. */
export interface SpendingMark {
  readonly key: Buffer;
  readonly owner: Buffer;
  readonly generation: Buffer;
}

/** A change of state by whoever held the lease. */
export interface Settlement {
  readonly key: Buffer;
  /** Null: somebody without a lease, who yields to everybody that has one. */
  readonly owner: Buffer | null;
  readonly generation: Buffer;
  readonly change: StateChange;
}

/** The same token set, sealed with another key. */
export interface Resealing {
  readonly key: Buffer;
  readonly generation: Buffer;
  readonly sealed: Buffer;
}

/** How much of a lane is due and not leased. */
export interface Backlog {
  /** Counted up to {@link largestBacklog}. */
  readonly count: number;
  /** The earliest `dueAt` among them; null when there are none. */
  readonly oldest: number | null;
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
 * **The lease** says who may call the platform. It guards calls, not tokens: a save needs the right generation
 * and no lease, so that a late holder can still deliver. Leases, states, due times and re-sealing never touch
 * the generation; they carry no write id, because repeating them leads to the same end.
 *
 * Every method rejects with StoreUnavailableError when the store cannot answer; whether a write then took
 * place is unknown until it is repeated.
 */
export interface TokenStore {
  /** Store time. */
  now(): Promise<number>;

  /** The record under `key`; a removed one is undefined. */
  get(key: Buffer): Promise<StoredToken | undefined>;

  /**
   * Saves whatever is there now: somebody has just signed in. Any save makes the record `fresh`, forgets its
   * cause and counts, and ends its lease and its spending.
   */
  replace(write: ReplacingWrite): Promise<SaveOutcome>;

  /** Saves only over `expectedGeneration`, and keeps the owner. */
  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome>;

  /**
   * Saves only where there is no record: the first token of a client, which several processes may fetch at once.
   * Lost when somebody was faster.
   */
  saveFirst(write: ReplacingWrite): Promise<SaveOutcome>;

  /** Removes a record, whatever its generation, and leaves a tombstone. */
  remove(removal: TokenRemoval): Promise<void>;

  /** At most `limit` records of one owner, ordered by key, from behind `after`. */
  list(owner: Buffer, limit: number, after?: Buffer): Promise<TokenPage>;

  /** Takes the lease if it is free, over, or already this owner's; then it counts from now again. */
  claim(request: LeaseRequest): Promise<ClaimOutcome>;

  /**
   * Takes the leases of records that are due and that nobody holds, in one step, longest due first. Costs what
   * is due, not what is stored. When the answer is lost, the records come again as soon as their leases end.
   *
   * With `spending` it marks them as {@link markSpending} does, in the same step. Each record comes with the mark as it
   * was before, which tells whether somebody else set out to spend its refresh token and did not come back.
   */
  claimDue(request: DueRequest): Promise<readonly StoredToken[]>;

  /** Notes that the refresh token of `generation` is being spent; false unless the lease is this owner's now. */
  markSpending(mark: SpendingMark): Promise<boolean>;

  /** Takes a mark back where nothing was spent, and keeps the lease; only this owner's, be it over. */
  unmarkSpending(mark: SpendingMark): Promise<void>;

  /**
   * Changes the state and gives the lease back, if the generation is unchanged and the lease is still this
   * owner's, be it over; without an owner, if nobody holds it. False: nothing was written. Said once more by
   * an owner whose change is in place it is true.
   */
  settle(settlement: Settlement): Promise<boolean>;

  /** Gives the lease back, if it is this owner's. */
  release(lease: LeaseHolder): Promise<void>;

  /** What the sweeper has before it. */
  due({ lane }: { readonly lane: Buffer }): Promise<Backlog>;

  /** At most `limit` records of everybody, ordered by key, from behind `after`. */
  page(request: PageRequest): Promise<TokenPage>;

  /** Replaces the sealed bytes; false when the generation is another one by now. */
  reseal(resealing: Resealing): Promise<boolean>;
}

/** How many of its last writes a record remembers. Repeats come seconds apart, logins do not. */
export const rememberedWrites = 4;

/** Bytes of a write id. */
export const writeIdBytes = 12;

/** From here on a backlog is no longer counted. */
export const largestBacklog = 10_000;
