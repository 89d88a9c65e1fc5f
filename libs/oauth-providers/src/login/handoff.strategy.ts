import { type Request } from 'express';
import { Strategy } from 'passport';
import { type HttpExchange } from './http-exchange.js';
import { LoginRefusedError } from './login-error.js';
import { type LoginContext, type LoginEntry, type LoginInfo, LoginPageSignal } from './login-provider.js';
import { safeReturnTo } from './return-to.js';
import { acting } from './settling.js';

/**
 * The front end hands in a code that the platform's own script gave it. The platform knows no `state`, so the
 * attempt's own binds the code to the browser: without it anybody could sign a visitor in as somebody else.
 */
export class HandoffStrategy extends Strategy {
  override readonly name: string;

  constructor(
    private readonly context: LoginContext,
    private readonly entry: LoginEntry,
  ) {
    super();
    this.name = entry.name;
  }

  override authenticate(request: Request): void {
    const exchange = this.context.exchangeOf(request);
    const actions = acting(this);
    const leg = exchange.path === this.entry.callbackPath ? this.callback(exchange) : this.start(exchange);
    void leg.then(
      ({ user, info }) => actions.success(user, info),
      (error: unknown) => actions.error(error),
    );
  }

  private async start(exchange: HttpExchange): Promise<never> {
    const returnTo = safeReturnTo(exchange.query['returnTo'], this.context.publicUrl);
    throw new LoginPageSignal('handoff', await this.entry.resolve(), returnTo);
  }

  private async callback(exchange: HttpExchange): Promise<{ user: Express.User; info: LoginInfo }> {
    const { provider } = await this.entry.resolve();
    const { code, state } = exchange.form;
    const attempt = this.context.attempts.find(provider, state, exchange.cookies);
    if (code === undefined || code === '') throw new LoginRefusedError(provider.name, 'the code is missing');
    exchange.setCookies([this.context.attempts.forget(attempt)]);
    await this.context.attempts.spend(attempt);
    const reply = await this.context.flow.exchange(provider, code, {});
    const login = await this.context.flow.complete(provider, attempt, reply);
    const user = await this.context.resolveUser(login);
    return { user, info: { login, returnTo: attempt.returnTo } };
  }
}
