import { type RenewalRules } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type Secret } from '../core/secret.js';
import { type OpenedRecord } from '../vault/index.js';
import { type CauseReason } from './cause.js';
import { type RenewalSettings } from './settings.js';
import { mandatoryFrom, minimumAge } from './windows.js';

/**
 * What to do with a record once it is claimed:
 * `current` nothing, somebody was faster or it is not time · `call` ask the platform · `hopeless` only a login
 * helps · `wait` a refresh token may have been spent, and the single retry is kept for when it is needed.
 */
export type Decision =
  | { readonly todo: 'current' | 'call' | 'wait' }
  | { readonly todo: 'hopeless'; readonly reason: CauseReason };

/** Whether the refresh token dies when it is used, so that a lost answer matters. */
export function spendsRefreshToken(provider: ConfiguredProvider, record: OpenedRecord): boolean {
  return record.identity.kind === 'user' && rotates(provider);
}

/**
 * Whether a claim of what is due marks its refresh tokens as being spent in the same step, which saves a write for each
 * renewal. A crash between the two leaves a doubt for nothing; where doubt costs a login, the mark waits until the call
 * is next.
 */
export function marksWithClaim(provider: ConfiguredProvider): boolean {
  return rotates(provider) && provider.contract.renewal?.lostReply !== 'never';
}

/**
 * Whether somebody set out to spend the refresh token and did not come back. A client's own tokens have none, although
 * a claim that marks everything it finds marks them, too.
 */
export function mayBeSpent({ identity, inSpending }: OpenedRecord): boolean {
  return identity.kind === 'user' && inSpending;
}

function rotates({ contract }: ConfiguredProvider): boolean {
  const policy = contract.renewal?.policy ?? 'rotate';
  return policy === 'rotate' || policy === 'rotate-or-keep';
}

/** What to do after an answer that got lost. */
export function lostReplyRule(
  { contract }: ConfiguredProvider,
  record: OpenedRecord,
): NonNullable<RenewalRules['lostReply']> {
  if (record.identity.kind !== 'user') return 'retry';
  const keeps = contract.renewal?.policy === 'keep' || contract.renewal?.policy === 'extend-same';
  return contract.renewal?.lostReply ?? (keeps ? 'retry' : 'retry-late');
}

/** Decides again, on the record as it is now that nobody else can change it. */
export function decide(
  provider: ConfiguredProvider,
  record: OpenedRecord,
  at: { readonly now: number; readonly rejected: Secret | undefined; readonly settings: RenewalSettings },
): Decision {
  const { tokens, identity } = record;
  const rejected = at.rejected !== undefined && tokens.accessToken.reveal() === at.rejected.reveal();
  const alive = tokens.expiresAt > at.now && !rejected;
  if (record.state === 'revoked' || record.state === 'needs_login') return { todo: 'current' };
  if (at.rejected !== undefined && !rejected && alive) return { todo: 'current' };
  if (alive && (record.dueAt === null || record.dueAt > at.now)) return { todo: 'current' };
  const age = at.now - (tokens.issuedAt ?? -Infinity);
  if (!rejected && age >= 0 && age < minimumAge) return { todo: 'current' };
  if (identity.kind !== 'user') return { todo: 'call' };
  const { refresh } = provider.contract.operations;
  if (refresh === undefined || tokens.refreshToken === undefined) {
    return alive ? { todo: 'current' } : { todo: 'hopeless', reason: 'no_refresh_token' };
  }
  if (tokens.refreshExpiresAt !== undefined && tokens.refreshExpiresAt <= at.now) {
    return { todo: 'hopeless', reason: 'refresh_expired' };
  }
  if (!mayBeSpent(record)) return { todo: 'call' };
  switch (lostReplyRule(provider, record)) {
    case 'retry':
      return { todo: 'call' };
    case 'never':
      return { todo: 'hopeless', reason: 'lost_reply' };
    case 'retry-late':
      return { todo: alive && at.now < mandatoryFrom(tokens, at.settings) ? 'wait' : 'call' };
  }
}
