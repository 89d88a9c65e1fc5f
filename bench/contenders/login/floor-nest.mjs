// The floor under Nest: its router and its controllers, and the rest by hand over undici.
import { Controller, Get, Req, Res } from '@nestjs/common';
import { listen, method, type } from '../../lib/nest.mjs';
import { LoginByHand } from './by-hand.mjs';
import { cookieOf } from './shared.mjs';

const cookie = { path: '/', httpOnly: true, sameSite: 'lax' };

export async function start({ standIn, port }) {
  const login = new LoginByHand(standIn, `http://127.0.0.1:${port}/callback`);

  class LoginController {
    begin(response) {
      const { id, location } = login.begin();
      response.cookie('sid', id, cookie);
      response.redirect(location);
    }

    async finish(request, response) {
      const query = new URLSearchParams(request.url.slice(request.url.indexOf('?')));
      const entered = await login.finish(cookieOf(request, 'sid'), query);
      if (entered === undefined) return response.status(403).end();
      response.cookie('sid', entered, cookie);
      return response.redirect('/');
    }

    me(request) {
      return { subject: login.subject(cookieOf(request, 'sid')) };
    }
  }
  type(LoginController, [Controller()]);
  method(LoginController, 'begin', [Get('login')], [Res()]);
  method(LoginController, 'finish', [Get('callback')], [Req(), Res()]);
  method(LoginController, 'me', [Get('me')], [Req()]);

  await listen({ controllers: [LoginController] }, { port });
  return { begin: { path: '/login' } };
}
