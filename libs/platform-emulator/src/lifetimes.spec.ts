import { describe, expect, it } from '@jest/globals';
import { demoClients } from './demo-clients.js';
import { type PlatformEmulator } from './emulator.js';
import { postForm, postJson, start } from './testing/harness.js';
import { exchange, getInfo, huaweiApp, tokensOf } from './testing/huawei.js';
import { pairOf, wpsLogin, wpsProfile, wpsRefresh, wpsToken } from './testing/wps.js';

const lifetimes = { accessToken: 20, refreshToken: 60, ticket: 30 };
const clock = { now: () => 1_700_000_000_000 };
const anyweb = { appid: demoClients.anyweb.clientId, secret: demoClients.anyweb.clientSecret };
const yuanzhibang = {
  app_id: demoClients.yuanzhibang.clientId,
  secret: demoClients.yuanzhibang.clientSecret,
};

describe('lifetimes of one’s own', () => {
  it('hold for WPS', async () => {
    const emulator = await start({ lifetimes, clock });
    const app = await wpsToken(emulator, { grant_type: 'client_credentials' });
    expect(app.json).toMatchObject({ expires_in: 20 });
    const { access, refresh } = await wpsLogin(emulator);
    emulator.advanceClock(19);
    expect((await wpsProfile(emulator, access)).status).toBe(200);
    emulator.advanceClock(1);
    expect((await wpsProfile(emulator, access)).status).toBe(401);
    const next = await wpsRefresh(emulator, refresh);
    expect(next.json).toMatchObject({ expires_in: 20, refresh_expires_in: 40 });
    emulator.advanceClock(40);
    expect((await wpsRefresh(emulator, pairOf(next).refresh)).status).toBe(400);
  });

  it('hold for Huawei', async () => {
    const emulator = await start({ lifetimes, clock });
    const url = `${emulator.url}/oauth2/v3/token`;
    const app = await postForm(url, { ...huaweiApp, grant_type: 'client_credentials' });
    expect(app.json).toMatchObject({ expires_in: 20 });
    const answer = await exchange(emulator, emulator.issueCode('huawei'));
    expect(answer.json).toMatchObject({ expires_in: 20 });
    const { access: access_token, refresh: refresh_token } = tokensOf(answer);
    emulator.advanceClock(20);
    expect((await getInfo(emulator, { access_token })).headers.get('nsp_status')).toBe('6');
    const refresh = () => postForm(url, { ...huaweiApp, grant_type: 'refresh_token', refresh_token });
    expect((await refresh()).json).toMatchObject({ expires_in: 20 });
    emulator.advanceClock(40);
    expect((await refresh()).json).toMatchObject({ sub_error: 11205 });
  });

  it('hold for AnyWeb', async () => {
    const emulator = await start({ lifetimes, clock });
    const login = async (generation: 'G1' | 'G2' | 'G3') => {
      const code = emulator.issueCode('anyweb', { generation });
      return (await postJson(`${emulator.url}/oauth/accessToken`, { ...anyweb, code })).json.data;
    };
    expect(await login('G1')).toMatchObject({ expiresIn: 1_700_000_020 });
    expect(await login('G2')).toMatchObject({ expiresIn: 20, refreshExpiresIn: 60 });
    const data = await login('G3');
    expect(data).toMatchObject({ expire: 20, refreshExpire: 60 });
    const { refreshToken } = data;
    const renewed = await postJson(`${emulator.url}/open/refreshToken`, { refreshToken });
    expect(renewed.json.data).toMatchObject({ expire: 20, refreshExpire: 60 });
    const service = await postJson(`${emulator.url}/service/serviceToken`, anyweb);
    expect(service.json.data).toMatchObject({ expiresIn: 20 });
  });

  it('hold for 猿之棒', async () => {
    const emulator = await start({ lifetimes, clock });
    const call = async (path: string, fields: Record<string, string>) =>
      (await postForm(`${emulator.url}/OAuth2/${path}`, { ...yuanzhibang, ...fields })).json.data;
    const code = emulator.issueCode('yuanzhibang');
    expect(await call('token', { grant_type: 'authorization_code', code })).toMatchObject({ expires_in: 20 });
    const server = await call('token', { grant_type: 'client_credential' });
    expect(server).toMatchObject({ expires_in: 20 });
    const access_token = String(server['access_token']);
    const first = await call('ticket', { type: 'js_ticket', access_token });
    expect(first).toMatchObject({ expires_in: 30 });
    await call('ticket', { type: 'js_ticket', access_token });
    const check = { type: 'js_ticket', code: String(first['ticket']) };
    expect(await call('checkCode', check)).toEqual({ expires_in: 1_700_000_030 });
  });

  it.each([{ accessToken: 0 }, { refreshToken: 1.5 }, { ticket: -1 }])('cannot be %j', async (wrong) => {
    await expect(start({ lifetimes: wrong })).rejects.toThrow(/^lifetimes\.\w+: /);
  });
});

describe('many users', () => {
  it('a hundred thousand hold codes, and the platform still knows the first and the last', async () => {
    const emulator: PlatformEmulator = await start({ clock });
    const codes = Array.from({ length: 100_000 }, (_, each) =>
      emulator.issueCode('wps', { user: `user-${each}` }),
    );
    const redirect_uri = 'http://127.0.0.1/';
    for (const [code, name] of [
      [codes[0], '用户 0'],
      [codes.at(-1), '用户 99999'],
    ]) {
      const form = { grant_type: 'authorization_code', code: code ?? '', redirect_uri };
      const { access } = pairOf(await wpsToken(emulator, form));
      expect((await wpsProfile(emulator, access)).json.data['user_name']).toBe(name);
    }
  });
});
