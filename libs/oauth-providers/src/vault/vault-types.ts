import { type Clock, type Randomness } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { type KeyRing } from './key-ring.js';
import { type UserRecordIdentity } from './record-identity.js';
import { type StoreEngine } from './store-engine.port.js';
import { type TokenRecord } from './token-record.js';
import { type RecordState, type TokenWrite } from './token-store.port.js';

/** What `Vault.open` needs. */
export interface VaultOptions {
  readonly engine: StoreEngine;
  readonly keys: KeyRing;
  readonly clock: Clock;
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

/** A record out of the vault. Its tokens print as fingerprints. */
export interface OpenedRecord extends TokenRecord, SavedRecord {
  readonly state: RecordState;
  /** In ms since the epoch; null: never by itself. */
  readonly renewsAt: number | null;
  /** Failed renewals since the last save. */
  readonly failures: number;
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
