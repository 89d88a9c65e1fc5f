import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type IssueCodeOptions } from '../../steering/controls.js';
import { type Answer, ask, postForm, postJson, start } from '../../testing/harness.js';

const app = { app_id: demoClients.yuanzhibang.clientId, secret: demoClients.yuanzhibang.clientSecret };
const other = { app_id: '200022', secret: 'other' };
const clients = { yuanzhibang: [{ clientId: '200022', clientSecret: 'other' }] };

const token = (emulator: PlatformEmulator, fields: Record<string, string>) =>
  postForm(`${emulator.url}/OAuth2/token`, { ...app, ...fields });

const exchange = (emulator: PlatformEmulator, code: string, fields: Record<string, string> = {}) =>
  token(emulator, { grant_type: 'authorization_code', code, ...fields });

async function login(emulator: PlatformEmulator, options: IssueCodeOptions = {}) {
  const { data } = (await exchange(emulator, emulator.issueCode('yuanzhibang', options))).json;
  return { open_id: String(data['open_id']), userToken: String(data['access_token']) };
}

async function serverToken(emulator: PlatformEmulator, fields: Record<string, string> = {}) {
  const { data } = (await token(emulator, { grant_type: 'client_credential', ...fields })).json;
  return String(data['access_token']);
}

const baseInfo = (emulator: PlatformEmulator, fields: Record<string, string>) =>
  postForm(`${emulator.url}/UserResource/getUserBaseInfo`, { app_id: app.app_id, ...fields });

function expectRefused(answer: Answer, status: string, message?: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ status, message: message ?? expect.any(String), data: [] });
}

describe('yuanzhibang token', () => {
  it('exchanges a code, with the status as a number', async () => {
    const emulator = await start();
    const answer = await exchange(emulator, emulator.issueCode('yuanzhibang'));
    expect(answer.json).toEqual({
      status: 2000,
      message: 'ok',
      data: {
        open_id: expect.stringMatching(/^[A-Za-z0-9+/]{230}$/),
        access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
        expires_in: 7200,
        refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/),
        scope: 'sns_base',
      },
    });
    const openId = String(answer.json.data['open_id']);
    expect(Buffer.from(openId, 'base64').toString()).toMatch(/^[A-Za-z0-9+/]{171}=$/);
  });

  it('hands out a server token, with the status as a string', async () => {
    const emulator = await start();
    expect((await token(emulator, { grant_type: 'client_credential' })).json).toEqual({
      status: '2000',
      message: 'ok',
      data: { access_token: expect.stringMatching(/^[0-9a-f]{64}$/), expires_in: 7200 },
    });
  });

  it('takes a code once, for five minutes, from its own app', async () => {
    const emulator = await start({ clients });
    const issue = () => emulator.issueCode('yuanzhibang', { clientId: app.app_id });
    const [once, late, foreign] = [issue(), issue(), issue()];
    expect((await exchange(emulator, once)).json).toMatchObject({ status: 2000 });
    expectRefused(await exchange(emulator, once), '4102', 'authorization_code is invalid');
    expectRefused(await exchange(emulator, foreign, other), '4102');
    emulator.advanceClock(300);
    expectRefused(await exchange(emulator, late), '4102');
  });

  it.each([
    [{ app_id: 'unknown' }, '4101', 'app_id is invalid'],
    [{ secret: 'wrong' }, '4101', 'secret is invalid'],
    [{ grant_type: 'client_credentials' }, '4101', 'grant_type is invalid'],
    [{ code: '' }, '4101', 'code is required'],
    [{ code: 'unknown' }, '4102', 'authorization_code is invalid'],
  ])('refuses %j', async (fields, status, message) => {
    const emulator = await start();
    expectRefused(await exchange(emulator, emulator.issueCode('yuanzhibang'), fields), status, message);
  });

  it('reads nothing but forms, answers nothing but POST, and minds the case of its path', async () => {
    const emulator = await start();
    const fields = { ...app, grant_type: 'client_credential' };
    expectRefused(await postJson(`${emulator.url}/OAuth2/token`, fields), '4101');
    expect((await ask(`${emulator.url}/OAuth2/token`)).status).toBe(405);
    expect((await postForm(`${emulator.url}/oauth2/token`, fields)).json).toMatchObject({ code: 400990003 });
    expect((await postForm(`${emulator.url}/OAuth2/token/`, fields)).status).toBe(404);
  });

  it('knows a user by another open_id in another app', async () => {
    const emulator = await start({ clients });
    const here = (await login(emulator)).open_id;
    const there = (await exchange(emulator, emulator.issueCode('yuanzhibang'), other)).json;
    expect(there.data['open_id']).not.toBe(here);
    expect((await login(emulator)).open_id).toBe(here);
  });
});

describe('yuanzhibang user resource', () => {
  it('answers nick, avatar and sex to the server token', async () => {
    const emulator = await start();
    const { open_id } = await login(emulator, { user: 'ouyang' });
    const answer = await baseInfo(emulator, { open_id, access_token: await serverToken(emulator) });
    expect(answer.json).toEqual({
      status: '2000',
      message: 'ok',
      data: {
        nick: '欧阳静怡 🌸',
        avatar: `${emulator.url}/__emulator/avatars/yuanzhibang/ouyang.svg`,
        sex: '2',
      },
    });
  });

  it('refuses every token but a living server token of the app', async () => {
    const emulator = await start({ clients });
    const { open_id, userToken } = await login(emulator);
    const mine = await serverToken(emulator);
    const message = 'server_access_token is invalid';
    const foreign = await serverToken(emulator, other);
    for (const access_token of [userToken, foreign, 'unknown']) {
      expectRefused(await baseInfo(emulator, { open_id, access_token }), '4102', message);
    }
    emulator.advanceClock(7200);
    expectRefused(await baseInfo(emulator, { open_id, access_token: mine }), '4102', message);
  });

  it('refuses what the user has not granted, until the user grants it', async () => {
    const emulator = await start();
    const access_token = await serverToken(emulator);
    const { open_id } = await login(emulator, { scopes: ['user/send_app_message'] });
    expectRefused(await baseInfo(emulator, { open_id, access_token }), '4103');
    await login(emulator);
    expect((await baseInfo(emulator, { open_id, access_token })).json).toMatchObject({ status: '2000' });
  });

  it.each([
    ['open_id', { open_id: '' }],
    ['open_id', { open_id: 'unknown' }],
    ['app_id', { app_id: 'unknown' }],
    ['access_token', { access_token: '' }],
  ])('refuses a wrong %s: %j', async (name, fields) => {
    const emulator = await start();
    const { open_id } = await login(emulator);
    const right = { open_id, access_token: await serverToken(emulator) };
    const answer = await baseInfo(emulator, { ...right, ...(fields as Record<string, string>) });
    expectRefused(answer, '4101', expect.stringContaining(name) as unknown as string);
  });
});
