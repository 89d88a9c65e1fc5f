import { type OperationName } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock } from '../core/ports.js';
import { type Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { type Wire } from '../wire/wire.js';

/** Keeps the tokens of applications. */
export interface AppTokenVault {
  load(provider: ConfiguredProvider): Promise<TokenSet | undefined>;
  save(provider: ConfiguredProvider, tokens: TokenSet): Promise<void>;
}

/** A token this close to its end is not handed out any more: the call it is for takes time too. */
const margin = 60_000;

/**
 * The token of the application itself (client credentials, server token). One fetch at a time per client,
 * whoever asks: on several platforms a new token ends the old one.
 */
export class AppTokens {
  private readonly fetches = new Map<string, Promise<Secret>>();

  constructor(
    private readonly wire: Wire,
    private readonly vault: AppTokenVault,
    private readonly clock: Clock,
  ) {}

  /**
   * A live token. `rejected` is one that the platform just refused: it is fetched anew only if nobody else
   * has replaced it meanwhile.
   * @throws OAuthProviderError when the platform gives none
   */
  get(provider: ConfiguredProvider, options: { readonly rejected?: Secret } = {}): Promise<Secret> {
    const client = JSON.stringify([provider.name, provider.clientId]);
    const running = this.fetches.get(client);
    if (running !== undefined) return this.join(running, provider, options);
    const getting = this.loadOrFetch(provider, options.rejected).finally(() => this.fetches.delete(client));
    this.fetches.set(client, getting);
    return getting;
  }

  /** What somebody else is getting serves us too, unless it is the very token that was rejected. */
  private async join(
    running: Promise<Secret>,
    provider: ConfiguredProvider,
    options: { readonly rejected?: Secret },
  ): Promise<Secret> {
    const token = await running;
    return token.reveal() === options.rejected?.reveal() ? this.get(provider, options) : token;
  }

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
    const token = await this.get(provider);
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof OAuthProviderError) || error.errorClass !== 'invalid_token') throw error;
      return call(await this.get(provider, { rejected: token }));
    }
  }

  private async loadOrFetch(provider: ConfiguredProvider, rejected: Secret | undefined): Promise<Secret> {
    const known = await this.vault.load(provider);
    const usable =
      known !== undefined &&
      known.expiresAt - margin > this.clock.now() &&
      known.accessToken.reveal() !== rejected?.reveal();
    if (usable) return known.accessToken;
    const { tokens } = await this.wire.tokens(provider, 'appToken', {});
    await this.vault.save(provider, tokens);
    return tokens.accessToken;
  }
}
