import { OAuthProviderError, type OAuthProviderErrorDetails } from '../core/errors.js';

/** Why a callback or a handed-in code was refused before anything was believed of it. */
export class LoginRefusedError extends OAuthProviderError {
  override readonly name = 'LoginRefusedError';
  /** The visitor seems to have cancelled at the platform; only a page may say so, since nothing proves it. */
  readonly seemsCancelled: boolean;

  constructor(
    provider: string,
    reason: string,
    details: Partial<OAuthProviderErrorDetails> & { seemsCancelled?: boolean } = {},
  ) {
    super({ errorClass: 'invalid_request', operation: 'callback', ...details, provider, reason });
    this.seemsCancelled = details.seemsCancelled ?? false;
  }
}
