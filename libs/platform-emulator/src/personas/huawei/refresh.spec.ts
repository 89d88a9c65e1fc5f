import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createPlatformEmulator, type PlatformEmulator } from '../../emulator.js';
import { type Answer, postForm, without } from '../../testing/harness.js';
import { clients, exchange, expectPair, getInfo, huaweiApp, tokensOf } from '../../testing/huawei.js';

type Fields = Record<string, string>;

let emulator: PlatformEmulator;
beforeAll(async () => {
  emulator = await createPlatformEmulator({ clients, clock: { now: () => 1_700_000_000_000 } });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

const refreshForm = (refresh_token: string, changes: Fields = {}) => ({
  ...huaweiApp,
  grant_type: 'refresh_token',
  refresh_token,
  ...changes,
});

const refresh = (token: string, changes: Fields = {}): Promise<Answer> =>
  postForm(`${emulator.url}/oauth2/v3/token`, refreshForm(token, changes));

const login = async (scopes?: string[]) =>
  tokensOf(await exchange(emulator, emulator.issueCode('huawei', { scopes })));

describe('Huawei refresh', () => {
  it('answers a new access token and id_token, and no refresh token: the old one stays', async () => {
    const first = await login();
    const answer = await refresh(first.refresh);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8');
    expect(answer.json).toEqual({
      token_type: 'Bearer',
      access_token: expect.stringMatching(/^[\w+/]+=+$/),
      expires_in: 3600,
      scope: 'openid profile',
      id_token: expect.any(String),
    });
    const { access } = tokensOf(answer);
    expect(access).not.toBe(first.access);
    for (const access_token of [first.access, access]) {
      expect((await getInfo(emulator, { access_token })).headers.has('nsp_status')).toBe(false);
    }
    expect((await refresh(first.refresh)).status).toBe(200);
    expect(emulator.counters().huawei).toMatchObject({ exchanges: 1, refreshes: 2, reuse: 0 });
  });

  it('signs with the algorithm asked for', async () => {
    const { refresh: token } = await login();
    const algorithm = async (changes: Fields) =>
      decodeProtectedHeader(String((await refresh(token, changes)).json['id_token'])).alg;
    expect(await algorithm({ supportAlg: 'PS256' })).toBe('PS256');
    expect(await algorithm({})).toBe('RS256');
  });

  it('narrows the scope of the access token, not that of the refresh token', async () => {
    const { refresh: token } = await login();
    const narrow = await refresh(token, { scope: 'profile email' });
    expect(narrow.json).toMatchObject({ scope: 'profile' });
    expect(narrow.json).not.toHaveProperty('id_token');
    const none = await refresh(token, { scope: 'NO_SCOPE' });
    expect(Object.keys(none.json).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    const bare = await getInfo(emulator, { access_token: tokensOf(none).access });
    expect(bare.json).not.toHaveProperty('displayName');
    const whole = await refresh(token);
    expect(whole.json).toMatchObject({ scope: 'openid profile' });
    const claims = decodeJwt(String(whole.json['id_token']));
    expect(claims).toMatchObject({ iss: 'https://accounts.huawei.com', nickname: '张伟' });
    expect(claims).not.toHaveProperty('nonce');
  });

  it('lasts 180 days from the consent, however often it is used', async () => {
    const { refresh: token } = await login();
    emulator.advanceClock(180 * 86_400 - 1);
    expect((await refresh(token)).status).toBe(200);
    emulator.advanceClock(1);
    expectPair(await refresh(token), 1203, 11205);
  });

  it.each([
    [1102, 20191, 'refresh_token'],
    [1102, 20001, 'client_id'],
    [1101, 20171, 'client_secret'],
    [1102, 20181, 'grant_type'],
  ])('answers %d/%d when %s is missing', async (error, subError, name) => {
    const form = without(refreshForm((await login()).refresh), name);
    expectPair(await postForm(`${emulator.url}/oauth2/v3/token`, form), error, subError);
  });

  it.each([
    [1101, 20002, { client_id: 'abc' }],
    [1101, 20003, { client_id: '999' }],
    [1101, 20172, { client_secret: 'with blank' }],
    [1203, 12304, { client_secret: 'wrong' }],
    [1101, 20154, { client_id: '200', client_secret: 'other' }],
    [1101, 20192, { refresh_token: 'with blank' }],
    [1203, 31218, { refresh_token: 'back\\slash' }],
    [1203, 31202, { refresh_token: 'neverIssued==' }],
    [1101, 20041, { scope: 'openid;profile' }],
    [1101, 20041, { scope: Array.from({ length: 151 }, (_, each) => `s${each}`).join(' ') }],
    [1101, 20042, { scope: 'email' }],
    [1101, 20182, { grant_type: 'refresh' }],
  ])('answers %d/%d for wrong values', async (error, subError, changes) => {
    const { refresh: token } = await login();
    expectPair(await refresh(token, changes), error, subError);
    expect((await refresh(token)).status).toBe(200);
  });

  it('is no use with an access token, nor once the grant is revoked', async () => {
    const { access, refresh: token } = await login();
    expectPair(await refresh(access), 1203, 31202);
    expect(emulator.revoke('huawei', { user: 'zhangwei' })).toBe(1);
    expectPair(await refresh(token), 1203, 31204);
    const dead = await getInfo(emulator, { access_token: access });
    expect([dead.status, dead.headers.get('nsp_status')]).toEqual([200, '31204']);
  });
});

describe('Huawei revoke', () => {
  const revoke = (fields: Fields) => postForm(`${emulator.url}/oauth2/v3/revoke`, fields);

  it.each(['access', 'refresh'] as const)('ends the pair with its %s token', async (kind) => {
    const pair = await login();
    const { access: renewed } = tokensOf(await refresh(pair.refresh));
    const answer = await revoke({ token: pair[kind] });
    expect([answer.status, answer.text]).toEqual([200, '{}']);
    expectPair(await refresh(pair.refresh), 1203, 31204);
    for (const access_token of [pair.access, renewed]) {
      const dead = await getInfo(emulator, { access_token });
      expect(dead.headers.get('nsp_status')).toBe('31204');
    }
    const again = await revoke({ token: pair[kind] });
    expect(again.json).toEqual({ error: 1203, sub_error: 31204, error_description: 'token revoked' });
    expect(again.status).toBe(400);
    expect(emulator.counters().huawei.revocations).toBe(1);
  });

  it('ends a grant without a refresh token, and no other grant', async () => {
    const [mine, other] = [await login(), await login()];
    await revoke({ token: mine.access });
    expect((await refresh(other.refresh)).status).toBe(200);
  });

  it('answers 11205 for what has expired', async () => {
    const pair = await login();
    emulator.advanceClock(3600);
    expectPair(await revoke({ token: pair.access }), 1203, 11205);
    expect((await refresh(pair.refresh)).status).toBe(200);
    emulator.advanceClock(180 * 86_400);
    expectPair(await revoke({ token: pair.refresh }), 1203, 11205);
  });

  it.each([
    [1102, 20221, {}],
    [1101, 20222, { token: 'with blank' }],
    [1203, 31218, { token: 'back\\slash' }],
    [1203, 31202, { token: 'neverIssued==' }],
  ])('answers %d/%d for %j', async (error, subError, fields) => {
    expectPair(await revoke(fields), error, subError);
  });

  it('leaves app tokens alone', async () => {
    const form = { ...huaweiApp, grant_type: 'client_credentials' };
    const { access } = tokensOf(await postForm(`${emulator.url}/oauth2/v3/token`, form));
    expectPair(await revoke({ token: access }), 1203, 17009);
  });
});
