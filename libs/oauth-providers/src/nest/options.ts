import { type HttpService } from '@nestjs/axios';
import { type ProviderSource } from '../core/discovered-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { type Clock, type HttpPort, type Randomness, type Timers } from '../core/ports.js';
import { type Login } from '../login/login-flow.js';
import { type PageLayout } from '../login/pages/pages.js';
import { PublicUrl } from '../login/public-url.js';
import { type TokenListener } from '../refresh/events.js';
import { type QuotaSettings } from '../refresh/quota-ledger.js';
import { type RenewalSettings } from '../refresh/settings.js';
import { type CacheSettings } from '../refresh/token-cache.js';
import { type StoreEngine } from '../vault/index.js';

/** Options of `OAuthProvidersModule`. */
export interface OAuthProvidersOptions {
  /** Where browsers reach the application. Callback URLs, cookies and origins come from it, never from a request. */
  readonly publicUrl: string;
  /** Key ring for everything at rest, newest first: `id:base64` entries of 32 bytes, separated by commas. */
  readonly encryptionKeys: string;
  /** The key of record keys and hashes; it does not rotate. @defaultValue derived from the oldest encryption key */
  readonly lookupKey?: string | undefined;
  readonly store: StoreEngine;
  readonly providers: readonly ProviderSource[];
  /**
   * Turns a finished login into the application's user, which becomes `req.user`. Return nothing to keep
   * somebody out.
   */
  readonly resolveUser: (login: Login) => unknown;
  /** Path of the login routes; the provider's name follows. @defaultValue '/auth' */
  readonly basePath?: string;
  /** Path of the callback, with `:provider`. @defaultValue `${basePath}/:provider/callback` */
  readonly callbackPath?: string;
  /** Whether the ready-made routes below `basePath` are there. @defaultValue false */
  readonly routes?: boolean;
  /** Names in the session that survive the change of its id at login. @defaultValue none */
  readonly keepSessionKeys?: readonly string[];
  /** How long before their end tokens are renewed, and how many at once. */
  readonly renewal?: Partial<RenewalSettings>;
  /** Limits of the cache of opened tokens; `entries: 0` switches it off. */
  readonly cache?: Partial<CacheSettings>;
  /** How quotas are treated: the share kept for logins, and whether logins are refused at the number. */
  readonly quota?: Partial<QuotaSettings>;
  /** Whether due tokens are renewed by themselves, by @nestjs/schedule. @defaultValue true */
  readonly schedule?: boolean;
  /** Milliseconds from one look at what is due to the next. @defaultValue 10000 */
  readonly tickMs?: number;
  /** Where renewed grants are put, sealed, that the store did not take until the very end. @defaultValue nowhere */
  readonly spoolFile?: string;
  /** Is told of every change of a token's state. */
  readonly onTokenEvent?: TokenListener;
  /** The frame around login pages and error pages. @defaultValue a plain card */
  readonly layout?: PageLayout;
  /**
   * Sends all calls through this service of `@nestjs/axios` and its interceptors. Redirects, proxies and everything else
   * that could lead a secret elsewhere stay off. An interceptor sees codes and tokens as they are: it must not log them.
   * @defaultValue none: calls are sent without axios, which is then never loaded and costs half as much
   */
  readonly httpService?: HttpService;
  /** Seams for tests. @defaultValue the system's */
  readonly clock?: Clock;
  readonly randomness?: Randomness;
  readonly timers?: Timers;
  readonly http?: HttpPort;
}

/** Options with every default filled in and everything checked. */
export interface ResolvedOptions extends OAuthProvidersOptions {
  readonly site: PublicUrl;
  readonly basePath: string;
  readonly callbackPath: string;
}

/**
 * Checks the module's options.
 * @throws OAuthConfigurationError naming the option and the fix
 */
export function resolveOptions(options: OAuthProvidersOptions): ResolvedOptions {
  const basePath = (options.basePath ?? '/auth').replace(/\/+$/, '');
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(basePath)) {
    throw new OAuthConfigurationError('basePath must be an absolute path such as /auth.');
  }
  const callbackPath = options.callbackPath ?? `${basePath}/:provider/callback`;
  if (!callbackPath.startsWith('/') || !callbackPath.includes(':provider')) {
    throw new OAuthConfigurationError('callbackPath must be an absolute path that contains :provider.');
  }
  const given = options.providers as readonly unknown[] | undefined;
  if (given === undefined || given.length === 0) {
    throw new OAuthConfigurationError(
      'providers is empty: name at least one, such as huawei({ clientId, clientSecret }).',
    );
  }
  const names = options.providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new OAuthConfigurationError(
      `Two providers are called ${twice}; give one of them another \`name\`.`,
    );
  }
  if (typeof options.resolveUser !== 'function') {
    throw new OAuthConfigurationError('resolveUser must be a function that turns a login into your user.');
  }
  return { ...options, site: new PublicUrl(options.publicUrl), basePath, callbackPath };
}
