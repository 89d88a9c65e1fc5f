import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { createPlatformEmulator, type PlatformEmulator } from '../../emulator.js';
import { type Answer, postForm, start } from '../../testing/harness.js';
import { clients, exchange, expectPair, getInfo, huaweiApp, tokensOf } from '../../testing/huawei.js';

type Fields = Record<string, string>;

let emulator: PlatformEmulator;
beforeAll(async () => {
  emulator = await createPlatformEmulator({ clients, clock: { now: () => 1_700_000_000_000 } });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

const login = async (scopes?: string[]) =>
  tokensOf(await exchange(emulator, emulator.issueCode('huawei', { user: 'alice', scopes })));

const appToken = (on: PlatformEmulator = emulator, changes: Fields = {}): Promise<Answer> =>
  postForm(`${on.url}/oauth2/v3/token`, { ...huaweiApp, grant_type: 'client_credentials', ...changes });

describe('Huawei app token', () => {
  it('is nothing but a token, and does not end the one before', async () => {
    const [first, second] = [await appToken(), await appToken()];
    expect(first.json).toEqual({
      access_token: expect.stringMatching(/^[\w+/]+=+$/),
      expires_in: 3600,
      token_type: 'Bearer',
    });
    for (const answer of [first, second]) {
      expect((await info({ access_token: tokensOf(answer).access })).headers.has('nsp_status')).toBe(false);
    }
    expect(emulator.counters().huawei).toMatchObject({ appTokens: 2, introspections: 2 });
  });

  it.each([
    [1102, 20001, { client_id: '' }],
    [1101, 20171, { client_secret: '' }],
    [1101, 20002, { client_id: 'abc' }],
    [1101, 20003, { client_id: '999' }],
    [1101, 20172, { client_secret: 'with blank' }],
    [1101, 12304, { client_secret: 'wrong' }],
    [1101, 20182, { grant_type: 'client_credential' }],
  ])('answers %d/%d for %j', async (error, subError, changes) => {
    expectPair(await appToken(emulator, changes), error, subError);
  });

  it('may be asked for 1000 times in any five minutes, by each client', async () => {
    const ask = async (count: number, changes: Fields = {}) => {
      const statuses: number[] = [];
      for (let each = 0; each < count; each++) statuses.push((await appToken(emulator, changes)).status);
      return new Set(statuses);
    };
    expect(await ask(400)).toEqual(new Set([200]));
    emulator.advanceClock(200);
    expect(await ask(600)).toEqual(new Set([200]));
    const refused = await appToken();
    expect([refused.status, refused.text]).toEqual([503, '']);
    expect((await appToken(emulator, { client_id: '200', client_secret: 'other' })).status).toBe(200);
    emulator.advanceClock(99);
    expect((await appToken()).status).toBe(503);
    emulator.advanceClock(1);
    expect(await ask(400)).toEqual(new Set([200]));
    expect((await appToken()).status).toBe(503);
  });

  it('may be asked for without end when quotas are off', async () => {
    const free = await start({ quotas: false });
    for (let each = 0; each < 1000; each++) await appToken(free);
    expect((await appToken(free)).status).toBe(200);
  });

  it('opens no user info', async () => {
    const answer = await getInfo(emulator, { access_token: tokensOf(await appToken()).access });
    expect([answer.status, answer.headers.get('nsp_status')]).toEqual([200, '403']);
  });
});

const service = 'huawei.oauth2.user.getTokenInfo';

function info(fields: Fields, query = `nsp_fmt=JSON&nsp_svc=${service}`): Promise<Answer> {
  return postForm(`${emulator.url}/rest.php?${query}`, fields);
}

describe('Huawei getTokenInfo', () => {
  it('tells of a user token, as text', async () => {
    const { access } = await login();
    emulator.advanceClock(1000);
    const answer = await info({ access_token: access });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain;charset=utf-8');
    expect(answer.headers.has('nsp_status')).toBe(false);
    const known = (await getInfo(emulator, { access_token: access })).json;
    expect(answer.json).toEqual({
      client_id: huaweiApp.client_id,
      expire_in: 2600,
      union_id: known['unionID'],
      scope: 'openid profile',
      project_id: expect.stringMatching(/^\d+$/),
      type: 0,
    });
    const asked = await info({ access_token: access, open_id: 'OPENID' });
    expect(asked.json).toMatchObject({ open_id: known['openID'] });
    const wrong = await info({ access_token: access, open_id: 'openid' });
    expect(wrong.json).not.toHaveProperty('open_id');
  });

  it('leaves out an empty scope', async () => {
    const { refresh } = await login();
    const fields = { ...huaweiApp, grant_type: 'refresh_token', refresh_token: refresh, scope: 'NO_SCOPE' };
    const { access } = tokensOf(await postForm(`${emulator.url}/oauth2/v3/token`, fields));
    expect((await info({ access_token: access })).json).not.toHaveProperty('scope');
  });

  it('tells of an app token', async () => {
    const { access } = tokensOf(await appToken());
    const answer = await info({ access_token: access, open_id: 'OPENID' });
    expect(answer.json).toEqual({
      client_id: huaweiApp.client_id,
      expire_in: 3600,
      project_id: expect.any(String),
      type: 1,
    });
  });

  it('signals failure by NSP_STATUS', async () => {
    const { access, refresh } = await login();
    const app = tokensOf(await appToken()).access;
    const expectNsp = (answer: Answer, status: string) => {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('nsp_status')).toBe(status);
      expect(answer.headers.get('content-type')).toBe('text/plain;charset=utf-8');
      expect(answer.json).toEqual({ error: expect.any(String) });
    };
    expectNsp(await info({}), '102');
    expectNsp(await info({ access_token: 'unknown' }), '102');
    expectNsp(await info({ access_token: refresh }), '102');
    expectNsp(await info({ access_token: access }, `nsp_svc=${service}`), '501');
    emulator.revoke('huawei', { what: 'access' });
    expectNsp(await info({ access_token: access }), '31204');
    emulator.revoke('huawei', { what: 'app' });
    expectNsp(await info({ access_token: app }), '31204');
    const [late, lateApp] = [(await login()).access, tokensOf(await appToken()).access];
    emulator.advanceClock(3600);
    expectNsp(await info({ access_token: late }), '6');
    expectNsp(await info({ access_token: lateApp }), '6');
  });
});

describe('Huawei tokeninfo', () => {
  const check = (fields: Fields) => postForm(`${emulator.url}/oauth2/v3/tokeninfo`, fields);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each(['RS256', 'PS256'])(
    'answers header and payload of an id_token signed with %s',
    async (supportAlg) => {
      const { idToken } = tokensOf(await exchange(emulator, emulator.issueCode('huawei'), { supportAlg }));
      const answer = await check({ id_token: idToken });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ ...decodeJwt(idToken), ...decodeProtectedHeader(idToken) });
      expect(answer.json['alg']).toBe(supportAlg);
    },
  );

  it.each([
    [1500, 15007, ''],
    [1500, 15008, 'with blank'],
    [1203, 150021, 'one.two'],
    [1203, 100305, 'x.e30.e30'],
    [1203, 100306, 'e30.x.e30'],
    [1203, 150023, 'e30.e30.'],
    [1400, 14004, 'e30.e30.e30'],
  ])('answers %d/%d for "%s"', async (error, subError, id_token) => {
    expectPair(await check({ id_token }), error, subError);
  });

  it('refuses what was signed otherwise or long ago', async () => {
    const { idToken } = await login();
    const [header, , signature = ''] = idToken.split('.');
    const forged = `${header}.${part({ ...decodeJwt(idToken), sub: 'somebody' })}.${signature}`;
    expectPair(await check({ id_token: forged }), 1500, 15004);
    emulator.advanceClock(3599);
    expect((await check({ id_token: idToken })).status).toBe(200);
    emulator.advanceClock(1);
    expectPair(await check({ id_token: idToken }), 1500, 15006);
    emulator.advanceClock(3 * 86_400);
    expectPair(await check({ id_token: idToken }), 1400, 14004);
  });
});
