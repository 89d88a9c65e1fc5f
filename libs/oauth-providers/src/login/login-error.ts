import { OAuthProviderError, type OAuthProviderErrorDetails } from '../core/errors.js';

/** Why a callback or a handed-in code was refused before anything was believed of it. */
export class LoginRefusedError extends OAuthProviderError {
  override readonly name = 'LoginRefusedError';
  /** What an error callback without a login attempt claims; only a page may say so, since nothing proves it. */
  readonly unproven: 'cancelled' | 'not_completed' | undefined;

  constructor(
    provider: string,
    reason: string,
    details: Partial<OAuthProviderErrorDetails> & {
      unproven?: 'cancelled' | 'not_completed';
    } = {},
  ) {
    super({ errorClass: 'invalid_request', operation: 'callback', ...details, provider, reason });
    this.unproven = details.unproven;
  }
}
