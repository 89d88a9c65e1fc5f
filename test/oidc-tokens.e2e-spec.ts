import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import {
  oauth2,
  type OAuth2Options,
  OAuthTokens,
  oidc,
  type OidcOptions,
  type ProviderSource,
  Secret,
  TokenRefreshService,
  type TokenTarget,
} from 'nestjs-oauth-providers';
import { type ClientMetadata } from 'oidc-provider';
import { Browser, locationOf } from './support/browser.js';
import { OidcServer, signInAt } from './support/oidc-server.js';
import { type RoutedApp, startRoutedApp } from './support/routed-app.js';
import { until } from './support/until.js';

const clientSecret = 'a secret with: blanks, + and % signs';
const alice: TokenTarget = { kind: 'user', subject: 'alice' };
const scope = ['openid', 'profile', 'offline_access'];
// The server gives a refresh token only after a consent (OpenID Connect Core §11).
const authorizationParams = { prompt: 'consent' };
/** Where a token of an hour is due, and where its renewal cannot wait any longer. */
const [due, mandatory, dead] = [3_100_000, 3_545_000, 3_601_000];

type Change = Partial<OidcOptions & OAuth2Options>;

const providers: Readonly<Record<string, (issuer: string, change: Change) => ProviderSource>> = {
  oidc: (issuer, change) =>
    oidc({ name: 'corp', issuer, clientId: 'app', clientSecret, scope, authorizationParams, ...change }),
  oauth2: (issuer, change) =>
    oauth2({
      name: 'corp',
      authorizationUrl: `${issuer}/auth`,
      tokenUrl: `${issuer}/token`,
      revocationUrl: `${issuer}/token/revocation`,
      clientId: 'app',
      clientSecret,
      scope,
      authorizationParams,
      profile: { url: `${issuer}/me`, subject: 'sub', displayName: 'name' },
      ...change,
    }),
};

