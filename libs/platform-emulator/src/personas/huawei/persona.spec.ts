import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type Answer, ask, locationOf, postForm, start, without } from '../../testing/harness.js';

const { clientId, clientSecret } = demoClients.huawei;
const redirectUri = 'http://127.0.0.1:3000/auth/huawei/callback';
const registered = 'https://app.example.com/callback';
const clients = {
  huawei: [
    { clientId: '200', clientSecret: 'other' },
    { clientId: '300', clientSecret: 'third', redirectUris: [registered] },
  ],
};
const authorization = {
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: 'openid profile',
  state: 's t+a/te=',
  access_type: 'offline',
};

const authorizeUrl = (emulator: PlatformEmulator, changes: Record<string, string> = {}) =>
  `${emulator.url}/oauth2/v3/authorize?${new URLSearchParams({ ...authorization, ...changes }).toString()}`;

const exchangeForm = (code: string, changes: Record<string, string> = {}) => ({
  grant_type: 'authorization_code',
  code,
  client_id: clientId,
  client_secret: clientSecret,
  redirect_uri: redirectUri,
  ...changes,
});

const exchange = (emulator: PlatformEmulator, code: string, changes: Record<string, string> = {}) =>
  postForm(`${emulator.url}/oauth2/v3/token`, exchangeForm(code, changes));

const getInfo = (emulator: PlatformEmulator, fields: Record<string, string>) =>
  postForm(`${emulator.url}/rest.php?nsp_svc=GOpen.User.getInfo`, fields);

async function login(emulator: PlatformEmulator, changes: Record<string, string> = {}): Promise<string> {
  const answer = await postForm(authorizeUrl(emulator, changes), { decision: 'approve', user: 'alice' });
  return locationOf(answer).searchParams.get('code')!;
}

async function keysOf(emulator: PlatformEmulator): Promise<JSONWebKeySet> {
  return (await ask(`${emulator.url}/oauth2/v3/certs`)).json as unknown as JSONWebKeySet;
}

function expectPair(answer: Answer, error: number, subError: number): void {
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error, sub_error: subError, error_description: expect.any(String) });
}

describe('Huawei authorize', () => {
  it('answers with a code full of + / = and the state unchanged', async () => {
    const emulator = await start();
    const answer = await postForm(authorizeUrl(emulator), { decision: 'approve' });
    const location = locationOf(answer);
    expect(location.href).toMatch(/code=[\w%]+&state=/);
    expect(location.searchParams.get('state')).toBe('s t+a/te=');
    const code = location.searchParams.get('code')!;
    expect(code).toMatch(/^[0-9a-zA-Z=/+]+$/);
    for (const character of '+/=') expect(code).toContain(character);
  });

  it('reports a denial in the fragment without state, or in the query with it', async () => {
    const emulator = await start();
    const denied = await postForm(authorizeUrl(emulator), { decision: 'deny' });
    expect(denied.headers.get('location')).toBe(`${redirectUri}#error=1107&error_description=access+denied`);
    const inQuery = locationOf(await postForm(authorizeUrl(emulator), { decision: 'deny', denial: 'query' }));
    expect(Object.fromEntries(inQuery.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'access denied',
      state: 's t+a/te=',
    });
    expect(inQuery.hash).toBe('');
  });

  it('offers both ways of denying on its page', async () => {
    const emulator = await start();
    const { text } = await ask(authorizeUrl(emulator));
    expect(text).toMatch(/<select name="denial">/);
    expect(text).toMatch(/value="fragment"[\s\S]*value="query"/);
  });

  it.each([
    ['no client', { client_id: '' }, '1102/20001'],
    ['a client id that is no number', { client_id: 'abc' }, '1101/20002'],
    ['an unknown client', { client_id: '999' }, '1101/20003'],
    ['a malformed redirect URI', { redirect_uri: 'callback' }, '1101/20022'],
    ['a foreign redirect URI', { redirect_uri: 'https://attacker.example/' }, '1101/20023'],
    ['a scope with other characters', { scope: 'openid profile,email' }, '1101/20041'],
    ['too many scopes', { scope: `openid${' x'.repeat(150)}` }, '1101/20041'],
    ['no openid', { scope: 'profile' }, '1101/20042'],
    ['another response type', { response_type: 'token' }, 'response_type'],
    ['PKCE without S256', { code_challenge: 'a'.repeat(43) }, 'S256'],
    ['plain PKCE', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }, 'S256'],
  ])('shows an error page and never redirects for %s', async (_name, changes, code) => {
    const emulator = await start({ autoApprove: true });
    const answer = await ask(authorizeUrl(emulator, changes));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.text).toContain(code);
  });

  it('lets a registered redirect URI carry one more parameter', async () => {
    const emulator = await start({ autoApprove: true, clients });
    const statusOf = async (uri: string) =>
      (await ask(authorizeUrl(emulator, { client_id: '300', redirect_uri: uri }))).status;
    expect(await statusOf(registered)).toBe(302);
    expect(await statusOf(`${registered}?attempt=1`)).toBe(302);
    expect(await statusOf(`${registered}?attempt=1&more=2`)).toBe(400);
    expect(await statusOf(`${registered}.evil?attempt=1`)).toBe(400);
  });
});

