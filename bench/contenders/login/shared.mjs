// What all login contenders have in common.
import { createHash, randomBytes } from 'node:crypto';
import session from 'express-session';

/** The client that the stand-in knows: any. */
export const client = { id: 'bench-client', secret: 'bench-secret' };

/** Endpoints of the stand-in. */
export const endpoints = (standIn) => ({
  authorization: `${standIn}/authorize`,
  token: `${standIn}/token`,
  userInfo: `${standIn}/userinfo`,
});

export const random = (bytes) => randomBytes(bytes).toString('base64url');
export const challengeOf = (verifier) => createHash('sha256').update(verifier).digest('base64url');

/** express-session as its own documentation recommends it, the same for everybody who uses it. */
export const sessions = () =>
  session({
    secret: 'bench',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  });

/** The first cookie of a name in a request without a cookie parser. */
export function cookieOf({ headers }, name) {
  const found = new RegExp(`(?:^|; )${name}=([^;]+)`).exec(headers.cookie ?? '');
  return found?.[1];
}

/** A server that listens on a port that is known before. */
export const listenOn = (app, port) =>
  new Promise((resolve, reject) => {
    const server = app.listen(port, '127.0.0.1', () => resolve(server));
    server.once('error', reject);
  });
