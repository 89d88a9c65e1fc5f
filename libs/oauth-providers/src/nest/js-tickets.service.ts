import { ForbiddenException, Inject, Injectable } from '@nestjs/common';
import { OAuthConfigurationError } from '../core/errors.js';
import { type Clock, type Randomness } from '../core/ports.js';
import { pageSignature, signedUrl } from '../refresh/page-signature.js';
import { OAuthTokens } from './oauth-tokens.service.js';
import { ProviderRegistry } from './provider-registry.js';
import { CLOCK, RANDOMNESS } from './tokens.js';

/** What a page hands to the platform's `core.config` or `wx.config`, under the platform's names. */
export type SignedPage = Readonly<Record<string, string | number>>;

/** Signs pages for the platforms' JavaScript: app token → ticket → signature, as one chain. */
@Injectable()
export class JsTickets {
  constructor(
    @Inject(ProviderRegistry) private readonly registry: ProviderRegistry,
    @Inject(OAuthTokens) private readonly tokens: OAuthTokens,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOMNESS) private readonly randomness: Randomness,
  ) {}

  /**
   * Signs a page of one of the provider's `signOrigins`.
   * @throws ForbiddenException for a page of any other origin: this must not sign for strangers
   * @throws OAuthConfigurationError when the platform signs no pages
   * @throws OAuthProviderError when there is no live ticket
   */
  async sign(provider: string, page: string): Promise<SignedPage> {
    const configured = await this.registry.resolve(provider);
    const rules = configured?.contract.pageSignature;
    if (configured === undefined || rules === undefined) {
      throw new OAuthConfigurationError(`The provider ${provider} signs no pages.`);
    }
    const origin = URL.canParse(page) ? new URL(page).origin : undefined;
    if (origin === undefined || !configured.signOrigins.includes(origin)) {
      throw new ForbiddenException('Pages of this origin are not signed. 不为该来源的页面签名。');
    }
    const { accessToken } = await this.tokens.ticket(provider, rules.ticketType);
    const inputs = {
      ticket: accessToken.reveal(),
      nonce: this.randomness.bytes(16).toString('hex'),
      timestamp: Math.floor(this.clock.now() / 1000),
      url: signedUrl(rules, page),
    };
    const values = { ...inputs, clientId: configured.clientId, signature: pageSignature(rules, inputs) };
    return Object.fromEntries(Object.entries(rules.output).map(([name, value]) => [name, values[value]]));
  }
}
