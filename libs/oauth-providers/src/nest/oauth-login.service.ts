import {
  Inject,
  Injectable,
  NotFoundException,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ServerResponse } from 'node:http';
import { isDiscovered, type ProviderSource } from '../core/discovered-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { DispatchingStrategy } from '../login/dispatching.strategy.js';
import { HandoffStrategy } from '../login/handoff.strategy.js';
import { HttpExchange, type WebRequest } from '../login/http-exchange.js';
import { LoginAttempts } from '../login/login-attempts.js';
import { LoginRefusedError } from '../login/login-error.js';
import { type Login, LoginFlow } from '../login/login-flow.js';
import { type LoginContext, type LoginEntry } from '../login/login-provider.js';
import { assets, assetsPath } from '../login/pages/assets.js';
import { type PublicUrl } from '../login/public-url.js';
import { RedirectStrategy } from '../login/redirect.strategy.js';
import { Discovery } from '../wire/discovery.js';
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
  private readonly byName: ReadonlyMap<string, LoginEntry>;
  private readonly releases: (() => void)[] = [];

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(LoginAttempts) readonly attempts: LoginAttempts,
    @Inject(LoginFlow) readonly flow: LoginFlow,
    @Inject(Discovery) private readonly discovery: Discovery,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    this.byName = new Map(options.providers.map((source) => [source.name, this.entryOf(source)]));
  }

  get publicUrl(): PublicUrl {
    return this.options.site;
  }

  /** The providers, in the order in which they were given. */
  list(): ProviderSummary[] {
    return [...this.byName.values()].map(({ name, title, kind }) => ({ name, title, kind }));
  }

  /** @throws NotFoundException when there is no provider of this name */
  get(name: string): LoginEntry {
    const entry = this.byName.get(name);
    if (entry === undefined) throw new NotFoundException('There is no such provider. 没有这个登录方式。');
    return entry;
  }

  exchangeOf(request: WebRequest): HttpExchange {
    if (request.res === undefined) {
      throw new OAuthConfigurationError('The login needs Express (@nestjs/platform-express).');
    }
    return HttpExchange.of(request, request.res, this.publicUrl);
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
    for (const entry of this.byName.values()) {
      const Strategy = entry.kind === 'redirect' ? RedirectStrategy : HandoffStrategy;
      this.releases.push(DispatchingStrategy.register(application, new Strategy(this, entry)));
    }
    this.serveAssets();
  }

  onModuleDestroy(): void {
    for (const release of this.releases.splice(0)) release();
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

  private entryOf(source: ProviderSource): LoginEntry {
    const { site, basePath, callbackPath } = this.options;
    const { name } = source;
    const path = callbackPath.replace(':provider', name);
    const places = {
      callbackPath: path,
      callbackUrl: site.absolute(path),
      attemptsUrl: site.absolute(`${basePath}/${name}/attempts`),
    };
    // What does not have to be looked up is there once and for all.
    const known = isDiscovered(source) ? undefined : Promise.resolve({ provider: source, ...places });
    return {
      name,
      title: isDiscovered(source) ? source.title : source.contract.title,
      kind: isDiscovered(source) ? 'redirect' : source.contract.login.kind,
      callbackPath: path,
      resolve: () => known ?? this.discovery.resolve(source).then((provider) => ({ provider, ...places })),
    };
  }
}