describe.each(Object.keys(providers))('the tokens of %s() at a real server that rotates', (kind) => {
  let server: OidcServer;
  let routed: RoutedApp | undefined;
  let ahead: number;

  beforeAll(async () => {
    server = await OidcServer.start();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    ahead = 0;
    server.asked.length = 0;
    server.told.length = 0;
  });
  afterEach(async () => {
    await routed?.app.close();
    routed = undefined;
  });

  async function start(
    change: Change = {},
    metadata: Partial<ClientMetadata> = {},
    schedule?: false,
  ): Promise<RoutedApp> {
    const provider = providers[kind]?.(server.issuer, change);
    if (provider === undefined) throw new Error(`there is no ${kind}`);
    const options = {
      clock: { now: () => Date.now() + ahead },
      tickMs: 50,
      ...(schedule === undefined ? {} : { schedule }),
    };
    routed = await startRoutedApp(() => [provider], options);
    await server.serve([
      {
        client_id: 'app',
        ...(metadata.token_endpoint_auth_method === undefined ? { client_secret: clientSecret } : {}),
        redirect_uris: [`${routed.url}/auth/corp/callback`],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        ...metadata,
      },
    ]);
    return routed;
  }

  async function signIn({ url }: RoutedApp): Promise<void> {
    const browser = new Browser();
    const begun = await browser.visit(`${url}/auth/corp?returnTo=/me`);
    const done = await browser.visit((await signInAt(browser, locationOf(begun))).url);
    expect(locationOf(done)).toBe(`${url}/me`);
  }

  const tokensOf = ({ app }: RoutedApp): OAuthTokens => app.get(OAuthTokens);
  const refreshes = (): string[] => server.told.filter((line) => line.startsWith('refresh_token'));
  const stateOf = async (started: RoutedApp): Promise<string | undefined> =>
    (await tokensOf(started).status('corp', alice))?.state;
  const accepts = async (token: Secret): Promise<boolean> =>
    (await new Browser({ authorization: `Bearer ${token.reveal()}` }).visit(`${server.issuer}/me`)).status ===
    200;

  it('are renewed ahead of their end, each time with the newest refresh token', async () => {
    const started = await start();
    await signIn(started);
    const tokens = tokensOf(started);
    const first = (await tokens.forUser('corp', 'alice')).accessToken;
    expect(server.told).toEqual(['authorization_code granted']);
    for (const round of [1, 2, 3]) {
      ahead = round * due;
      await until(async () => refreshes().length === round && (await stateOf(started)) === 'fresh');
    }
    const { accessToken, scope: granted } = await tokens.forUser('corp', 'alice');
    expect(accessToken.reveal()).not.toBe(first.reveal());
    expect(await accepts(accessToken)).toBe(true);
    expect(granted).toEqual(scope);
    // The server would have refused a refresh token that came twice, and ended the grant.
    expect(refreshes()).toEqual(Array.from({ length: 3 }, () => 'refresh_token granted'));
    expect(server.told).not.toContain('revoked');
  });

  it('are renewed once for all who find one dead', async () => {
    const started = await start({}, {}, false);
    await signIn(started);
    ahead = dead;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tokensOf(started).forUser('corp', 'alice')),
    );
    expect(new Set(answers.map(({ accessToken }) => accessToken.reveal())).size).toBe(1);
    expect(refreshes()).toEqual(['refresh_token granted']);
  });

  it('end at the server when they are revoked here', async () => {
    const started = await start();
    await signIn(started);
    const { accessToken } = await tokensOf(started).forUser('corp', 'alice');
    expect(await accepts(accessToken)).toBe(true);
    await tokensOf(started).revoke('corp', 'alice');
    expect(server.told).toContain('revoked');
    expect(await accepts(accessToken)).toBe(false);
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({ state: 'revoked' });
    ahead = dead;
    await expect(tokensOf(started).forUser('corp', 'alice')).rejects.toMatchObject({
      errorClass: 'invalid_grant',
    });
    expect(refreshes()).toEqual([]);
  });

  it('are told from a grant that was ended at the server: only a login helps', async () => {
    const started = await start();
    await signIn(started);
    await server.endGrants();
    ahead = due;
    await until(() => refreshes().length === 1);
    await until(async () => (await stateOf(started)) === 'needs_login');
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'dead_grant', platformCode: 'invalid_grant' },
    });
    await signIn(started);
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({ state: 'fresh', cause: null });
  });

  it('are not spent again after an answer that was lost, until there is nothing to lose', async () => {
    const started = await start({}, {}, false);
    const { app } = started;
    await signIn(started);
    const old = (await tokensOf(started).forUser('corp', 'alice')).accessToken;
    server.cutNext('/token');
    ahead = due;
    const sweeps = app.get(TokenRefreshService);
    await sweeps.refreshDue();
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({
      state: 'in_doubt',
      cause: { reason: 'lost_reply' },
    });
    for (const later of [1, 60_000, 300_000]) {
      ahead = due + later;
      await sweeps.refreshDue();
      expect((await tokensOf(started).forUser('corp', 'alice')).accessToken.reveal()).toBe(old.reveal());
    }
    expect(refreshes()).toEqual(['refresh_token granted']);

    ahead = mandatory;
    await sweeps.refreshDue();
    ahead = dead;
    await sweeps.refreshDue();
    await expect(tokensOf(started).forUser('corp', 'alice')).rejects.toMatchObject({
      errorClass: 'invalid_grant',
    });
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'lost_reply' },
    });
    expect(refreshes()).toEqual([
      'refresh_token granted',
      'refresh_token refused: refresh token already used',
    ]);
  });

  it('end where no refresh token was asked for, as they always have', async () => {
    const started = await start({ scope: ['openid', 'profile'], authorizationParams: {} });
    await signIn(started);
    ahead = due;
    await started.app.get(TokenRefreshService).refreshDue();
    expect(await stateOf(started)).toBe('fresh');
    ahead = dead;
    await until(async () => (await stateOf(started)) === 'needs_login');
    expect(await tokensOf(started).status('corp', alice)).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'no_refresh_token' },
    });
    expect(refreshes()).toEqual([]);
  });

  it('of the application itself are fetched and renewed', async () => {
    const started = await start({ appScope: ['openid'] });
    const tokens = tokensOf(started);
    const first = await tokens.forApp('corp');
    expect((await tokens.forApp('corp')).accessToken.reveal()).toBe(first.accessToken.reveal());
    expect(server.told).toEqual(['client_credentials granted']);
    ahead = dead;
    const second = await tokens.forApp('corp');
    expect(second.accessToken.reveal()).not.toBe(first.accessToken.reveal());
  });

  it('of a public client are renewed and revoked, and it has none of its own', async () => {
    const provider: Change = { clientAuthentication: 'none' };
    const started = await start(provider, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    });
    await signIn(started);
    ahead = due;
    await until(() => refreshes().length === 1);
    await until(async () => (await stateOf(started)) === 'fresh');
    expect(refreshes()).toEqual(['refresh_token granted']);
    await tokensOf(started).revoke('corp', 'alice');
    expect(server.told).toContain('revoked');
    await expect(tokensOf(started).forApp('corp')).rejects.toMatchObject({ fate: 'not_sent' });
  });

  it.each(['client_secret_post', 'private_key_jwt'] as const)(
    'are renewed, revoked and fetched with %s',
    async (clientAuthentication) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      server.clientKeys = [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }];
      const started = await start(
        {
          clientAuthentication,
          signingKey: {
            privateKey: new Secret(await exportPKCS8(privateKey)),
            algorithm: 'ES256',
            keyId: 'k1',
          },
        },
        {
          token_endpoint_auth_method: clientAuthentication,
          ...(clientAuthentication === 'client_secret_post'
            ? { client_secret: clientSecret }
            : {
                token_endpoint_auth_signing_alg: 'ES256',
                jwks_uri: `${server.issuer}/client-keys`,
              }),
        },
      );
      await signIn(started);
      ahead = due;
      await until(async () => refreshes().length === 1 && (await stateOf(started)) === 'fresh');
      expect(refreshes()).toEqual(['refresh_token granted']);
      await tokensOf(started).forApp('corp');
      await tokensOf(started).revoke('corp', 'alice');
      expect(server.told.slice(-2)).toEqual(['client_credentials granted', 'revoked']);
    },
  );
});
