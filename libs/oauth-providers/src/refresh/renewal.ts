import { type ConfiguredProvider } from '../core/define-provider.js';
import { type OAuthProviderError } from '../core/errors.js';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';
import { type Secret } from '../core/secret.js';
import { type OpenedRecord, type Vault } from '../vault/index.js';
import { type Wire } from '../wire/wire.js';
import { type ClientGate } from './client-gate.js';
import { type TokenListener } from './events.js';
import { type Failpoint } from './failpoints.js';
import { type QuotaLedger } from './quota-ledger.js';
import { type RenewalSettings } from './settings.js';
import { type UnsavedGrants } from './unsaved-grants.js';

/** What holds a record while it is renewed. */
export interface Hold {
  readonly owner: Buffer;
  /** Until when its lease lasts at least, in the time of the monotonic clock. */
  readonly deadline: number;
  /** Whether the claim has marked the record as being spent; the record itself tells what was before that. */
  readonly marked: boolean;
  /** Told when the platform has answered, or will not be asked. What comes after that is between us and the store. */
  readonly answered?: () => void;
}

/** How a renewal ended. `record` is what is true now, as far as this process knows. */
export type RenewalResult =
  /** The record holds tokens that are worth having: new ones, or ones that need no renewal. */
  | { readonly end: 'current'; readonly record: OpenedRecord }
  /** Somebody else is at it. */
  | { readonly end: 'busy'; readonly record: OpenedRecord }
  /** It failed; the old token may still be alive. */
  | { readonly end: 'failed'; readonly record: OpenedRecord; readonly error: OAuthProviderError }
  | { readonly end: 'gone' };

/** What a renewal needs. */
export interface RenewerParts {
  readonly vault: Vault;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly randomness: Randomness;
  readonly gate: ClientGate;
  readonly unsaved: UnsavedGrants;
  readonly settings: RenewalSettings;
  readonly notify: TokenListener;
  readonly quotas: QuotaLedger;
  /** For tests that end the process at a certain moment. */
  readonly failpoint?: Failpoint;
  /** A live token of the application, for operations that need one. */
  appToken(provider: ConfiguredProvider, options?: { rejected?: Secret }): Promise<Secret>;
}
