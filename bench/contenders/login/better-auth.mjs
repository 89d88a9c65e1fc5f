// better-auth with its generic OAuth plugin on SQLite: saves users, accounts with their tokens, and sessions.
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins';
import express from 'express';
import Database from 'libsql';
import { client, endpoints, listenOn } from './shared.mjs';

export async function start({ standIn, port, place }) {
  const { authorization, token, userInfo } = endpoints(standIn);
  const connection = new Database(place.file);
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  // What better-auth knows SQLite by; the driver's own object has a `db`, which it takes for something else.
  const database = {
    aggregate: () => undefined,
    prepare: (sql) => connection.prepare(sql),
    close: () => connection.close(),
  };
  const options = {
    baseURL: `http://127.0.0.1:${port}`,
    secret: 'bench-secret-of-32-bytes-or-more-than',
    database,
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    account: { encryptOAuthTokens: true },
    plugins: [
      genericOAuth({
        config: [
          {
            providerId: 'standin',
            clientId: client.id,
            clientSecret: client.secret,
            authorizationUrl: authorization,
            tokenUrl: token,
            userInfoUrl: userInfo,
            pkce: true,
          },
        ],
      }),
    ],
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const auth = betterAuth(options);
  const app = express();
  app.all('/api/auth/{*path}', toNodeHandler(auth));
  app.get('/me', async ({ headers }, response) => {
    const session = await auth.api.getSession({ headers: new Headers({ cookie: headers.cookie ?? '' }) });
    response.json({ subject: session?.user.name });
  });
  await listenOn(app, port);
  const body = { provider: 'standin', callbackURL: '/' };
  return { begin: { path: '/api/auth/sign-in/social', json: body } };
}
