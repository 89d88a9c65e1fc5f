import {
  Inject,
  Injectable,
  NotFoundException,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ServerResponse } from 'node:http';
import { OAuthConfigurationError } from '../core/errors.js';
import { DispatchingStrategy } from '../login/dispatching.strategy.js';
import { HandoffStrategy } from '../login/handoff.strategy.js';
import { HttpExchange, type WebRequest } from '../login/http-exchange.js';
import { LoginAttempts } from '../login/login-attempts.js';
import { LoginRefusedError } from '../login/login-error.js';
import { type Login, LoginFlow } from '../login/login-flow.js';
import { type LoginContext, type LoginProvider } from '../login/login-provider.js';
import { assets, assetsPath } from '../login/pages/assets.js';
import { type PublicUrl } from '../login/public-url.js';
import { RedirectStrategy } from '../login/redirect.strategy.js';
import { type ResolvedOptions } from './options.js';
import { RESOLVED_OPTIONS } from './tokens.js';

/** A provider as an application shows it: enough for a button. */
export interface ProviderSummary {
  readonly name: string;
  readonly title: { readonly en: string; readonly zh: string };
  readonly kind: 'redirect' | 'handoff';
}

/** The login half of the module: registers a Passport strategy per provider for as long as the application runs. */
@Injectable()
export class OAuthLogin implements LoginContext, OnModuleInit, OnModuleDestroy {
  private readonly byName: ReadonlyMap<string, LoginProvider>;
  private readonly releases: (() => void)[] = [];

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(LoginAttempts) readonly attempts: LoginAttempts,
    @Inject(LoginFlow) readonly flow: LoginFlow,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    this.byName = new Map(options.providers.map((provider) => [provider.name, this.place(provider)]));
  }

  get publicUrl(): PublicUrl {
    return this.options.site;
  }

  /** The providers, in the order in which they were given. */
  list(): ProviderSummary[] {
    return [...this.byName.values()].map(({ provider: { name, contract } }) => ({
      name,
      title: contract.title,
      kind: contract.login.kind,
    }));
  }

  /** @throws NotFoundException when there is no provider of this name */
  get(name: string): LoginProvider {
    const target = this.byName.get(name);
    if (target === undefined) throw new NotFoundException('There is no such provider. 没有这个登录方式。');
    return target;
  }

  exchangeOf(request: WebRequest): HttpExchange {
    if (request.res === undefined) {
      throw new OAuthConfigurationError('The login needs Express (@nestjs/platform-express).');
    }
    return new HttpExchange(request, request.res, this.publicUrl);
  }

  async resolveUser(login: Login): Promise<Express.User> {
    const user: unknown = await this.options.resolveUser(login);
    if (user === undefined || user === null || user === false) {
      throw new LoginRefusedError(login.provider, 'the application does not let this user in', {
        errorClass: 'access_denied',
      });
    }
    return user;
  }

  onModuleInit(): void {
    // Without an HTTP server there is nobody to log in; tokens are served all the same.
    const { httpAdapter } = this.adapterHost as Partial<HttpAdapterHost>;
    const application: unknown = httpAdapter?.getInstance();
    if (typeof application !== 'function') return;
    for (const target of this.byName.values()) {
      this.releases.push(DispatchingStrategy.register(application, this.strategyOf(target)));
    }
    this.serveAssets();
  }

  onModuleDestroy(): void {
    for (const release of this.releases.splice(0)) release();
  }

  private strategyOf(target: LoginProvider): RedirectStrategy | HandoffStrategy {
    const { login } = target.provider.contract;
    return login.kind === 'redirect'
      ? new RedirectStrategy(this, target, login)
      : new HandoffStrategy(this, target);
  }

  /** Straight on the adapter: neither a global prefix nor a global guard of the application may hide them. */
  private serveAssets(): void {
    for (const [name, asset] of Object.entries(assets)) {
      this.adapterHost.httpAdapter.get(
        `${assetsPath}/${name}`,
        (_request: unknown, response: ServerResponse) => {
          response.setHeader('Content-Type', asset.type);
          response.setHeader('Cache-Control', 'public, max-age=3600');
          response.setHeader('X-Content-Type-Options', 'nosniff');
          response.end(asset.text);
        },
      );
    }
  }

  private place(provider: LoginProvider['provider']): LoginProvider {
    const { site, basePath, callbackPath } = this.options;
    const path = callbackPath.replace(':provider', provider.name);
    return {
      provider,
      callbackPath: path,
      callbackUrl: site.absolute(path),
      attemptsUrl: site.absolute(`${basePath}/${provider.name}/attempts`),
    };
  }
}
