import { type OperationName } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Secret } from '../core/secret.js';
import { type Wire } from '../wire/wire.js';

/** Gives a live token of the application; `rejected` is one that the platform just refused. */
export type AppTokenSource = (
  provider: ConfiguredProvider,
  options?: { readonly rejected?: Secret },
) => Promise<Secret>;

/** Calls that may need the token of the application itself (a prerequisite in the contract). */
export class AppTokens {
  constructor(
    private readonly wire: Wire,
    private readonly source: AppTokenSource,
  ) {}

  /**
   * Runs a call that may need the app token. A token that the platform rejects is replaced, and the call made
   * once more.
   */
  async runWith<T>(
    provider: ConfiguredProvider,
    operation: OperationName,
    call: (appToken: Secret | undefined) => Promise<T>,
  ): Promise<T> {
    if (!this.wire.needsAppToken(provider, operation)) return call(undefined);
    const token = await this.source(provider);
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof OAuthProviderError) || error.errorClass !== 'invalid_token') throw error;
      return call(await this.source(provider, { rejected: token }));
    }
  }
}
