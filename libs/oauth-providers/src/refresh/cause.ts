import { type ErrorClass, type OAuthProviderError } from '../core/errors.js';

/**
 * Why a record is not fresh: `dead_grant` the platform says so · `lost_reply` an answer got lost and the refresh
 * token with it · `refused` refused again and again without a reason we know · `no_refresh_token` and
 * `refresh_expired` there is nothing to renew with · `client` our credentials or settings · `outage` the platform
 * cannot be reached · `throttled` it wants to be asked less · `revoked` by us.
 */
export type CauseReason =
  | 'dead_grant'
  | 'lost_reply'
  | 'refused'
  | 'no_refresh_token'
  | 'refresh_expired'
  | 'client'
  | 'outage'
  | 'throttled'
  | 'revoked';

/** A cause as it is stored and shown: no secrets, no free text of a platform. */
export interface Cause {
  readonly reason: CauseReason;
  readonly errorClass: ErrorClass;
  readonly platformCode?: string;
}

/** A cause made of an error. */
export function causeOf(reason: CauseReason, error?: OAuthProviderError): Cause {
  const code = error?.platformCode;
  return {
    reason,
    errorClass: error?.errorClass ?? 'invalid_grant',
    ...(code === undefined ? {} : { platformCode: code }),
  };
}
