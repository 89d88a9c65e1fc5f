import { type ConfiguredProvider } from '../core/define-provider.js';
import { type HttpExchange, type WebRequest } from './http-exchange.js';
import { type LoginAttempts } from './login-attempts.js';
import { type Login, type LoginFlow } from './login-flow.js';
import { type PublicUrl } from './public-url.js';

/** What a strategy needs of the module it belongs to. */
export interface LoginContext {
  readonly publicUrl: PublicUrl;
  readonly attempts: LoginAttempts;
  readonly flow: LoginFlow;
  exchangeOf(request: WebRequest): HttpExchange;
  /**
   * The application's own word on who this is; what it returns becomes `req.user`.
   * @throws LoginRefusedError `access_denied` when the application does not let this user in
   */
  resolveUser(login: Login): Promise<Express.User>;
}

/** A place in the application where people sign in with one provider. */
export interface LoginEntry {
  readonly name: string;
  readonly title: { readonly en: string; readonly zh: string };
  readonly kind: 'redirect' | 'handoff';
  /** Path of the callback route, as the application routes it. */
  readonly callbackPath: string;
  /**
   * The provider itself; one that describes itself is looked up first.
   * @throws OAuthProviderError when that fails
   */
  resolve(): Promise<LoginProvider>;
}

/** One provider of one module, with its places in the application. */
export interface LoginProvider {
  readonly provider: ConfiguredProvider;
  /** Path of the callback route, as the application routes it. */
  readonly callbackPath: string;
  /** The redirect URI (RFC 6749 §3.1.2): absolute, built from the public URL alone. */
  readonly callbackUrl: string;
  /** Where a front end begins an attempt; of use to handoff providers only. */
  readonly attemptsUrl: string;
}

/** What `req.authInfo` says after a login. */
export interface LoginInfo {
  readonly login: Login;
  /** Where the visitor wanted to go; a path of our own origin. */
  readonly returnTo: string | undefined;
}

/** Interrupts a request with a page of the login: the relay of a fragment, or a front end that fetches a code. */
export class LoginPageSignal extends Error {
  override readonly name = 'LoginPageSignal';

  constructor(
    readonly page: 'relay' | 'handoff',
    readonly target: LoginProvider,
    readonly returnTo?: string,
  ) {
    super(`the ${page} page of ${target.provider.name}`);
  }
}
