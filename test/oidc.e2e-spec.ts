import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { oauth2, oidc, type OidcOptions, Secret } from 'nestjs-oauth-providers';
import { type ClientMetadata } from 'oidc-provider';
import { Browser, locationOf, type Reply } from './support/browser.js';
import { OidcServer, signInAt } from './support/oidc-server.js';
import { type RoutedApp, startRoutedApp, type TestUser } from './support/routed-app.js';

const clientSecret = 'a secret with: blanks, + and % signs';

describe('a real OpenID Connect server that is not ours', () => {
  let server: OidcServer;
  let routed: RoutedApp | undefined;

  beforeAll(async () => {
    server = await OidcServer.start();
  });

  afterAll(() => server.close());

  beforeEach(() => {
    server.asked.length = 0;
  });

  afterEach(async () => {
    await routed?.app.close();
    routed = undefined;
  });

  const client = (url: string, metadata: Partial<ClientMetadata> = {}): ClientMetadata => ({
    client_id: 'app:1',
    client_secret: clientSecret,
    redirect_uris: ['corp', 'plain'].map((name) => `${url}/auth/${name}/callback`),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...metadata,
  });

  async function start(
    options: Partial<OidcOptions> = {},
    metadata: Partial<ClientMetadata> = {},
  ): Promise<string> {
    routed = await startRoutedApp(() => [
      oidc({ name: 'corp', issuer: server.issuer, clientId: 'app:1', clientSecret, ...options }),
    ]);
    await server.serve([client(routed.url, metadata)]);
    return routed.url;
  }

  async function back(browser: Browser, url: string, name = 'corp'): Promise<{ url: string; text: string }> {
    const begun = await browser.visit(`${url}/auth/${name}?returnTo=/me`);
    return signInAt(browser, locationOf(begun));
  }

  async function signIn(browser: Browser, url: string, name = 'corp'): Promise<TestUser> {
    const done = await browser.visit((await back(browser, url, name)).url);
    expect(locationOf(done)).toBe(`${url}/me`);
    return JSON.parse((await browser.visit(`${url}/me`)).text) as TestUser;
  }

  const problem = (reply: Reply): Record<string, unknown> =>
    JSON.parse(reply.text) as Record<string, unknown>;
  const asJson = { headers: { accept: 'application/json' } };

  it('signs in by discovery with client_secret_basic, the pair form-encoded', async () => {
    const user = await signIn(new Browser(), await start());
    expect(user).toEqual({
      provider: 'corp',
      subject: 'alice',
      displayName: 'Name of alice',
      scope: ['openid', 'profile'],
    });
    expect(server.asked).toContain('/.well-known/openid-configuration');
  });

  it('signs in with client_secret_post', async () => {
    const url = await start(
      { clientAuthentication: 'client_secret_post' },
      { token_endpoint_auth_method: 'client_secret_post' },
    );
    expect(await signIn(new Browser(), url)).toMatchObject({ subject: 'alice' });
  });

  it('signs in as a public client', async () => {
    routed = await startRoutedApp(() => [oidc({ name: 'corp', issuer: server.issuer, clientId: 'app:1' })]);
    const metadata = client(routed.url, { token_endpoint_auth_method: 'none' });
    delete metadata.client_secret;
    await server.serve([metadata]);
    expect(await signIn(new Browser(), routed.url)).toMatchObject({ subject: 'alice' });
  });

  it('signs in with private_key_jwt', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    server.clientKeys = [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }];
    const url = await start(
      {
        clientAuthentication: 'private_key_jwt',
        signingKey: {
          privateKey: new Secret(await exportPKCS8(privateKey)),
          algorithm: 'ES256',
          keyId: 'k1',
        },
      },
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks_uri: `${server.issuer}/client-keys`,
      },
    );
    expect(await signIn(new Browser(), url)).toMatchObject({ subject: 'alice' });
  });

  it('takes an answer that the browser posts as a form, with or without the cookie', async () => {
    const url = await start({ responseMode: 'form_post' });
    const browser = new Browser();
    const page = await back(browser, url);
    const fields = Object.fromEntries(
      [...page.text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    expect(Object.keys(fields).sort()).toEqual(['code', 'iss', 'state']);
    // From another site the browser sends the form without Lax cookies.
    const posted = await new Browser({ accept: 'text/html', origin: server.issuer }).visit(
      `${url}/auth/corp/callback`,
      { form: fields },
    );
    expect(posted.status).toBe(303);
    expect(new URL(locationOf(posted)).pathname).toBe('/auth/corp/callback');
    const done = await browser.visit(locationOf(posted));
    expect(locationOf(done)).toBe(`${url}/me`);
  });

  it('records the scope that was granted when it is narrower than what was asked for', async () => {
    const url = await start({ scope: ['openid', 'profile', 'unheard-of'] });
    expect((await signIn(new Browser(), url)).scope).toEqual(['openid', 'profile']);
  });

  it('looks at the keys again when the server has new ones, but not for every stranger', async () => {
    let ahead = 0;
    routed = await startRoutedApp(
      () => [oidc({ name: 'corp', issuer: server.issuer, clientId: 'app:1', clientSecret })],
      { clock: { now: () => Date.now() + ahead } },
    );
    const { url } = routed;
    await server.serve([client(url)]);
    await signIn(new Browser(), url);
    await server.serve([client(url)]);
    const fetches = (): number => server.asked.filter((path) => path === '/jwks').length;
    const before = fetches();

    const early = new Browser();
    const tooSoon = await early.visit((await back(early, url)).url, asJson);
    expect(problem(tooSoon)).toMatchObject({ status: 502, errorClass: 'invalid_token' });
    expect(fetches()).toBe(before);

    ahead = 31_000;
    expect(await signIn(new Browser(), url)).toMatchObject({ subject: 'alice' });
    expect(fetches()).toBe(before + 1);
  });

  it('refuses a callback without, or with another, issuer (RFC 9207) and asks for no token', async () => {
    const url = await start();
    for (const change of [
      (u: URL) => u.searchParams.delete('iss'),
      (u: URL) => u.searchParams.set('iss', 'https://evil.example'),
    ]) {
      const browser = new Browser();
      const target = new URL((await back(browser, url)).url);
      change(target);
      const refused = await browser.visit(target.href, asJson);
      expect(refused.status).toBe(400);
      expect(problem(refused)).toMatchObject({ errorClass: 'invalid_request', provider: 'corp' });
    }
    expect(server.asked).not.toContain('/token');
  });

  it('refuses metadata of another issuer', async () => {
    routed = await startRoutedApp(() => [
      oidc({
        name: 'corp',
        issuer: server.issuer.replace('127.0.0.1', 'localhost'),
        clientId: 'app:1',
        clientSecret,
      }),
    ]);
    await server.serve([client(routed.url)]);
    const refused = await new Browser().visit(`${routed.url}/auth/corp`, asJson);
    expect(refused.status).toBe(502);
    expect(problem(refused)).toMatchObject({ errorClass: 'invalid_client' });
    expect(routed.logged.join('\n')).toContain('the issuer in its metadata is not the configured one');
  });

  it('says which error the server gave: wrong secret, code used twice, consent refused', async () => {
    const url = await start({ clientSecret: 'another secret' });
    const browser = new Browser();
    const wrong = await browser.visit((await back(browser, url)).url, asJson);
    expect(wrong.status).toBe(502);
    expect(problem(wrong)).toMatchObject({ errorClass: 'invalid_client', platformCode: 'invalid_client' });
    expect(routed?.logged.join('\n')).not.toContain('another secret');

    const denied = new Browser();
    const start2 = new URL(locationOf(await denied.visit(`${url}/auth/corp`)));
    const state = start2.searchParams.get('state') ?? '';
    const refusal = `${url}/auth/corp/callback?${new URLSearchParams({ error: 'access_denied', state, iss: server.issuer }).toString()}`;
    const said = await denied.visit(refusal, asJson);
    expect(said.status).toBe(403);
    expect(problem(said)).toMatchObject({ errorClass: 'access_denied', platformCode: 'access_denied' });
  });

  it('starts while the server is down, says so, and works as soon as it is up', async () => {
    const gone = await OidcServer.start();
    const { issuer } = gone;
    await gone.close();
    routed = await startRoutedApp(() => [oidc({ name: 'corp', issuer, clientId: 'app:1', clientSecret })]);
    const { url } = routed;
    const down = await new Browser().visit(`${url}/auth/corp`, asJson);
    expect(problem(down)).toMatchObject({ status: 502, errorClass: 'transient' });

    const up = await OidcServer.start(Number(new URL(issuer).port));
    await up.serve([client(url)]);
    expect(await signIn(new Browser(), url)).toMatchObject({ subject: 'alice' });
    await up.close();
  });

  it('serves plain oauth2() as well', async () => {
    routed = await startRoutedApp(() => [
      oauth2({
        name: 'plain',
        authorizationUrl: `${server.issuer}/auth`,
        tokenUrl: `${server.issuer}/token`,
        clientId: 'app:1',
        clientSecret,
        scope: ['openid', 'profile'],
        profile: { url: `${server.issuer}/me`, subject: 'sub', displayName: 'name' },
      }),
    ]);
    await server.serve([client(routed.url)]);
    expect(await signIn(new Browser(), routed.url, 'plain')).toMatchObject({
      provider: 'plain',
      subject: 'alice',
      displayName: 'Name of alice',
    });
  });
});
