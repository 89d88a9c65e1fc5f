// express and grant, which keeps the session id at login and leaves the user to the application. Saves no tokens.
import express from 'express';
import grant from 'grant';
import { client, endpoints, listenOn, sessions } from './shared.mjs';

export async function start({ standIn, port }) {
  const { authorization, token, userInfo } = endpoints(standIn);
  const app = express();
  app.use(
    sessions(),
    grant.express({
      defaults: { origin: `http://127.0.0.1:${port}`, transport: 'session', state: true, pkce: true },
      standin: {
        oauth: 2,
        key: client.id,
        secret: client.secret,
        authorize_url: authorization,
        access_url: token,
        profile_url: userInfo,
        response: ['tokens', 'profile'],
        callback: '/',
      },
    }),
  );
  app.get('/me', ({ session }, response) => response.json({ subject: session.grant?.response?.profile?.id }));
  await listenOn(app, port);
  return { begin: { path: '/connect/standin' }, keepsSessionId: true };
}
