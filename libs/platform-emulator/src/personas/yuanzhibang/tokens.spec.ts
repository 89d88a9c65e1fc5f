import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type Answer, ask, postForm, start } from '../../testing/harness.js';

type Fields = Record<string, string>;

const { clientId: app_id, clientSecret: secret } = demoClients.yuanzhibang;
const other = { app_id: '200022', secret: 'other' };
const clients = { yuanzhibang: [{ clientId: '200022', clientSecret: 'other' }] };
const clock = { now: () => 1_654_569_706_900 };

const call = (emulator: PlatformEmulator, path: string, fields: Fields) =>
  postForm(`${emulator.url}/OAuth2/${path}`, { app_id, ...fields });

interface Tokens {
  readonly open_id: string;
  readonly access: string;
  readonly refresh: string;
}

function tokensOf({ json }: Answer): Tokens {
  const { open_id, access_token, refresh_token } = json.data;
  return { open_id: String(open_id), access: String(access_token), refresh: String(refresh_token) };
}

async function login(emulator: PlatformEmulator, user = 'alice') {
  const code = emulator.issueCode('yuanzhibang', { user });
  return tokensOf(await call(emulator, 'token', { secret, grant_type: 'authorization_code', code }));
}

async function serverToken(emulator: PlatformEmulator, fields: Fields = {}) {
  const answer = await call(emulator, 'token', { secret, grant_type: 'client_credential', ...fields });
  return tokensOf(answer).access;
}

const refresh = (
  emulator: PlatformEmulator,
  { open_id, refresh: refresh_token }: Tokens,
  fields: Fields = {},
) => call(emulator, 'refreshtoken', { grant_type: 'refresh_token', open_id, refresh_token, ...fields });

const ticket = (emulator: PlatformEmulator, access_token: string, fields: Fields = {}) =>
  call(emulator, 'ticket', { access_token, type: 'js_ticket', ...fields });

const check = (emulator: PlatformEmulator, fields: Fields) => call(emulator, 'checkCode', fields);

function expectRefused(answer: Answer, status: string, message: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ status, message, data: [] });
}

describe('yuanzhibang refreshtoken', () => {
  it('answers like the token endpoint, without a secret, and rotates', async () => {
    const emulator = await start();
    const old = await login(emulator);
    const answer = await refresh(emulator, old);
    const hex = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(answer.json).toEqual({
      status: 2000,
      message: 'ok',
      data: {
        open_id: old.open_id,
        access_token: hex,
        expires_in: 7200,
        refresh_token: hex,
        scope: 'sns_base',
      },
    });
    expectRefused(await refresh(emulator, old), '4102', 'refresh_token is invalid');
    for (const { access, open_id } of [old, tokensOf(answer)]) {
      const checked = await check(emulator, { type: 'access_token', code: access, open_id });
      expect(checked.json).toMatchObject({ status: '2000' });
    }
    expect((await refresh(emulator, tokensOf(answer))).json).toMatchObject({ status: 2000 });
    expect(emulator.counters().yuanzhibang).toMatchObject({ exchanges: 1, refreshes: 2, reuse: 1 });
  });

  it('ends the grant on reuse, with reuse detection', async () => {
    const emulator = await start({ reuseDetection: true });
    const old = await login(emulator);
    const next = tokensOf(await refresh(emulator, old));
    await refresh(emulator, old);
    expectRefused(await refresh(emulator, next), '4102', 'refresh_token is invalid');
    const { access: code, open_id } = next;
    expectRefused(
      await check(emulator, { type: 'access_token', code, open_id }),
      '4102',
      'access_token is invalid',
    );
  });

  it('ends thirty days after the consent', async () => {
    const emulator = await start({ clock });
    const first = await login(emulator);
    emulator.advanceClock(2_591_999);
    const second = tokensOf(await refresh(emulator, first));
    emulator.advanceClock(1);
    expectRefused(await refresh(emulator, second), '4102', 'refresh_token is invalid');
  });

  it.each([
    [{ app_id: 'unknown' }, '4101', 'app_id is invalid'],
    [{ grant_type: 'authorization_code' }, '4101', 'grant_type is invalid'],
    [{ open_id: '' }, '4101', 'open_id is invalid'],
    [{ refresh_token: '' }, '4101', 'refresh_token is required'],
    [{ refresh_token: 'unknown' }, '4102', 'refresh_token is invalid'],
    [{ open_id: 'unknown' }, '4102', 'refresh_token is invalid'],
    [{ app_id: '200022' }, '4102', 'refresh_token is invalid'],
  ])('refuses %j', async (fields, status, message) => {
    const emulator = await start({ clients });
    const tokens = await login(emulator);
    expectRefused(await refresh(emulator, tokens, fields), status, message);
    expect((await refresh(emulator, tokens)).json).toMatchObject({ status: 2000 });
  });

  it('has its t in lower case and takes POST', async () => {
    const emulator = await start();
    expect((await call(emulator, 'refreshToken', {})).status).toBe(404);
    expect((await ask(`${emulator.url}/OAuth2/refreshtoken`)).status).toBe(405);
  });
});

describe('yuanzhibang server token', () => {
  it('ends the one before at once', async () => {
    const emulator = await start({ clients });
    const [old, foreign] = [await serverToken(emulator), await serverToken(emulator, other)];
    expect((await ticket(emulator, old)).json).toMatchObject({ status: '2000' });
    const latest = await serverToken(emulator);
    expectRefused(await ticket(emulator, old), '4102', 'server_access_token is invalid');
    expect((await ticket(emulator, latest)).json).toMatchObject({ status: '2000' });
    expect((await ticket(emulator, foreign, { app_id: other.app_id })).json).toMatchObject({
      status: '2000',
    });
    expect(emulator.counters().yuanzhibang).toMatchObject({ appTokens: 3, tickets: 3 });
  });
});

