// The product: its module with one `oauth2` provider and its ready-made routes, behind express-session and Passport.
// Each login saves its tokens, sealed, in the store.
import { Controller, Get, Req } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { oauth2, OAuthProvidersModule, OAuthTokens } from 'nestjs-oauth-providers';
import passport from 'passport';
import { engineOf } from '../../lib/engine.mjs';
import { encryptionKeys } from '../../lib/keys.mjs';
import { listen, method, type } from '../../lib/nest.mjs';
import { client, endpoints, sessions } from './shared.mjs';

let app;

class MeController {
  me(request) {
    return { subject: request.user };
  }
}
type(MeController, [Controller()]);
method(MeController, 'me', [Get('me')], [Req()]);

export async function start({ standIn, port, place }) {
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));
  const { authorization, token, userInfo } = endpoints(standIn);
  const module = OAuthProvidersModule.forRoot({
    publicUrl: `http://127.0.0.1:${port}`,
    encryptionKeys,
    store: await engineOf(place),
    routes: true,
    providers: [
      oauth2({
        name: 'standin',
        authorizationUrl: authorization,
        tokenUrl: token,
        clientId: client.id,
        clientSecret: client.secret,
        profile: { url: userInfo, subject: 'id', displayName: 'name' },
      }),
    ],
    resolveUser: ({ subject }) => subject,
  });
  app = await listen(
    { imports: [ScheduleModule.forRoot(), module], controllers: [MeController] },
    { port, before: (nest) => nest.use(sessions(), passport.session()) },
  );
  return { begin: { path: '/auth/standin' } };
}

/** Whose token is stored for a subject, once more from the store and opened. */
export async function saved(subject) {
  const { accessToken } = await app.get(OAuthTokens).forUser('standin', subject);
  return accessToken.reveal().split('.')[1];
}
