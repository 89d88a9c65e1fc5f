import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type Answer, ask, postForm, postJson, start, without } from '../../testing/harness.js';
import { type IssueCodeOptions } from '../../steering/controls.js';

const app = { appid: demoClients.anyweb.clientId, secret: demoClients.anyweb.clientSecret };
const clients = { anyweb: [{ clientId: 'other-app', clientSecret: 'other' }] };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;

const exchange = (emulator: PlatformEmulator, fields: object) =>
  postJson(`${emulator.url}/oauth/accessToken`, { ...app, ...fields });

async function login(emulator: PlatformEmulator, options: IssueCodeOptions = {}) {
  const { json } = await exchange(emulator, { code: emulator.issueCode('anyweb', options) });
  return { accessToken: String(json.data['accessToken']), unionid: String(json.data['unionid']) };
}

const userInfo = (emulator: PlatformEmulator, fields: object) =>
  postJson(`${emulator.url}/oauth/userInfo`, { ...app, ...fields });

function expectCode(answer: Answer, code: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ code, message: expect.any(String) });
}

describe('AnyWeb access token', () => {
  it('answers like its document: a UUID, the absolute second of its end, no refresh token', async () => {
    const emulator = await start({ clock: { now: () => 1_647_679_126_900 } });
    const answer = await exchange(emulator, { code: emulator.issueCode('anyweb') });
    expect(answer.json).toEqual({
      code: 1000,
      message: 'success',
      data: {
        unionid: expect.stringMatching(uuid),
        accessToken: expect.stringMatching(uuid),
        expiresIn: 1_647_686_326,
      },
    });
    expect(Date.parse(answer.headers.get('date')!)).toBe(1_647_679_126_000);
  });

  it.each([
    ['G2', { expiresIn: 7200, refreshExpiresIn: 2592000, scope: 'all' }],
    ['G3', { expire: 7200, refreshExpire: 2592000, scope: 'baseInfo,identity' }],
  ] as const)('answers the newer reply of %s', async (generation, rest) => {
    const emulator = await start();
    const code = emulator.issueCode('anyweb', { generation, scopes: ['baseInfo', 'identity'] });
    const { data } = (await exchange(emulator, { code })).json;
    const { unionid, accessToken, refreshToken, ...others } = data;
    expect(others).toEqual(rest);
    expect(decodeProtectedHeader(String(accessToken)).alg).toBe('HS256');
    const access = decodeJwt(String(accessToken));
    expect(access).toMatchObject({ type: 'accessToken', id: unionid, appid: app.appid, isRefresh: false });
    expect(access.exp! - access.iat!).toBe(7200);
    const refresh = decodeJwt(String(refreshToken));
    expect(refresh).toMatchObject({ isRefresh: true });
    expect(refresh.exp! - refresh.iat!).toBe(2592000);
  });

  it('reads JSON, urlencoded and multipart bodies', async () => {
    const emulator = await start();
    const url = `${emulator.url}/oauth/accessToken`;
    const fields = () => ({ ...app, code: emulator.issueCode('anyweb') });
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields())) multipart.append(name, value);
    for (const answer of [
      await postJson(url, fields()),
      await postForm(url, fields()),
      await ask(url, { method: 'POST', body: multipart }),
    ]) {
      expect(answer.json).toMatchObject({ code: 1000 });
    }
  });

  it.each([
    ['appid', 'A107P002'],
    ['secret', 'A107P004'],
    ['code', 'A107P009'],
  ])('refuses a missing %s', async (name, code) => {
    const emulator = await start();
    const fields = without({ ...app, code: emulator.issueCode('anyweb') }, name);
    expectCode(await postJson(`${emulator.url}/oauth/accessToken`, fields), code);
  });

  it.each([
    [{ appid: 'unknown' }, 'A107P007'],
    [{ secret: 'wrong' }, 'A107P005'],
    [{ code: 'unknown' }, 'A107P009'],
    [{ code: 5 }, 'A107P009'],
  ])('refuses %j', async (fields, code) => {
    const emulator = await start();
    expectCode(await exchange(emulator, { code: emulator.issueCode('anyweb'), ...fields }), code);
  });

  it.each(['{', '[]', 'null', '"text"'])('takes the body %s for one without fields', async (body) => {
    const emulator = await start();
    const headers = { 'content-type': 'application/json' };
    expectCode(await ask(`${emulator.url}/oauth/accessToken`, { method: 'POST', headers, body }), 'A107P002');
  });

  it('takes a code once, for five minutes, from its own app', async () => {
    const emulator = await start({ clients });
    const issue = () => emulator.issueCode('anyweb', { clientId: app.appid });
    const [once, late, foreign] = [issue(), issue(), issue()];
    expect((await exchange(emulator, { code: once })).json).toMatchObject({ code: 1000 });
    expectCode(await exchange(emulator, { code: once }), 'A107P009');
    expectCode(await exchange(emulator, { code: foreign, appid: 'other-app', secret: 'other' }), 'A107P009');
    emulator.advanceClock(300);
    expectCode(await exchange(emulator, { code: late }), 'A107P009');
  });
});

