import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  MethodNotAllowedException,
} from '@nestjs/common';
import { type IAuthGuard } from '@nestjs/passport';
import { type Request } from 'express';
import { type LoginInfo } from '../login/login-provider.js';
import { OAuthLogin } from './oauth-login.service.js';
import { prefersJson } from './negotiation.js';
import { type ResolvedOptions } from './options.js';
import { nestPassport } from './passport-guard.js';
import { assertSameOrigin } from './same-origin.js';
import { RESOLVED_OPTIONS } from './tokens.js';

/**
 * Signs people in on routes with a `:provider` parameter, for all providers at once: starts the login or
 * finishes it, puts the user into a new session and goes where the visitor wanted to go. Needs a session
 * middleware and `passport.session()`.
 */
@Injectable()
export class OAuthLoginGuard implements CanActivate {
  private readonly passportGuards = new Map<string, IAuthGuard>();

  constructor(
    @Inject(OAuthLogin) private readonly login: OAuthLogin,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const entry = this.login.get(String(request.params['provider']));
    const exchange = this.login.exchangeOf(request);
    const finishing = exchange.path === entry.callbackPath;
    if (entry.kind === 'handoff' && finishing) {
      if (request.method !== 'POST') {
        exchange.setHeader('Allow', 'POST');
        throw new MethodNotAllowedException('The code is handed in by POST.');
      }
      assertSameOrigin(request, this.login.publicUrl);
    }
    const guard = this.passportGuards.get(entry.name) ?? (await this.passportGuard(entry.name));
    await guard.canActivate(context);
    // Before the callback there is no user yet: the strategy has let the request pass on its way out.
    const info = finishing ? (request.authInfo as LoginInfo | undefined) : undefined;
    if (info === undefined) return true;
    await this.enterSession(request);
    if (!prefersJson(request)) exchange.redirect(info.returnTo ?? this.login.publicUrl.absolute('/'), 302);
    return true;
  }

  private async passportGuard(name: string): Promise<IAuthGuard> {
    const { AuthGuard } = await nestPassport();
    const guard = new (AuthGuard(name))();
    this.passportGuards.set(name, guard);
    return guard;
  }

  /** Passport gives the session a new id and empties it; what the application named moves over. */
  private async enterSession(request: Request): Promise<void> {
    const session = (): Record<string, unknown> | undefined =>
      (request as unknown as { session?: Record<string, unknown> }).session;
    const kept = (this.options.keepSessionKeys ?? []).flatMap((key): [string, unknown][] =>
      session()?.[key] === undefined ? [] : [[key, session()?.[key]]],
    );
    await new Promise<void>((resolve, reject) => {
      request.logIn(request.user as Express.User, (error: unknown) => {
        if (error === undefined || error === null) resolve();
        else reject(error instanceof Error ? error : new Error('the session could not be saved'));
      });
    });
    Object.assign(session() ?? {}, Object.fromEntries(kept));
  }
}
