import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { type Clock, type HttpPort, type Randomness, type Timers } from './core/ports.js';
import { AttemptCookies } from './login/attempt-cookies.js';
import { LoginAttempts } from './login/login-attempts.js';
import { LoginFlow } from './login/login-flow.js';
import { defaultLayout, LoginPages } from './login/pages/pages.js';
import { cockatielBreakers } from './nest/breaker.js';
import { httpPortOf } from './nest/http-port.js';
import { JsTickets } from './nest/js-tickets.service.js';
import { OAuthExceptionFilter } from './nest/oauth-exception.filter.js';
import { OAuthLoginGuard } from './nest/oauth-login.guard.js';
import { OAuthLogin } from './nest/oauth-login.service.js';
import { oauthRoutes } from './nest/oauth-routes.controller.js';
import { OAuthTokens } from './nest/oauth-tokens.service.js';
import { type OAuthProvidersOptions, type ResolvedOptions, resolveOptions } from './nest/options.js';
import { ProviderRegistry } from './nest/provider-registry.js';
import { systemClock, systemRandomness, systemTimers } from './nest/system.js';
import { TokenRefreshService } from './nest/token-refresh.service.js';
import { CLOCK, HTTP_PORT, RANDOMNESS, RESOLVED_OPTIONS, TIMERS } from './nest/tokens.js';
import { warmUp } from './nest/warm-up.js';
import { RenewalEngine } from './refresh/engine.js';
import { defaultQuotaSettings } from './refresh/quota-ledger.js';
import { defaultSettings } from './refresh/settings.js';
import { defaultCache } from './refresh/token-cache.js';
import { renewsAt } from './refresh/windows.js';
import { KeyRing, Vault } from './vault/index.js';
import { Discovery } from './wire/discovery.js';
import { IdTokenVerifier } from './wire/id-token.js';
import { JwksCache } from './wire/jwks.js';
import { Wire } from './wire/wire.js';

/** How the routes of the module are made; they have to be known before the options are. */
export interface OAuthProvidersExtras {
  /** Makes the module's services available everywhere. @defaultValue true */
  readonly isGlobal?: boolean;
}

/** Asynchronous options: a factory with what it needs. */
export interface OAuthProvidersAsyncOptions extends OAuthProvidersExtras {
  readonly imports?: DynamicModule['imports'];
  readonly inject?: readonly NonNullable<Extract<Provider, { inject?: unknown }>['inject']>[number][];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the types of what is injected are the caller's
  readonly useFactory: (...dependencies: any[]) => OAuthProvidersOptions | Promise<OAuthProvidersOptions>;
  /** As in {@link OAuthProvidersOptions}; said here because routes exist before the factory runs. */
  readonly routes?: boolean;
  /** As in {@link OAuthProvidersOptions}; said here because routes exist before the factory runs. */
  readonly basePath?: string;
}

/** When is loaded what calls and logins need, if none has come before. */
const warmAfterMs = 1_000;

const OPTIONS = Symbol('nestjs-oauth-providers:raw-options');