describe('AnyWeb user info', () => {
  it('answers G3 tokens without a nickname and G1 tokens with one', async () => {
    const emulator = await start();
    const user = 'ouyang';
    const newer = await userInfo(emulator, await login(emulator, { user, generation: 'G3' }));
    const data = {
      unionid: expect.stringMatching(uuid),
      addressList: [expect.stringMatching(/^cfx:a[a-z0-9]{41}$/)],
      network: 1029,
      scopes: ['baseInfo'],
      phone: '13900000002',
      level: 0,
    };
    expect(newer.json).toEqual({ code: 1000, message: 'success', data });
    const older = await userInfo(emulator, await login(emulator, { user }));
    const headImg = `${emulator.url}/__emulator/avatars/anyweb/ouyang.svg`;
    expect(older.json.data).toEqual({ ...data, nickName: '欧阳静怡 🌸', headImg });
  });

  it('tells name and number of somebody who is identified, when identity was granted', async () => {
    const emulator = await start();
    const scopes = ['baseInfo', 'identity'];
    const verified = await login(emulator, { user: 'zhangwei', scopes, generation: 'G3' });
    const { data } = (await userInfo(emulator, verified)).json;
    expect(data).toMatchObject({ level: 1, name: '张伟', idNumber: expect.any(String), scopes });
    const less = (await userInfo(emulator, { ...verified, scopes: ['baseInfo'] })).json.data;
    expect(less).toMatchObject({ level: 1, scopes: ['baseInfo'] });
    expect(less).not.toHaveProperty('idNumber');
    const unverified = await login(emulator, { user: 'alice', scopes });
    expect((await userInfo(emulator, unverified)).json.data).not.toHaveProperty('idNumber');
  });

  it('refuses scopes beyond the grant, without baseInfo, and grants without baseInfo', async () => {
    const emulator = await start();
    const token = await login(emulator);
    expectCode(await userInfo(emulator, { ...token, scopes: ['baseInfo', 'identity'] }), 'A107P011');
    const both = await login(emulator, { scopes: ['baseInfo', 'identity'] });
    expectCode(await userInfo(emulator, { ...both, scopes: ['identity'] }), 'A107P011');
    expectCode(await userInfo(emulator, await login(emulator, { scopes: ['identity'] })), 'A107P011');
    expect((await userInfo(emulator, { ...token, scopes: [] })).json).toMatchObject({ code: 1000 });
  });

  it.each([
    ['accessToken', 'A107P001'],
    ['appid', 'A107P002'],
    ['unionid', 'A107P003'],
    ['secret', 'A107P004'],
  ])('refuses a missing %s', async (name, code) => {
    const emulator = await start();
    const fields = without({ ...app, ...(await login(emulator)) }, name);
    expectCode(await postJson(`${emulator.url}/oauth/userInfo`, fields), code);
  });

  it('refuses wrong values', async () => {
    const emulator = await start({ clients });
    const token = await login(emulator);
    const somebodyElse = (await login(emulator, { user: 'alice' })).unionid;
    const nobody = '00000000-0000-4000-8000-000000000000';
    expectCode(await userInfo(emulator, { ...token, secret: 'wrong' }), 'A107P005');
    expectCode(await userInfo(emulator, { ...token, accessToken: 'unknown' }), 'A107P006');
    expectCode(await userInfo(emulator, { ...token, appid: 'other-app', secret: 'other' }), 'A107P006');
    expectCode(await userInfo(emulator, { ...token, appid: 'unknown' }), 'A107P007');
    expectCode(await userInfo(emulator, { ...token, unionid: somebodyElse }), 'A107P008');
    expectCode(await userInfo(emulator, { ...token, unionid: 'malformed' }), 'A107P008');
    expectCode(await userInfo(emulator, { ...token, unionid: nobody }), 'A107P012');
    emulator.advanceClock(7200);
    expectCode(await userInfo(emulator, token), 'A107P006');
  });
});
