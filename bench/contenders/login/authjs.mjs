// express and Auth.js with its sessions in an encrypted cookie. Saves no tokens.
import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';
import { client, endpoints, listenOn } from './shared.mjs';

export async function start({ standIn, port }) {
  const { authorization, token, userInfo } = endpoints(standIn);
  const config = {
    secret: 'bench-secret-of-32-bytes-or-more-than',
    trustHost: true,
    basePath: '/auth',
    providers: [
      {
        id: 'standin',
        name: 'standin',
        type: 'oauth',
        clientId: client.id,
        clientSecret: client.secret,
        issuer: standIn,
        authorization: { url: authorization, params: { scope: 'profile' } },
        token,
        userinfo: userInfo,
        checks: ['state', 'pkce'],
        profile: ({ id, name, email }) => ({ id, name, email }),
      },
    ],
    logger: { error: () => undefined, warn: () => undefined, debug: () => undefined },
  };
  const app = express();
  // It reads its base path from an unnamed parameter, which only a pattern still has in Express 5.
  app.use(/^\/auth\/(.*)/, ExpressAuth(config));
  app.get('/me', async (request, response) => {
    const session = await getSession(request, config);
    response.json({ subject: session?.user?.name });
  });
  await listenOn(app, port);
  return { begin: { path: '/auth/signin/standin', csrf: '/auth/csrf' } };
}