describe('Huawei token', () => {
  it('answers the documented fields and escapes slashes', async () => {
    const emulator = await start();
    const answer = await exchange(emulator, await login(emulator));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8');
    expect(answer.json).toEqual({
      token_type: 'Bearer',
      access_token: expect.stringMatching(/^[\w+/]+=+$/),
      expires_in: 3600,
      refresh_token: expect.any(String),
      scope: 'openid profile',
      id_token: expect.any(String),
    });
    expect(answer.text).toContain('\\/');
    expect(answer.text).not.toMatch(/[^\\]\//);
  });

  it('gives a refresh token only for access_type=offline', async () => {
    const emulator = await start();
    const answer = await exchange(emulator, await login(emulator, { access_type: 'online' }));
    expect(answer.status).toBe(200);
    expect(answer.json).not.toHaveProperty('refresh_token');
  });

  it.each([
    ['20181', 'grant_type', 1102],
    ['20001', 'client_id', 1102],
    ['20085', 'client_secret', 1101],
    ['20151', 'code', 1102],
    ['20022', 'redirect_uri', 1101],
  ])('answers %s when %s is missing', async (subError, name, error) => {
    const emulator = await start();
    const form = without(exchangeForm(await login(emulator)), name);
    expectPair(await postForm(`${emulator.url}/oauth2/v3/token`, form), error, Number(subError));
  });

  it.each([
    [1101, 20182, { grant_type: 'password' }],
    [1101, 20002, { client_id: 'abc' }],
    [1101, 20003, { client_id: '999' }],
    [1101, 20172, { client_secret: 'with blank' }],
    [1203, 12304, { client_secret: 'wrong' }],
    [1101, 20152, { code: 'with blank and %' }],
    [1103, 20153, { code: 'neverIssued==' }],
    [1101, 20154, { client_id: '200', client_secret: 'other' }],
    [1101, 20022, { redirect_uri: 'callback' }],
    [1101, 20023, { redirect_uri: 'https://attacker.example/' }],
    [1101, 20024, { redirect_uri: 'http://127.0.0.1:3000/other' }],
  ])('answers %d/%d for %j', async (error, subError, changes) => {
    const emulator = await start({ clients });
    const code = await login(emulator);
    expectPair(await exchange(emulator, code, changes), error, subError);
    expect((await exchange(emulator, code)).status).toBe(200);
  });

  it('calls a code that lost its plus signs malformed', async () => {
    const emulator = await start();
    expectPair(await exchange(emulator, (await login(emulator)).replaceAll('+', ' ')), 1101, 20152);
  });

  it('takes a code once, and for five minutes', async () => {
    const emulator = await start();
    const [once, late] = [await login(emulator), await login(emulator)];
    expect((await exchange(emulator, once)).status).toBe(200);
    expectPair(await exchange(emulator, once), 1101, 20156);
    emulator.advanceClock(300);
    expectPair(await exchange(emulator, late), 1101, 20155);
  });

  it('never issues two codes alike, whatever the randomness', async () => {
    const emulator = await start({ randomness: (size) => new Uint8Array(size) });
    const codes = Array.from({ length: 50 }, () => emulator.issueCode('huawei'));
    expect(new Set(codes).size).toBe(50);
  });

  it('checks PKCE', async () => {
    const emulator = await start();
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await login(emulator, { code_challenge: challenge, code_challenge_method: 'S256' });
    expectPair(await exchange(emulator, code), 1102, 29001);
    expectPair(await exchange(emulator, code, { code_verifier: 'w'.repeat(43) }), 1101, 29002);
    expect((await exchange(emulator, code, { code_verifier: verifier })).status).toBe(200);
  });

  it('exchanges a native code without a redirect URI', async () => {
    const emulator = await start();
    const form = without(exchangeForm(emulator.issueCode('huawei')), 'redirect_uri');
    expect((await postForm(`${emulator.url}/oauth2/v3/token`, form)).status).toBe(200);
  });
});

describe('Huawei id_token', () => {
  it.each([
    [{}, 'RS256'],
    [{ supportAlg: 'RS256' }, 'RS256'],
    [{ supportAlg: 'PS256' }, 'PS256'],
    [{ supportAlg: 'ES256' }, 'RS256'],
  ])('is signed as asked: %j', async (changes, algorithm) => {
    const emulator = await start();
    const code = await login(emulator, { nonce: 'n-1', scope: 'openid profile email' });
    const { json } = await exchange(emulator, code, changes);
    const idToken = String(json['id_token']);
    const header = decodeProtectedHeader(idToken);
    expect(header).toEqual({ alg: algorithm, typ: 'JWT', kid: expect.stringMatching(/^[0-9a-f]+$/) });

    const { keys } = await keysOf(emulator);
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
    const withoutAlg = { keys: keys.map((key) => ({ ...key, alg: undefined })) } as unknown as JSONWebKeySet;
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(withoutAlg));
    const hash = createHash('sha256').update(String(json['access_token'])).digest();
    expect(payload).toEqual({
      iss: 'https://accounts.huawei.com',
      sub: expect.any(String),
      aud: clientId,
      azp: clientId,
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
      at_hash: hash.subarray(0, 16).toString('base64url'),
      nonce: 'n-1',
      openid: expect.any(String),
      display_name: 'Alice Müller',
      nickname: 'Alice Müller',
      email: 'alice@example.com',
      email_verified: true,
    });
    const info = await getInfo(emulator, { access_token: String(json['access_token']) });
    expect(info.json).toMatchObject({ unionID: payload.sub, openID: payload['openid'] });
  });

  it('tells name and picture only for the scope profile, and the nonce only when one was sent', async () => {
    const emulator = await start({ autoApprove: true });
    const answer = await ask(authorizeUrl(emulator, { scope: 'openid' }));
    const { json } = await exchange(emulator, locationOf(answer).searchParams.get('code')!);
    const [, payload] = String(json['id_token']).split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
    expect(Object.keys(claims).sort()).toEqual([
      'at_hash',
      'aud',
      'azp',
      'exp',
      'iat',
      'iss',
      'openid',
      'sub',
    ]);
  });

  it('rolls its keys at midnight in Beijing and serves the last two', async () => {
    const beforeMidnight = Date.parse('2026-03-01T23:59:50+08:00');
    const emulator = await start({ clock: { now: () => beforeMidnight } });
    const kids = async () => (await keysOf(emulator)).keys.map((key) => key.kid);
    const [today, yesterday] = await kids();
    emulator.advanceClock(9);
    expect(await kids()).toEqual([today, yesterday]);
    emulator.advanceClock(1);
    const [next, previous] = await kids();
    expect(previous).toBe(today);
    expect(next).not.toBe(today);
    emulator.reset();
    expect(await kids()).toEqual([today, yesterday]);
  });
});