describe('yuanzhibang ticket', () => {
  it('is 64 hexadecimal digits for 7200 seconds', async () => {
    const emulator = await start();
    expect((await ticket(emulator, await serverToken(emulator))).json).toEqual({
      status: '2000',
      message: 'ok',
      data: { ticket: expect.stringMatching(/^[0-9a-f]{64}$/), expires_in: 7200 },
    });
  });

  it('leaves the one before ten minutes, or what it has left of them', async () => {
    const emulator = await start({ clock });
    const token = await serverToken(emulator);
    const fetchTicket = async () => String((await ticket(emulator, token)).json.data['ticket']);
    const end = async (code: string) =>
      (await check(emulator, { type: 'js_ticket', code })).json.data['expires_in'];
    const now = Math.floor(clock.now() / 1000);
    const first = await fetchTicket();
    expect(await end(first)).toBe(now + 7200);
    emulator.advanceClock(60);
    const second = await fetchTicket();
    expect([await end(first), await end(second)]).toEqual([now + 660, now + 7260]);
    emulator.advanceClock(599);
    const third = await fetchTicket();
    expect([await end(first), await end(second)]).toEqual([now + 660, now + 1259]);
    emulator.advanceClock(1);
    expectRefused(await check(emulator, { type: 'js_ticket', code: first }), '4102', 'js_ticket is invalid');
    expect(await end(third)).toBe(now + 7859);
  });

  it.each([
    [{ app_id: 'unknown' }, '4101', 'app_id is invalid'],
    [{ type: 'ticket' }, '4101', 'type is invalid'],
    [{ access_token: '' }, '4101', 'access_token is required'],
    [{ access_token: 'unknown' }, '4102', 'server_access_token is invalid'],
    [{ app_id: '200022' }, '4102', 'server_access_token is invalid'],
  ])('refuses %j', async (fields, status, message) => {
    const emulator = await start({ clients });
    const token = await serverToken(emulator);
    expectRefused(await ticket(emulator, token, fields), status, message);
  });

  it('takes no user token and no expired server token', async () => {
    const emulator = await start();
    const { access } = await login(emulator);
    expectRefused(await ticket(emulator, access), '4102', 'server_access_token is invalid');
    const token = await serverToken(emulator);
    emulator.advanceClock(7200);
    expectRefused(await ticket(emulator, token), '4102', 'server_access_token is invalid');
  });
});

describe('yuanzhibang checkCode', () => {
  it('answers the absolute second of the end, as a number', async () => {
    const emulator = await start({ clock });
    const { access, open_id } = await login(emulator);
    const server = await serverToken(emulator);
    const js = String((await ticket(emulator, server)).json.data['ticket']);
    for (const fields of [
      { type: 'access_token', code: access, open_id },
      { type: 'access_token', code: server },
      { type: 'js_ticket', code: js },
    ]) {
      const answer = await check(emulator, fields);
      expect(answer.json).toEqual({ status: '2000', message: 'ok', data: { expires_in: 1_654_576_906 } });
    }
    expect(emulator.counters().yuanzhibang.introspections).toBe(3);
  });

  it('answers 4102 for what is not valid', async () => {
    const emulator = await start({ clients });
    const { access, open_id } = await login(emulator);
    const server = await serverToken(emulator);
    const somebody = (await login(emulator, 'ouyang')).open_id;
    const type = 'access_token';
    const serverMessage = 'server_access_token is invalid';
    const userMessage = 'access_token is invalid';
    expectRefused(await check(emulator, { type, code: 'unknown' }), '4102', serverMessage);
    expectRefused(await check(emulator, { type, code: access }), '4102', serverMessage);
    expectRefused(await check(emulator, { type, code: server, app_id: '200022' }), '4102', serverMessage);
    expectRefused(await check(emulator, { type, code: server, open_id }), '4102', userMessage);
    expectRefused(await check(emulator, { type, code: access, open_id: somebody }), '4102', userMessage);
    expectRefused(await check(emulator, { type: 'js_ticket', code: server }), '4102', 'js_ticket is invalid');
    emulator.advanceClock(7200);
    expectRefused(await check(emulator, { type, code: server }), '4102', serverMessage);
    expectRefused(await check(emulator, { type, code: access, open_id }), '4102', userMessage);
    expect(emulator.counters().yuanzhibang.introspections).toBe(0);
  });

  it.each([
    [{ app_id: 'unknown' }, 'app_id is invalid'],
    [{ type: 'refresh_token' }, 'type is invalid'],
    [{ code: '' }, 'code is required'],
  ])('answers 4101 for %j', async (fields, message) => {
    const emulator = await start();
    const right = { type: 'access_token', code: await serverToken(emulator) };
    expectRefused(await check(emulator, { ...right, ...(fields as unknown as Fields) }), '4101', message);
  });

  it('knows what steering has revoked', async () => {
    const emulator = await start();
    const { access, open_id } = await login(emulator);
    const server = await serverToken(emulator);
    const js = String((await ticket(emulator, server)).json.data['ticket']);
    expect(emulator.revoke('yuanzhibang', { user: 'alice', what: 'access' })).toBe(1);
    expect((await check(emulator, { type: 'access_token', code: access, open_id })).json['status']).toBe(
      '4102',
    );
    expect((await check(emulator, { type: 'access_token', code: server })).json['status']).toBe('2000');
    expect(emulator.revoke('yuanzhibang', { what: 'app' })).toBe(2);
    expect((await check(emulator, { type: 'access_token', code: server })).json['status']).toBe('4102');
    expect((await check(emulator, { type: 'js_ticket', code: js })).json['status']).toBe('4102');
  });
});