const services: Provider[] = [
  { provide: RESOLVED_OPTIONS, useFactory: resolveOptions, inject: [OPTIONS] },
  {
    provide: TIMERS,
    useFactory: (options: ResolvedOptions): Timers => options.timers ?? systemTimers,
    inject: [RESOLVED_OPTIONS],
  },
  {
    provide: RANDOMNESS,
    useFactory: (options: ResolvedOptions): Randomness => options.randomness ?? systemRandomness,
    inject: [RESOLVED_OPTIONS],
  },
  { provide: HTTP_PORT, useFactory: httpPortOf, inject: [RESOLVED_OPTIONS] },
  {
    provide: Vault,
    useFactory: (options: ResolvedOptions, timers: Timers, randomness: Randomness): Promise<Vault> =>
      Vault.open({
        engine: options.store,
        keys: KeyRing.parse({ encryptionKeys: options.encryptionKeys, lookupKey: options.lookupKey }),
        clock: options.clock ?? systemClock,
        timers,
        randomness,
      }),
    inject: [RESOLVED_OPTIONS, TIMERS, RANDOMNESS],
  },
  // One time for all processes on one store: expiries and due times are compared with the clock they were written by.
  { provide: CLOCK, useFactory: (vault: Vault): Clock => vault.clock, inject: [Vault] },
  {
    provide: Wire,
    useFactory: (http: HttpPort, clock: Clock, randomness: Randomness) => new Wire(http, clock, randomness),
    inject: [HTTP_PORT, CLOCK, RANDOMNESS],
  },
  {
    provide: Discovery,
    useFactory: (http: HttpPort, clock: Clock) => new Discovery(http, clock),
    inject: [HTTP_PORT, CLOCK],
  },
  {
    provide: IdTokenVerifier,
    useFactory: (http: HttpPort, clock: Clock) => new IdTokenVerifier(new JwksCache(http, clock), clock),
    inject: [HTTP_PORT, CLOCK],
  },
  ProviderRegistry,
  {
    provide: RenewalEngine,
    useFactory: (
      options: ResolvedOptions,
      registry: ProviderRegistry,
      vault: Vault,
      wire: Wire,
      clock: Clock,
      timers: Timers,
      randomness: Randomness,
    ) =>
      new RenewalEngine({
        vault,
        wire,
        clock,
        timers,
        randomness,
        breakers: cockatielBreakers,
        settings: { ...defaultSettings, ...options.renewal },
        cache: { ...defaultCache, ...options.cache },
        quota: { ...defaultQuotaSettings, ...options.quota },
        notify: options.onTokenEvent ?? (() => undefined),
        providers: () => registry.all(),
      }),
    inject: [RESOLVED_OPTIONS, ProviderRegistry, Vault, Wire, CLOCK, TIMERS, RANDOMNESS],
  },
  {
    provide: LoginFlow,
    useFactory: (
      wire: Wire,
      idTokens: IdTokenVerifier,
      engine: RenewalEngine,
      vault: Vault,
      randomness: Randomness,
    ) =>
      new LoginFlow(
        wire,
        idTokens,
        engine.apps,
        {
          save: async ({ name, clientId, contract }, subject, tokens) => {
            const renewable = contract.operations.refresh !== undefined && tokens.refreshToken !== undefined;
            // What cannot be renewed is looked at when it ends, so that its state tells the truth.
            const dueAt = renewable ? renewsAt(tokens, engine.parts.settings, randomness) : tokens.expiresAt;
            await vault.saveLogin({ provider: name, clientId, subject, tokens, renewsAt: dueAt });
            engine.live.forget({ kind: 'user', provider: name, clientId, subject });
          },
        },
        engine.quotas,
      ),
    inject: [Wire, IdTokenVerifier, RenewalEngine, Vault, RANDOMNESS],
  },
  {
    provide: LoginAttempts,
    useFactory: (options: ResolvedOptions, vault: Vault, clock: Clock, randomness: Randomness) =>
      new LoginAttempts(vault.sealer, vault, new AttemptCookies(options.site), clock, randomness),
    inject: [RESOLVED_OPTIONS, Vault, CLOCK, RANDOMNESS],
  },
  {
    provide: LoginPages,
    useFactory: (options: ResolvedOptions) => new LoginPages(options.site, options.layout ?? defaultLayout),
    inject: [RESOLVED_OPTIONS],
  },
  OAuthLogin,
  OAuthLoginGuard,
  OAuthTokens,
  JsTickets,
  TokenRefreshService,
  { provide: APP_FILTER, useClass: OAuthExceptionFilter },
];

/** Signs people in with, and holds tokens for, any number of platforms. Import it once, with `forRoot`. */
@Module({})
export class OAuthProvidersModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopped = new AbortController();

  constructor(
    @Inject(Vault) private readonly vault: Vault,
    @Inject(HTTP_PORT) private readonly http: HttpPort & { warm?: () => void; close?: () => void },
    @Inject(TIMERS) private readonly timers: Timers,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onApplicationBootstrap(): void {
    // Behind the start, which it would slow down, and before the first login, which it would slow down, too.
    void this.timers
      .sleep(warmAfterMs, this.stopped.signal)
      .then(() => {
        this.http.warm?.();
        return warmUp(this.options.providers);
      })
      .catch(() => undefined);
  }

  /** @throws OAuthConfigurationError at start, when an option is wrong */
  static forRoot(options: OAuthProvidersOptions & OAuthProvidersExtras): DynamicModule {
    return OAuthProvidersModule.build({ provide: OPTIONS, useValue: options }, options);
  }

  /** Like {@link forRoot}, with options that need other services. */
  static forRootAsync(options: OAuthProvidersAsyncOptions): DynamicModule {
    const { basePath, routes, useFactory, inject, imports } = options;
    const factory = async (...dependencies: unknown[]): Promise<OAuthProvidersOptions> => ({
      ...(await useFactory(...dependencies)),
      ...(basePath === undefined ? {} : { basePath }),
      ...(routes === undefined ? {} : { routes }),
    });
    const provider: Provider = { provide: OPTIONS, useFactory: factory, inject: [...(inject ?? [])] };
    return { ...OAuthProvidersModule.build(provider, options), imports: [...(imports ?? [])] };
  }

  private static build(
    options: Provider,
    extras: OAuthProvidersExtras & { routes?: boolean; basePath?: string },
  ): DynamicModule {
    return {
      module: OAuthProvidersModule,
      global: extras.isGlobal ?? true,
      controllers: extras.routes === true ? [oauthRoutes(extras.basePath ?? '/auth')] : [],
      providers: [options, ...services],
      exports: [
        OAuthLogin,
        OAuthLoginGuard,
        OAuthTokens,
        JsTickets,
        TokenRefreshService,
        LoginPages,
        Vault,
        RESOLVED_OPTIONS,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    this.http.close?.();
    await this.vault.close();
  }
}