describe('Huawei documents', () => {
  it.each(['GET', 'POST'])('serves discovery and keys to %s', async (method) => {
    const emulator = await start({ ports: { huawei: 0 } });
    const own = emulator.origins.huawei;
    const discovery = await ask(`${own}/.well-known/openid-configuration`, { method });
    expect(discovery.json).toMatchObject({
      issuer: 'https://accounts.huawei.com',
      token_endpoint: `${own}/oauth2/v3/token`,
      jwks_uri: `${own}/oauth2/v3/certs`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      code_challenge_methods_supported: ['S256'],
    });
    expect(discovery.json).not.toHaveProperty('userinfo_endpoint');
    expect((await ask(`${own}/oauth2/v3/certs`, { method })).status).toBe(200);
  });
});

describe('Huawei user info', () => {
  const token = async (emulator: PlatformEmulator, user: string, scopes?: string[]) => {
    const code = emulator.issueCode('huawei', { user, scopes });
    return String((await exchange(emulator, code)).json['access_token']);
  };

  it('answers the nickname when asked and the anonymised account otherwise', async () => {
    const emulator = await start();
    const access = await token(emulator, 'zhangwei');
    const named = await getInfo(emulator, { access_token: access, getNickName: '1' });
    expect(named.headers.has('nsp_status')).toBe(false);
    expect(named.json).toEqual({
      openID: expect.any(String),
      unionID: expect.any(String),
      displayName: '张伟',
      displayNameFlag: 0,
      headPictureURL: `${emulator.url}/__emulator/avatars/huawei/zhangwei.svg`,
    });
    const anonymous = await getInfo(emulator, { access_token: access });
    expect(anonymous.json).toMatchObject({ displayName: '138****0001', displayNameFlag: 1 });
  });

  it('leaves out the picture of a user without one, and everything without the scope profile', async () => {
    const emulator = await start();
    const plain = await getInfo(emulator, { access_token: await token(emulator, 'alice') });
    expect(plain.json).not.toHaveProperty('headPictureURL');
    const bare = await getInfo(emulator, { access_token: await token(emulator, 'alice', ['openid']) });
    expect(Object.keys(bare.json).sort()).toEqual(['openID', 'unionID']);
  });

  it('signals failure by NSP_STATUS alone', async () => {
    const emulator = await start();
    const access = await token(emulator, 'alice');
    const expectNsp = (answer: Answer, status: string) => {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('nsp_status')).toBe(status);
      expect(answer.json).toEqual({ error: expect.any(String) });
    };
    expectNsp(await getInfo(emulator, {}), '105');
    expectNsp(await getInfo(emulator, { access_token: 'unknown' }), '102');
    expectNsp(await postForm(`${emulator.url}/rest.php?nsp_svc=other`, { access_token: access }), '105');
    emulator.advanceClock(3600);
    const late = await getInfo(emulator, { access_token: access });
    expectNsp(late, '6');
    expect(late.json).toEqual({ error: 'session timeout' });
  });
});
