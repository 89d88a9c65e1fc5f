import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createPlatformEmulator, type PlatformEmulator } from '../../emulator.js';
import { type Answer, ask, postForm, start, without } from '../../testing/harness.js';
import { clients, exchange, exchangeForm, expectPair, getInfo, login } from '../../testing/huawei.js';

// One emulator for the file: its keys outlive a reset, and making keys is what takes time.
let emulator: PlatformEmulator;
beforeAll(async () => {
  emulator = await createPlatformEmulator({ clients });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

describe('Huawei token', () => {
  it('answers the documented fields and escapes slashes', async () => {
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
    const code = await login(emulator);
    expectPair(await exchange(emulator, code, changes), error, subError);
    expect((await exchange(emulator, code)).status).toBe(200);
  });

  it('calls a code that lost its plus signs malformed', async () => {
    expectPair(await exchange(emulator, (await login(emulator)).replaceAll('+', ' ')), 1101, 20152);
  });

  it('takes a code once, and for five minutes', async () => {
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
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await login(emulator, { code_challenge: challenge, code_challenge_method: 'S256' });
    expectPair(await exchange(emulator, code), 1102, 29001);
    expectPair(await exchange(emulator, code, { code_verifier: 'w'.repeat(43) }), 1101, 29002);
    expect((await exchange(emulator, code, { code_verifier: verifier })).status).toBe(200);
  });

  it('exchanges a native code without a redirect URI', async () => {
    const form = without(exchangeForm(emulator.issueCode('huawei')), 'redirect_uri');
    expect((await postForm(`${emulator.url}/oauth2/v3/token`, form)).status).toBe(200);
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
  const token = async (user: string, scopes?: string[]) => {
    const code = emulator.issueCode('huawei', { user, scopes });
    return String((await exchange(emulator, code)).json['access_token']);
  };

  it('answers the nickname when asked and the anonymised account otherwise', async () => {
    const access = await token('zhangwei');
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
    const plain = await getInfo(emulator, { access_token: await token('alice') });
    expect(plain.json).not.toHaveProperty('headPictureURL');
    const bare = await getInfo(emulator, { access_token: await token('alice', ['openid']) });
    expect(Object.keys(bare.json).sort()).toEqual(['openID', 'unionID']);
  });

  it('signals failure by NSP_STATUS alone', async () => {
    const access = await token('alice');
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
