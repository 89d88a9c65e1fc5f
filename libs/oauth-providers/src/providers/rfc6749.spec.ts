import { describe, expect, it } from '@jest/globals';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { wireWith } from '../testing-support/clients.js';
import { answer, failureOf, formOf } from '../testing-support/fakes.js';
import { oauth2, type OAuth2Options } from './oauth2.js';
import { oidc, type OidcOptions } from './oidc.js';

const issuer = 'https://sso.example.com';
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  revocation_endpoint: `${issuer}/revoke`,
  jwks_uri: `${issuer}/jwks`,
  id_token_signing_alg_values_supported: ['RS256'],
};
const basic = `Basic ${Buffer.from('c:CANARY-secret').toString('base64')}`;
const credentials = { name: 'corp', clientId: 'c', clientSecret: 'CANARY-secret' };

type Change = Partial<OidcOptions & OAuth2Options>;

const makers: Readonly<Record<string, (change?: Change) => ConfiguredProvider>> = {
  oidc: (change = {}) => oidc({ ...credentials, issuer, ...change }).describe(metadata),
  oauth2: (change = {}) =>
    oauth2({
      ...credentials,
      authorizationUrl: `${issuer}/auth`,
      tokenUrl: `${issuer}/token`,
      revocationUrl: `${issuer}/revoke`,
      profile: { url: `${issuer}/me`, subject: 'id' },
      ...change,
    }),
};

describe.each(Object.entries(makers))('%s() after the login', (_name, make) => {
  const reply = { access_token: 'new', token_type: 'Bearer', expires_in: 600 };
  const old = { refreshToken: 'CANARY-refresh' };

  it('refreshes as RFC 6749 §6 has it, and leaves the scope out', async () => {
    const { wire, http, clock } = wireWith(answer({ ...reply, refresh_token: 'next', scope: 'a b' }));
    const { tokens, scopeStated } = await wire.tokens(make(), 'refresh', old);
    expect(http.last).toMatchObject({ method: 'POST', url: `${issuer}/token` });
    expect(http.last.headers['authorization']).toBe(basic);
    expect(formOf(http.last)).toEqual({ grant_type: 'refresh_token', refresh_token: 'CANARY-refresh' });
    expect([tokens.accessToken.reveal(), tokens.refreshToken?.reveal()]).toEqual(['new', 'next']);
    expect([tokens.expiresAt, tokens.scope, scopeStated]).toEqual([clock.now() + 600_000, ['a', 'b'], true]);
  });

  it('makes up no refresh token, and reads no id_token of a refresh', async () => {
    for (const idToken of ['not.a.token', '', 7, null, { sub: 'mallory' }]) {
      const { wire } = wireWith(answer({ ...reply, id_token: idToken }));
      const { tokens } = await wire.tokens(make(), 'refresh', old);
      expect(tokens.accessToken.reveal()).toBe('new');
      expect(tokens).not.toHaveProperty('refreshToken');
      expect(tokens).not.toHaveProperty('idToken');
    }
  });

  it('takes a refreshed token although the reply does not say its type', async () => {
    const { wire } = wireWith(answer({ access_token: 'new', refresh_token: 'next' }));
    expect((await wire.tokens(make(), 'refresh', old)).tokens.refreshToken?.reveal()).toBe('next');
  });

  it.each([
    [400, 'invalid_grant', 'invalid_grant', 'refused'],
    [401, 'invalid_client', 'invalid_client', 'refused'],
    [400, 'unauthorized_client', 'invalid_client', 'refused'],
    [400, 'invalid_scope', 'insufficient_scope', 'refused'],
    [200, 'invalid_grant', 'invalid_grant', 'refused'],
    [503, 'temporarily_unavailable', 'transient', 'not_processed'],
    [500, 'server_error', 'transient', 'unknown'],
    [400, 'made_up', 'unknown', 'refused'],
  ])('HTTP %d with %s is %s', async (status, error, errorClass, fate) => {
    for (const operation of ['refresh', 'appToken'] as const) {
      const { wire } = wireWith(answer({ error }, { status }));
      const failure = await failureOf(wire.tokens(make(), operation, old));
      expect(failure).toMatchObject({ errorClass, fate, platformCode: error, operation });
    }
  });

  it('says what is safe after a lost answer of a server nobody knows', () => {
    expect(make().contract.renewal).toEqual({ policy: 'rotate-or-keep', lostReply: 'retry-late' });
  });

  it('asks for offline_access only where the application does', () => {
    expect(make().scope).not.toContain('offline_access');
    expect(make({ scope: ['openid', 'offline_access'] }).scope).toEqual(['openid', 'offline_access']);
    expect(make({ scope: ['offline_access'] }).contract.login).toEqual(make().contract.login);
  });

  it.each<[Change, Record<string, string>]>([
    [{}, {}],
    [{ appScope: [] }, {}],
    [{ appScope: ['jobs:read', 'jobs:run'] }, { scope: 'jobs:read jobs:run' }],
  ])('has a token of its own (RFC 6749 §4.4): %j', async (change, sent) => {
    const { wire, http } = wireWith(answer({ ...reply, refresh_token: 'x', id_token: 'y' }));
    const { tokens } = await wire.tokens(make(change), 'appToken', {});
    expect(http.last.headers['authorization']).toBe(basic);
    expect(formOf(http.last)).toEqual({ grant_type: 'client_credentials', ...sent });
    expect(tokens.accessToken.reveal()).toBe('new');
    expect(tokens).not.toHaveProperty('refreshToken');
    expect(tokens).not.toHaveProperty('idToken');
  });

  it('proves who the client is everywhere in the same way', () => {
    const { operations } = make({ clientAuthentication: 'client_secret_post' }).contract;
    const { refresh, appToken, revoke } = operations;
    for (const operation of [refresh, appToken, revoke]) {
      expect(operation?.request.params).toMatchObject({
        client_id: { input: 'clientId' },
        client_secret: { input: 'clientSecret' },
      });
      expect(operation?.request).not.toHaveProperty('sign');
    }
    const signed = make({ clientAuthentication: 'private_key_jwt' }).contract.operations;
    for (const operation of [signed.exchange, signed.refresh, signed.appToken, signed.revoke]) {
      expect(operation?.request.sign).toEqual(['private_key_jwt']);
      expect(operation?.request.params).not.toHaveProperty('client_secret');
    }
  });

  it('has no token of its own as a public client, but is renewed and ended', () => {
    const { operations } = make({ clientAuthentication: 'none' }).contract;
    expect(operations).not.toHaveProperty('appToken');
    for (const operation of [operations.refresh, operations.revoke]) {
      expect(operation?.request.params).toHaveProperty('client_id');
      expect(operation?.request.params).not.toHaveProperty('client_secret');
      expect(operation?.request).not.toHaveProperty('sign');
    }
  });

  it.each([
    ['nothing', answer('')],
    ['an empty object', answer({})],
    ['a word', answer('OK')],
    ['HTTP 204', answer('', { status: 204 })],
    ['a token that had ended', answer({ error: 'invalid_token' }, { status: 400 })],
  ])('ends a token (RFC 7009), which is answered with %s', async (_what, given) => {
    const { wire, http } = wireWith(given);
    await wire.revoke(make(), { token: 'CANARY-refresh' });
    expect(http.last).toMatchObject({ method: 'POST', url: `${issuer}/revoke` });
    expect(http.last.headers['authorization']).toBe(basic);
    expect(formOf(http.last)).toEqual({ token: 'CANARY-refresh' });
  });

  it.each([
    [answer('', { status: 503 }), 'transient'],
    [answer('', { status: 302 }), 'unknown'],
    [answer('', { status: 404 }), 'unknown'],
    [answer({ error: 'invalid_client' }, { status: 401 }), 'invalid_client'],
    [answer({ error: 'invalid_client' }), 'invalid_client'],
    [answer({ error: 'unsupported_token_type' }, { status: 400 }), 'invalid_request'],
  ])('tells a revocation that failed', async (given, errorClass) => {
    const { wire } = wireWith(given);
    expect((await failureOf(wire.revoke(make(), { token: 't' }))).errorClass).toBe(errorClass);
  });

  it('refuses an appScope that is none', () => {
    for (const wrong of ['', 'a b', 'ä', '"']) {
      expect(() => make({ appScope: ['a', wrong] })).toThrow(OAuthConfigurationError);
      expect(() => make({ appScope: ['a', wrong] })).toThrow(
        'The options of the provider corp are not valid. appScope.1: must be scope tokens without blanks (RFC 6749 §3.3).',
      );
    }
  });
});

