import {
  All,
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  MethodNotAllowedException,
  NotFoundException,
  Param,
  Post,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { type Request } from 'express';
import { type LoginInfo } from '../login/login-provider.js';
import { safeReturnTo } from '../login/return-to.js';
import { attemptLifetime } from '../login/attempt.js';
import { OAuthLoginGuard } from './oauth-login.guard.js';
import { OAuthLogin } from './oauth-login.service.js';
import { assertSameOrigin } from './same-origin.js';

/** What a login answers to programs. */
export interface LoginAnswer {
  readonly user: unknown;
  readonly returnTo: string;
}

/** What a front end gets that begins an attempt. */
export interface BegunAnswer {
  readonly state: string;
  /** In seconds. */
  readonly expiresIn: number;
}

/** The ready-made routes of all providers below a path: start, attempts, callback. */
export function oauthRoutes(basePath: string): Type {
  @Controller(`${basePath}/:provider`)
  class OAuthRoutesController {
    constructor(@Inject(OAuthLogin) private readonly login: OAuthLogin) {}

    @Get()
    @UseGuards(OAuthLoginGuard)
    start(): void {
      // The guard has turned this answer into the redirect to the platform.
    }

    @Post('attempts')
    @HttpCode(201)
    @Header('Cache-Control', 'no-store')
    async begin(@Param('provider') name: string, @Req() request: Request): Promise<BegunAnswer> {
      const entry = this.login.get(name);
      if (entry.kind !== 'handoff') {
        throw new NotFoundException('This provider signs in by redirect and has no attempts of its own.');
      }
      assertSameOrigin(request, this.login.publicUrl);
      const exchange = this.login.exchangeOf(request);
      const returnTo = safeReturnTo(exchange.form['returnTo'], this.login.publicUrl);
      const { provider } = await entry.resolve();
      const begun = this.login.attempts.begin(provider, returnTo, exchange.cookies);
      exchange.setCookies(begun.cookies);
      return { state: begun.attempt.state, expiresIn: attemptLifetime / 1000 };
    }

    @Get('callback')
    @UseGuards(OAuthLoginGuard)
    @Header('Cache-Control', 'no-store')
    @Header('Referrer-Policy', 'no-referrer')
    returned(@Req() request: Request): LoginAnswer | undefined {
      return this.answer(request);
    }

    @Post('callback')
    @HttpCode(200)
    @UseGuards(OAuthLoginGuard)
    @Header('Cache-Control', 'no-store')
    @Header('Referrer-Policy', 'no-referrer')
    posted(@Req() request: Request): LoginAnswer | undefined {
      return this.answer(request);
    }

    @All('callback')
    @Header('Allow', 'GET, POST')
    otherMethod(): never {
      throw new MethodNotAllowedException();
    }

    /** Nobody reads the body of a redirect, and sending one costs a hash, a write and a session cut in two. */
    private answer(request: Request): LoginAnswer | undefined {
      const info = request.authInfo as LoginInfo | undefined;
      if (info === undefined || this.login.exchangeOf(request).redirects) return undefined;
      return { user: request.user, returnTo: info.returnTo ?? '/' };
    }
  }
  return OAuthRoutesController;
}
