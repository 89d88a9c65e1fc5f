import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type IssueCodeOptions } from '../../steering/controls.js';
import { type Answer, postForm, postJson, start } from '../../testing/harness.js';

const app = { appid: demoClients.anyweb.clientId, secret: demoClients.anyweb.clientSecret };
const other = { appid: 'other-app', secret: 'other' };
const clients = { anyweb: [{ clientId: 'other-app', clientSecret: 'other' }] };

const exchange = (emulator: PlatformEmulator, options: IssueCodeOptions = {}, fields: object = {}) =>
  postJson(`${emulator.url}/oauth/accessToken`, {
    ...app,
    code: emulator.issueCode('anyweb', options),
    ...fields,
  });

async function login(emulator: PlatformEmulator, options: IssueCodeOptions = { generation: 'G3' }) {
  const { data } = (await exchange(emulator, options)).json;
  return {
    unionid: String(data['unionid']),
    access: String(data['accessToken']),
    refresh: String(data['refreshToken']),
  };
}

const refresh = (emulator: PlatformEmulator, refreshToken: string) =>
  postJson(`${emulator.url}/open/refreshToken`, { refreshToken });

const userInfo = (emulator: PlatformEmulator, accessToken: unknown, unionid: string) =>
  postJson(`${emulator.url}/oauth/userInfo`, { ...app, accessToken, unionid });

function expectCode(answer: Answer, code: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ code, message: expect.any(String) });
}

describe('AnyWeb refresh', () => {
  it.each(['G2', 'G3'] as const)(
    'renews the tokens of %s, the access token under another name',
    async (generation) => {
      const emulator = await start();
      const old = await login(emulator, { user: 'alice', generation });
      const answer = await refresh(emulator, old.refresh);
      expect(answer.json).toEqual({
        code: 1000,
        message: 'success',
        data: {
          token: expect.any(String),
          expire: 7200,
          refreshToken: expect.any(String),
          refreshExpire: 2592000,
        },
      });
      const { token, refreshToken } = answer.json.data;
      expect(decodeJwt(String(token))).toMatchObject({
        type: 'accessToken',
        id: old.unionid,
        isRefresh: false,
      });
      expect(decodeJwt(String(refreshToken))).toMatchObject({ isRefresh: true });
      for (const access of [token, old.access]) {
        expect((await userInfo(emulator, access, old.unionid)).json).toMatchObject({ code: 1000 });
      }
    },
  );

  it('rotates, and counts what comes back', async () => {
    const emulator = await start();
    const old = await login(emulator);
    const next = String((await refresh(emulator, old.refresh)).json.data['refreshToken']);
    expectCode(await refresh(emulator, old.refresh), 'A107B013');
    expect((await refresh(emulator, next)).json).toMatchObject({ code: 1000 });
    expect(emulator.counters().anyweb).toMatchObject({ exchanges: 1, refreshes: 2, reuse: 1 });
  });

  it('ends the grant on reuse, with reuse detection', async () => {
    const emulator = await start({ reuseDetection: true });
    const old = await login(emulator);
    const { token, refreshToken } = (await refresh(emulator, old.refresh)).json.data;
    expectCode(await refresh(emulator, old.refresh), 'A107B013');
    expectCode(await refresh(emulator, String(refreshToken)), 'A107B013');
    for (const access of [token, old.access]) {
      expectCode(await userInfo(emulator, access, old.unionid), 'A107P006');
    }
  });

  it('gives every refresh token thirty days of its own', async () => {
    const emulator = await start({ clock: { now: () => 1_700_000_000_000 } });
    const { refresh: first } = await login(emulator);
    emulator.advanceClock(2_591_999);
    const second = String((await refresh(emulator, first)).json.data['refreshToken']);
    emulator.advanceClock(2_591_999);
    const third = String((await refresh(emulator, second)).json.data['refreshToken']);
    emulator.advanceClock(2_592_000);
    expectCode(await refresh(emulator, third), 'A107B013');
    expect(emulator.counters().anyweb.reuse).toBe(0);
  });

  it('refuses what is no refresh token, and there is none in G1', async () => {
    const emulator = await start();
    expect((await exchange(emulator)).json.data).not.toHaveProperty('refreshToken');
    const { access, refresh: token } = await login(emulator);
    for (const wrong of ['', 'unknown', access]) expectCode(await refresh(emulator, wrong), 'A107B013');
    expectCode(await postJson(`${emulator.url}/open/refreshToken`, { refreshToken: 5 }), 'A107B013');
    emulator.revoke('anyweb', { user: 'zhangwei' });
    expectCode(await refresh(emulator, token), 'A107B013');
  });

  it('reads forms too', async () => {
    const emulator = await start();
    const { refresh: refreshToken } = await login(emulator);
    const answer = await postForm(`${emulator.url}/open/refreshToken`, { refreshToken });
    expect(answer.json).toMatchObject({ code: 1000 });
  });
});

describe('AnyWeb quota of exchanges', () => {
  it('is 2000 a day of Asia/Shanghai for each app', async () => {
    // 23:59:00 in Shanghai.
    const emulator = await start({ clients, clock: { now: () => Date.parse('2026-03-01T15:59:00Z') } });
    const once = emulator.issueCode('anyweb');
    expect((await exchange(emulator, {}, { code: once })).json).toMatchObject({ code: 1000 });
    for (let each = 1; each < 2000; each++) {
      const { json } = await exchange(emulator, {}, { code: 'unknown' });
      expect(json['code']).toBe('A107P009');
    }
    const code = emulator.issueCode('anyweb');
    const refused = await exchange(emulator, {}, { code });
    expectCode(refused, 'A107B901');
    expectCode(await exchange(emulator, {}, { secret: 'wrong' }), 'A107P005');
    expect((await exchange(emulator, {}, other)).json).toMatchObject({ code: 1000 });
    emulator.advanceClock(59);
    expectCode(await exchange(emulator, {}, { code }), 'A107B901');
    emulator.advanceClock(1);
    expect((await exchange(emulator, {}, { code })).json).toMatchObject({ code: 1000 });
    emulator.reset();
    expect((await exchange(emulator)).json).toMatchObject({ code: 1000 });
  });
});
