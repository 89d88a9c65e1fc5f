import { type Clock, type Randomness, type Timers } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { type KeyRing } from './key-ring.js';
import { type RecordCause } from './record-cause.js';
import { type UserRecordIdentity } from './record-identity.js';
import { type SealError } from './seal-error.js';
import { type StoreEngine } from './store-engine.port.js';
import { type TokenRecord } from './token-record.js';
import { type RecordState, type StateChange, type TokenWrite } from './token-store.port.js';

/** What `Vault.open` needs. */
export interface VaultOptions {
  readonly engine: StoreEngine;
  readonly keys: KeyRing;
  /** This machine's clock: store time where the store has no clock of its own. */
  readonly clock: Clock;
  readonly timers: Pick<Timers, 'monotonic'>;
  readonly randomness: Randomness;
}

/** What a login leaves in the vault. */
export interface LoginSave extends Omit<UserRecordIdentity, 'kind'> {
  readonly tokens: TokenSet;
  /** From when the token should be renewed, in ms since the epoch. @defaultValue never by itself */
  readonly renewsAt?: number | undefined;
  /**
   * Whose it is in the application's own directory; `Vault.list` finds all records of one owner.
   *
   * @defaultValue the (provider, client id, subject) that signed in
   */
  readonly owner?: string | undefined;
}

/** Under what a user's records are listed: the `owner` of their logins, or who signed in where it had none. */
export type OwnerName = string | Pick<UserRecordIdentity, 'provider' | 'clientId' | 'subject'>;

/** Where a save ended up. */
export interface SavedRecord {
  readonly key: Buffer;
  readonly generation: Buffer;
}

/** A record out of the vault. Its tokens print as fingerprints. All times are store time. */
export interface OpenedRecord extends TokenRecord, SavedRecord {
  readonly state: RecordState;
  /** Why it is in this state; null when fresh. */
  readonly cause: RecordCause | null;
  /** When the sweeper should look at it next; null: never. */
  readonly dueAt: number | null;
  /** Failed renewals since the last save. */
  readonly failures: number;
  /** Definite but unknown refusals since the last save. */
  readonly refusals: number;
  /** When the first of them came; null when there was none. */
  readonly refusedSince: number | null;
  /** When its lease ends, or ended without being given back; null: nobody holds it. */
  readonly leasedUntil: number | null;
  /** Whether somebody set out to spend its refresh token and nobody knows yet what came of it. */
  readonly inSpending: boolean;
}

/** Whether the lease was taken; `record` undefined: there is none (any more). */
export interface RecordClaim {
  readonly claimed: boolean;
  /** As it is: with our lease when it was claimed, with somebody else's when not. */
  readonly record: OpenedRecord | undefined;
}

/** Which due records to claim. */
export interface DueClaim {
  readonly provider: string;
  readonly clientId: string;
  readonly owner: Buffer;
  readonly leaseMs: number;
  /** At most so many. */
  readonly limit: number;
  /** Marks them in the same step: their refresh tokens are being spent. `inSpending` says what was before. */
  readonly spending: boolean;
}

/** What was due. */
export interface DueRecords {
  readonly records: readonly OpenedRecord[];
  /** Rows that do not open. They keep their lease, so that they are not met again at once. */
  readonly broken: readonly BrokenRecord[];
}

/** A row that does not open. */
export interface BrokenRecord {
  readonly key: Buffer;
  readonly error: SealError;
}

/** What becomes of a record whose renewal brought no new tokens. */
export interface RecordChange extends Omit<StateChange, 'cause'> {
  readonly cause: RecordCause | null;
}

/** A page of a user's records. */
export interface RecordPage {
  readonly records: readonly OpenedRecord[];
  /** Hand it in as `after` for the next page; undefined on the last one. */
  readonly next: Buffer | undefined;
}

/** A renewal's save, sealed and ready: it can be committed as often as it takes, or put aside as it is. */
export interface PreparedRenewal {
  readonly write: TokenWrite;
  /** The generation whose refresh token was spent. */
  readonly expectedGeneration: Buffer;
}

/** What became of a renewal's save; `lost`: the record was replaced (`current`) or removed (undefined). */
export type RenewalOutcome =
  { readonly saved: true } | { readonly saved: false; readonly current: OpenedRecord | undefined };
