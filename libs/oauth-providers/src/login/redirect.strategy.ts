import { type Request } from 'express';
import OAuth2Strategy from 'passport-oauth2';
import { type RedirectLogin } from '../core/contract.js';
import { authorizationUrl, isErrorCallback } from '../wire/authorization.js';
import { type TokenReply } from '../wire/fields.js';
import { type LoginAttempt } from './attempt.js';
import { acceptCallback } from './callback.js';
import { type HttpExchange } from './http-exchange.js';
import { type LoginContext, type LoginEntry, LoginPageSignal, type LoginProvider } from './login-provider.js';
import { safeReturnTo } from './return-to.js';
import { acting, type PassportActions, settleRedirects, unwrapErrors } from './settling.js';

type Stored = (error: unknown, state?: string) => void;
type Loaded = (error: unknown, ok: boolean) => void;
type Exchanged = (error: unknown, accessToken?: string, refreshToken?: string, reply?: TokenReply) => void;

/** What the base class sees of a request: its parameters already read, its login attempt already spent. */
interface AcceptedRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly target: LoginProvider;
  readonly attempt: LoginAttempt;
}

/**
 * The authorization code flow over the browser's redirects. The base class conducts it; its seams are ours:
 * state lives in sealed cookies, the code is exchanged and the user found through the contract.
 */
export class RedirectStrategy extends OAuth2Strategy {
  constructor(
    private readonly context: LoginContext,
    private readonly entry: LoginEntry,
  ) {
    super(
      {
        // What the base class would send itself. It sends nothing: every request is written by the contract.
        authorizationURL: 'contract:authorize',
        tokenURL: 'contract:exchange',
        clientID: 'contract',
        clientSecret: '',
        passReqToCallback: true,
        skipUserProfile: true,
        // The base class tells the forms of these methods apart by their number of parameters.
        store: {
          store: (_request: Request, _state: unknown, _meta: unknown, stored: Stored) => stored(null),
          verify: (_request: Request, _state: string, loaded: Loaded) => loaded(null, true),
        } as unknown as OAuth2Strategy.StateStore,
      },
      (
        request: Request,
        _accessToken: string,
        _refreshToken: string,
        reply: TokenReply,
        _profile: unknown,
        verified: OAuth2Strategy.VerifyCallback,
      ) => {
        const { target, attempt } = request as unknown as AcceptedRequest;
        void context.flow
          .complete(target.provider, attempt, reply)
          .then(async (login) => ({ user: await context.resolveUser(login), login }))
          .then(
            ({ user, login }) => verified(null, user, { login, returnTo: attempt.returnTo }),
            (error: unknown) => verified(error),
          );
      },
    );
    this.name = entry.name;
  }

  override authenticate(request: Request): void {
    const exchange = this.context.exchangeOf(request);
    const actions = acting(this);
    settleRedirects(actions, exchange);
    unwrapErrors(actions);
    const leg =
      exchange.path === this.entry.callbackPath
        ? this.callback(exchange, actions)
        : this.start(exchange).then((url) => actions.redirect(url));
    void leg.catch((error: unknown) => actions.error(error));
  }

  private async start(exchange: HttpExchange): Promise<string> {
    const target = await this.entry.resolve();
    const login = redirectLogin(target);
    const returnTo = safeReturnTo(exchange.query['returnTo'], this.context.publicUrl);
    const begun = this.context.attempts.begin(target.provider, returnTo, exchange.cookies);
    exchange.setCookies(begun.cookies, login.responseMode === 'form_post' ? 'none' : 'lax');
    return authorizationUrl(target.provider, login, {
      redirectUri: target.callbackUrl,
      state: begun.attempt.state,
      nonce: begun.attempt.nonce,
      ...(usesPkce(target) ? { codeChallenge: begun.codeChallenge, codeChallengeMethod: 'S256' } : {}),
    });
  }

  private async callback(exchange: HttpExchange, actions: PassportActions): Promise<void> {
    const target = await this.entry.resolve();
    const rules = redirectLogin(target).callback;
    const posted = exchange.method === 'POST';
    const parameters = posted ? exchange.form : exchange.query;
    const empty =
      !isErrorCallback(rules, parameters) && rules.code.every((name) => parameters[name] === undefined);
    // A HEAD request asks what is here; it must not use a login up.
    if (exchange.method === 'HEAD' || (empty && !posted)) throw new LoginPageSignal('relay', target);
    if (posted && this.cameWithoutCookie(exchange, parameters['state'])) {
      exchange.redirect(`${target.callbackUrl}?${new URLSearchParams(parameters).toString()}`, 303);
      actions.pass();
      return;
    }
    const { attempt, code } = await acceptCallback(this.context, target, rules, exchange, parameters);
    const { flow } = this.context;
    const inputs = {
      redirectUri: target.callbackUrl,
      ...(usesPkce(target) ? { codeVerifier: attempt.codeVerifier } : {}),
    };
    // This strategy object serves one request, so what it exchanges by can be this request's own.
    this._oauth2 = withExchange(this._oauth2, () => flow.exchange(target.provider, code, inputs));
    // Not derived from the request: an object that others inherit from is slow to read from then on.
    const accepted: AcceptedRequest = { query: { code, state: attempt.state }, target, attempt };
    super.authenticate(accepted as unknown as Request, {});
  }

  /** A form posted from another site arrives without Lax cookies; asked for once more by GET, it has them. */
  private cameWithoutCookie(exchange: HttpExchange, state: string | undefined): boolean {
    return state !== undefined && !this.context.attempts.isPresent(state, exchange.cookies);
  }
}

function redirectLogin({ provider: { name, contract } }: LoginProvider): RedirectLogin {
  if (contract.login.kind !== 'redirect') throw new TypeError(`${name} does not sign in by redirect`);
  return contract.login;
}

function usesPkce(target: LoginProvider): boolean {
  return target.provider.pkce && redirectLogin(target).pkce === 'S256';
}

/** The base class's way to the token endpoint, led through the contract. */
function withExchange<Client extends object>(client: Client, exchange: () => Promise<TokenReply>): Client {
  return Object.assign(Object.create(client) as Client, {
    getOAuthAccessToken: (_code: string, _parameters: unknown, exchanged: Exchanged): void => {
      // The base class only wants to see that there is a token; the tokens themselves stay wrapped.
      void exchange().then((reply) => exchanged(null, '(wrapped)', undefined, reply), exchanged);
    },
  });
}
