import { type Request } from 'express';
import OAuth2Strategy from 'passport-oauth2';
import { type RedirectLogin } from '../core/contract.js';
import { type TokenReply } from '../wire/fields.js';
import { authorizationUrl, isErrorCallback } from '../wire/authorization.js';
import { type LoginAttempt } from './attempt.js';
import { acceptCallback } from './callback.js';
import { type HttpExchange, type WebRequest } from './http-exchange.js';
import { LoginRefusedError } from './login-error.js';
import { type LoginContext, type LoginInfo, LoginPageSignal, type LoginProvider } from './login-provider.js';
import { safeReturnTo } from './return-to.js';
import { acting, type PassportActions, settleRedirects, unwrapErrors } from './settling.js';

type Stored = (error: unknown, state?: string) => void;
type Loaded = (error: unknown, ok?: string | boolean, state?: unknown) => void;
type Exchanged = (error: unknown, accessToken?: string, refreshToken?: string, reply?: TokenReply) => void;

/** The request as the base class sees it: its parameters already read, its login attempt already checked. */
interface PreparedRequest extends WebRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly body: undefined;
  readonly attempt?: LoginAttempt;
}

/**
 * The authorization code flow over the browser's redirects. The base class conducts it; its three seams are
 * ours: state lives in sealed cookies, the code is exchanged and the user found through the contract.
 */
export class RedirectStrategy extends OAuth2Strategy {
  constructor(
    private readonly context: LoginContext,
    private readonly target: LoginProvider,
    private readonly login: RedirectLogin,
  ) {
    const { provider, callbackUrl } = target;
    super(
      {
        authorizationURL: login.authorizationUrl,
        tokenURL: provider.contract.operations.exchange.request.url,
        clientID: provider.clientId,
        // The base class never sends it: the exchange below goes through the contract.
        clientSecret: '',
        callbackURL: callbackUrl,
        passReqToCallback: true,
        skipUserProfile: true,
        // Passport tells the forms of these methods apart by their number of parameters.
        store: {
          store: (_request: Request, _state: unknown, _meta: unknown, stored: Stored) => stored(null),
          verify: (request: Request, _state: string, loaded: Loaded) =>
            loaded(null, attemptOf(request)?.codeVerifier ?? false),
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
        void this.identify(attemptOf(request), reply).then(
          ({ user, info }) => verified(null, user, info),
          (error: unknown) => verified(error),
        );
      },
    );
    this.name = provider.name;
    this._oauth2.getOAuthAccessToken = this.exchangeCode.bind(
      this,
    ) as typeof this._oauth2.getOAuthAccessToken;
  }

  override authenticate(request: Request): void {
    const exchange = this.context.exchangeOf(request);
    const actions = acting(this);
    settleRedirects(actions, exchange);
    unwrapErrors(actions);
    const leg =
      exchange.path === this.target.callbackPath
        ? this.callback(exchange, actions)
        : this.start(exchange).then((url) => actions.redirect(url));
    void leg.catch((error: unknown) => actions.error(error));
  }

  private get usesPkce(): boolean {
    return this.login.pkce === 'S256' && this.target.provider.pkce;
  }

  private async start(exchange: HttpExchange): Promise<string> {
    const returnTo = safeReturnTo(exchange.query['returnTo'], this.context.publicUrl);
    const begun = this.context.attempts.begin(this.target.provider, returnTo, exchange.cookies);
    exchange.setCookies(begun.cookies, this.login.responseMode === 'form_post' ? 'none' : 'lax');
    return authorizationUrl(this.target.provider, this.login, {
      redirectUri: this.target.callbackUrl,
      state: begun.attempt.state,
      nonce: begun.attempt.nonce,
      ...(this.usesPkce ? { codeChallenge: begun.codeChallenge, codeChallengeMethod: 'S256' } : {}),
    });
  }

  private async callback(exchange: HttpExchange, actions: PassportActions): Promise<void> {
    const rules = this.login.callback;
    const posted = exchange.method === 'POST';
    const parameters = posted ? exchange.form : exchange.query;
    const empty =
      !isErrorCallback(rules, parameters) && rules.code.every((name) => parameters[name] === undefined);
    if (empty && !posted) throw new LoginPageSignal('relay', this.target);
    if (posted && this.cameWithoutCookie(exchange, parameters['state'])) {
      exchange.redirect(`${this.target.callbackUrl}?${new URLSearchParams(parameters).toString()}`, 303);
      actions.pass();
      return;
    }
    const { attempt, code } = await acceptCallback(this.context, this.target, rules, exchange, parameters);
    const prepared = Object.create(exchange.request, {
      query: { value: { code, state: attempt.state } },
      body: { value: undefined },
      attempt: { value: attempt },
    }) as unknown as Request;
    super.authenticate(prepared, {});
  }

  /** The base class's way to the token endpoint, led through the contract. The tokens stay wrapped. */
  private exchangeCode(code: string, parameters: { code_verifier?: string }, done: Exchanged): void {
    const { provider, callbackUrl } = this.target;
    const verifier = this.usesPkce ? parameters.code_verifier : undefined;
    void this.context.flow
      .exchange(provider, code, {
        redirectUri: callbackUrl,
        ...(verifier === undefined ? {} : { codeVerifier: verifier }),
      })
      // The base class only wants to see that there is a token; the reply goes to `identify` as it is.
      .then((reply) => done(null, '(wrapped)', undefined, reply), done);
  }

  /** A form posted from another site arrives without Lax cookies; asked for once more by GET, it has them. */
  private cameWithoutCookie(exchange: HttpExchange, state: string | undefined): boolean {
    return state !== undefined && !this.context.attempts.isPresent(state, exchange.cookies);
  }

  private async identify(
    attempt: LoginAttempt | undefined,
    reply: TokenReply,
  ): Promise<{ user: Express.User; info: LoginInfo }> {
    if (attempt === undefined)
      throw new LoginRefusedError(this.target.provider.name, 'the login attempt is missing');
    const login = await this.context.flow.complete(this.target.provider, attempt, reply);
    return { user: await this.context.resolveUser(login), info: { login, returnTo: attempt.returnTo } };
  }
}

function attemptOf(request: Request): LoginAttempt | undefined {
  return (request as unknown as PreparedRequest).attempt;
}