describe('where tokens are ended', () => {
  it('is nowhere unless the server says so', () => {
    for (const nowhere of [undefined, null]) {
      const said = { ...metadata, revocation_endpoint: nowhere };
      const provider = oidc({ ...credentials, issuer }).describe(said);
      expect(provider.contract.operations).not.toHaveProperty('revoke');
    }
    const { tokenUrl, authorizationUrl, profile } = {
      tokenUrl: `${issuer}/token`,
      authorizationUrl: `${issuer}/auth`,
      profile: { url: `${issuer}/me`, subject: 'id' },
    };
    const provider = oauth2({ ...credentials, tokenUrl, authorizationUrl, profile });
    expect(provider.contract.operations).not.toHaveProperty('revoke');
  });

  it.each([
    ['/revoke', /operations\.revoke\.request\.url: must be an absolute URL/],
    ['http://sso.example.com/revoke', /plain http is allowed only to loopback/],
    ['https://10.0.0.1/revoke', /allowPrivateNetwork/],
  ])('is not %s', (url, message) => {
    expect(() => makers['oauth2']?.({ revocationUrl: url })).toThrow(message);
    const described = (): unknown =>
      oidc({ ...credentials, issuer }).describe({ ...metadata, revocation_endpoint: url });
    expect(described).toThrow(OAuthConfigurationError);
    expect(described).toThrow(message);
  });

  it('moves with the other endpoints, and the scope of its own is written as the server wants it', () => {
    const { operations } =
      makers['oauth2']?.({
        baseUrl: 'http://127.0.0.1:4000',
        scopeSeparator: ',',
        appScope: ['a', 'b'],
      }).contract ?? {};
    expect(operations?.revoke?.request.url).toBe('http://127.0.0.1:4000/revoke');
    expect(operations?.refresh?.request.url).toBe('http://127.0.0.1:4000/token');
    expect(operations?.appToken?.request.params).toHaveProperty('scope', 'a,b');
  });
});
