import { type ConfiguredProvider } from '../core/define-provider.js';
import { type OAuthProviderError } from '../core/errors.js';
import { type Randomness } from '../core/ports.js';
import { type OpenedRecord, type RecordState } from '../vault/index.js';
import { type Cause, causeOf, type CauseReason } from './cause.js';
import { lostReplyRule, mayBeSpent } from './decide.js';
import { type RenewalSettings } from './settings.js';
import { fraction, lifeOf, mandatoryFrom } from './windows.js';

/** What a failed renewal makes of its record. */
export interface FailureChange {
  readonly state: RecordState;
  readonly cause: Cause;
  readonly failures: number;
  readonly refusals: number;
  readonly refusedSince: number | null;
  readonly dueAt: number | null;
  readonly spending: 'keep' | 'clear';
}

/** What else is known when a renewal fails. */
export interface FailureContext {
  readonly now: number;
  readonly settings: RenewalSettings;
  readonly randomness: Randomness;
  /** When the same client last had a good answer, in ms since the epoch. */
  readonly clientSucceededAt: number | undefined;
}

const maxBackoff = 60_000;
/** An unknown refusal may be an accident; this many in a row are not. */
const refusalLimit = 3;

/**
 * Judges a failed renewal. A dead grant, an outage and a wrong client secret are three different things: only the
 * first may end a record.
 */
export function judge(
  provider: ConfiguredProvider,
  record: OpenedRecord,
  error: OAuthProviderError,
  context: FailureContext,
): FailureChange {
  // A mark that was there before this attempt stays: this answer says nothing about the earlier one.
  const inDoubt = mayBeSpent(record);
  const failures = record.failures + 1;
  const again = context.now + backoff(record, error, failures, context);
  const change = (
    state: RecordState,
    reason: CauseReason,
    more: Partial<FailureChange> = {},
  ): FailureChange => ({
    state: state === 'degraded' && inDoubt ? 'in_doubt' : state,
    cause: causeOf(reason, error),
    failures,
    refusals: record.refusals,
    refusedSince: record.refusedSince,
    dueAt: state === 'needs_login' ? null : again,
    spending: inDoubt ? 'keep' : 'clear',
    ...more,
  });

  if (error.fate === 'unknown') return lostReply(provider, record, change, again, context);
  if (error.errorClass === 'throttled') return change('degraded', 'throttled');
  if (error.fate === 'not_sent' || error.fate === 'not_processed' || error.errorClass === 'transient') {
    return change('degraded', 'outage');
  }
  if (error.errorClass === 'invalid_client') return change('degraded', 'client');
  if (error.errorClass === 'invalid_grant')
    return change('needs_login', inDoubt ? 'lost_reply' : 'dead_grant', { spending: 'clear' });
  return refused(record, change, context);
}

/** How long to leave a record alone: doubling, with full jitter, never longer than a quarter of the token's life. */
function backoff(
  record: OpenedRecord,
  error: OAuthProviderError,
  failures: number,
  context: FailureContext,
): number {
  const ceiling = Math.max(Math.min(maxBackoff, lifeOf(record.tokens) / 4), 1_000);
  const wait = Math.min(1_000 * 2 ** Math.min(failures - 1, 16), ceiling) * fraction(context.randomness);
  return Math.ceil(Math.max(wait, (error.retryAfterSeconds ?? 0) * 1000));
}

type Change = (state: RecordState, reason: CauseReason, more?: Partial<FailureChange>) => FailureChange;

/** Nobody knows whether the platform has taken the refresh token. */
function lostReply(
  provider: ConfiguredProvider,
  record: OpenedRecord,
  change: Change,
  again: number,
  context: FailureContext,
): FailureChange {
  switch (lostReplyRule(provider, record)) {
    case 'retry':
      return change('degraded', 'outage', { spending: record.identity.kind === 'user' ? 'keep' : 'clear' });
    case 'never':
      return change('needs_login', 'lost_reply', { spending: 'clear' });
    case 'retry-late':
      return change('in_doubt', 'lost_reply', {
        spending: 'keep',
        dueAt: Math.max(again, mandatoryFrom(record.tokens, context.settings)),
      });
  }
}

/** A refusal nobody documented ends a record only when it repeats, the token is dead, and the client is known to work. */
function refused(record: OpenedRecord, change: Change, context: FailureContext): FailureChange {
  const refusals = record.refusals + 1;
  const refusedSince = record.refusedSince ?? context.now;
  const dead = record.tokens.expiresAt <= context.now;
  const clientWorks = (context.clientSucceededAt ?? 0) > refusedSince;
  const state = refusals >= refusalLimit && dead && clientWorks ? 'needs_login' : 'degraded';
  return change(state, 'refused', { refusals, refusedSince });
}
