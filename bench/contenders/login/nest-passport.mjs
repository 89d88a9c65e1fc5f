// Nest, @nestjs/passport and passport-oauth2, as Nest's documentation has it. Saves no tokens.
import { Controller, Get, Req, Res, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { listen, method, type } from '../../lib/nest.mjs';
import { profiled, strategyOptions } from './passport-strategy.mjs';
import { sessions } from './shared.mjs';

export async function start({ standIn, port }) {
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));

  class StandInStrategy extends PassportStrategy(profiled(standIn), 'standin') {
    constructor() {
      super(strategyOptions(standIn, port));
    }

    validate(_access, _refresh, profile) {
      return profile.id;
    }
  }

  class LoginGuard extends AuthGuard('standin') {
    async canActivate(context) {
      const allowed = await super.canActivate(context);
      await super.logIn(context.switchToHttp().getRequest());
      return allowed;
    }
  }

  class LoginController {
    begin() {
      // The guard has redirected.
    }

    finish(response) {
      response.redirect('/');
    }

    me(request) {
      return { subject: request.user };
    }
  }
  type(LoginController, [Controller()]);
  method(LoginController, 'begin', [Get('login'), UseGuards(LoginGuard)]);
  method(LoginController, 'finish', [Get('callback'), UseGuards(LoginGuard)], [Res()]);
  method(LoginController, 'me', [Get('me')], [Req()]);

  await listen(
    { controllers: [LoginController], providers: [StandInStrategy] },
    { port, before: (app) => app.use(sessions(), passport.session()) },
  );
  return { begin: { path: '/login' } };
}
