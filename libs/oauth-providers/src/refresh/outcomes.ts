import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type TokenSet } from '../core/token-set.js';
import { type OpenedRecord, type RecordChange, type RecordIdentity } from '../vault/index.js';
import { type TokenReply } from '../wire/fields.js';
import { type Cause, causeOf, type CauseReason } from './cause.js';
import { mayBeSpent } from './decide.js';
import { type TokenEvent } from './events.js';
import { type FailureChange } from './failure.js';
import { type RenewalSettings } from './settings.js';
import { mandatoryFrom } from './windows.js';

/** Somebody set out to spend the refresh token and did not come back: the single retry waits until it is needed. */
export function doubtful(record: OpenedRecord, settings: RenewalSettings): FailureChange {
  return {
    ...unchanged(record),
    state: 'in_doubt',
    cause: causeOf('lost_reply'),
    spending: 'keep',
    dueAt: mandatoryFrom(record.tokens, settings),
  };
}

/** There is nothing to renew with. */
export function hopeless(record: OpenedRecord, reason: CauseReason): FailureChange {
  return {
    ...unchanged(record),
    state: 'needs_login',
    cause: causeOf(reason),
    dueAt: null,
    spending: 'clear',
  };
}

/** The single retry is kept for later; as an error for whoever cannot use the old token. */
export function inDoubt(provider: ConfiguredProvider): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: 'transient',
    reason: 'an answer got lost, and the refresh token is tried again only when the old token is due to die',
    fate: 'not_sent',
    retryAfterSeconds: 1,
  });
}

/** Only a login helps; as an error for whoever wanted the token. */
export function needsLogin(provider: ConfiguredProvider, cause: Cause): OAuthProviderError {
  const codes = cause.platformCode === undefined ? {} : { platformCode: cause.platformCode };
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: 'invalid_grant',
    reason: `there is no live token, and only a new login brings one: ${cause.reason}`,
    ...codes,
  });
}

/** Nobody has signed in, or the record was deleted. */
export function noAccount(provider: ConfiguredProvider): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: 'invalid_grant',
    reason: 'nobody has signed in here, so there is no token',
    fate: 'not_sent',
  });
}

/** There is a record, and no live token in it yet. */
export function nothingNow(provider: ConfiguredProvider, { state }: OpenedRecord): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: state === 'needs_login' ? 'invalid_grant' : 'transient',
    reason: 'there is no live token right now',
    fate: 'not_sent',
    retryAfterSeconds: 1,
  });
}

/** Another process has just tried; its failure is told by the cause it left. */
export function failedElsewhere(provider: ConfiguredProvider, record: OpenedRecord): OAuthProviderError {
  const cause = record.cause as Cause | null;
  const code = cause?.platformCode;
  return new OAuthProviderError({
    provider: provider.name,
    operation: operationOf(record.identity),
    errorClass: cause?.errorClass ?? 'transient',
    reason: `another process has just tried to renew the token: ${cause?.reason ?? 'outage'}`,
    fate: 'not_sent',
    retryAfterSeconds: 1,
    ...(code === undefined ? {} : { platformCode: code }),
  });
}

/** What the platform leaves out stays as it was; a renewed id_token is nobody's proof and is not kept. */
export function merged(old: TokenSet, { tokens: brought, scopeStated }: TokenReply): TokenSet {
  const refreshToken = brought.refreshToken ?? old.refreshToken;
  const refreshExpiresAt =
    brought.refreshToken === undefined ? old.refreshExpiresAt : brought.refreshExpiresAt;
  return {
    accessToken: brought.accessToken,
    ...(brought.tokenType === undefined ? {} : { tokenType: brought.tokenType }),
    ...(brought.issuedAt === undefined ? {} : { issuedAt: brought.issuedAt }),
    expiresAt: brought.expiresAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
    ...(old.idToken === undefined ? {} : { idToken: old.idToken }),
    // RFC 6749 §6: not said means unchanged.
    scope: scopeStated ? brought.scope : old.scope,
  };
}

/** Nothing about the record has changed: its lease is given back, and so is a mark that was not there before. */
export function unchanged(record: OpenedRecord): RecordChange {
  const { state, cause, failures, refusals, refusedSince, dueAt } = record;
  const spending = mayBeSpent(record) ? 'keep' : 'clear';
  return { state, cause, failures, refusals, refusedSince, dueAt, spending };
}

/** What is told of a change. */
export function eventOf({ state }: FailureChange): TokenEvent['type'] {
  return state === 'fresh' ? 'renewed' : state;
}

/** The tenant of a record, where it has one. */
export function tenantOf(identity: RecordIdentity): { tenant?: string } {
  return identity.tenant === undefined ? {} : { tenant: identity.tenant };
}

/** The call that brings new tokens for a record. */
export function operationOf({ kind }: RecordIdentity): 'refresh' | 'appToken' | 'ticket' {
  return kind === 'user' ? 'refresh' : kind === 'app' ? 'appToken' : 'ticket';
}
