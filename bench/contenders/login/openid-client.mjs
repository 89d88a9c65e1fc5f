// express, express-session and openid-client, as its own example has it. Saves no tokens.
import express from 'express';
import * as oidc from 'openid-client';
import { client, endpoints, listenOn, sessions } from './shared.mjs';

export async function start({ standIn, port }) {
  const { authorization, token, userInfo } = endpoints(standIn);
  const server = {
    issuer: standIn,
    authorization_endpoint: authorization,
    token_endpoint: token,
    userinfo_endpoint: userInfo,
  };
  const config = new oidc.Configuration(server, client.id, client.secret);
  oidc.allowInsecureRequests(config);
  const base = `http://127.0.0.1:${port}`;

  const app = express();
  app.use(sessions());
  app.get('/login', async ({ session }, response) => {
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    session.attempt = { verifier, state };
    const location = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${base}/callback`,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    response.redirect(location.href);
  });
  app.get('/callback', async (request, response) => {
    const { verifier, state } = request.session.attempt;
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await oidc.authorizationCodeGrant(config, new URL(request.originalUrl, base), checks);
    const user = await oidc.fetchUserInfo(config, tokens.access_token, oidc.skipSubjectCheck);
    await new Promise((resolve, reject) =>
      request.session.regenerate((error) => (error ? reject(error) : resolve())),
    );
    request.session.user = user.sub;
    response.redirect('/');
  });
  app.get('/me', ({ session }, response) => response.json({ subject: session.user }));
  await listenOn(app, port);
  return { begin: { path: '/login' } };
}
