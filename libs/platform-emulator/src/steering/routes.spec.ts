import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { type PlatformEmulator } from '../emulator.js';
import { ask, postForm, postJson, start, statusOf } from '../testing/harness.js';

const steer = (emulator: PlatformEmulator, path: string, body: unknown) =>
  postJson(`${emulator.url}/__emulator/${path}`, body);

const serverToken = {
  app_id: demoClients.yuanzhibang.clientId,
  secret: demoClients.yuanzhibang.clientSecret,
  grant_type: 'client_credential',
};

describe('codes', () => {
  it.each(['huawei', 'wps', 'anyweb', 'yuanzhibang'])('hands out a code of %s', async (provider) => {
    const emulator = await start();
    const answer = await steer(emulator, `codes/${provider}`, {});
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({ code: expect.any(String) });
    const bare = await ask(`${emulator.url}/__emulator/codes/${provider}`, { method: 'POST' });
    expect(bare.status).toBe(201);
  });

  it('lets user, scopes and generation be chosen', async () => {
    const emulator = await start();
    const body = { user: 'user-7', scopes: ['baseInfo', 'identity'], generation: 'G3' };
    const { json } = await steer(emulator, 'codes/anyweb', body);
    const { clientId: appid, clientSecret: secret } = demoClients.anyweb;
    const token = await postJson(`${emulator.url}/oauth/accessToken`, { appid, secret, ...json });
    expect(token.json.data).toMatchObject({ scope: 'baseInfo,identity', expire: 7200 });
  });

  it('knows no other provider', async () => {
    const emulator = await start();
    expect((await steer(emulator, 'codes/other', {})).status).toBe(404);
  });

  it('refuses in code what it refuses over HTTP', async () => {
    const emulator = await start();
    expect(() => emulator.issueCode('wps', { user: 'nobody' })).toThrow(/^user: /);
    expect(() => emulator.issueCode('wps', { generation: 'G2' })).toThrow(/^generation: /);
    expect(() => emulator.advanceClock(-1)).toThrow(/^advanceSeconds: /);
    expect(() => emulator.addFault({ provider: 'wps', times: 0, fault: { kind: 'empty' } })).toThrow(
      /^times: /,
    );
  });
});

describe('bodies', () => {
  const fault = { kind: 'empty' };
  it.each([
    ['codes/wps', { user: 'nobody' }, 'user'],
    ['codes/wps', { scopes: 'openid' }, 'scopes'],
    ['codes/wps', { scopes: ['a', 5] }, 'scopes.1'],
    ['codes/anyweb', { generation: 'G4' }, 'generation'],
    ['codes/wps', { generation: 'G1' }, 'generation'],
    ['codes/wps', { surprise: 1 }, 'surprise'],
    ['faults', {}, 'provider'],
    ['faults', { provider: 'other', times: 1, fault }, 'provider'],
    ['faults', { provider: 'wps', times: 0, fault }, 'times'],
    ['faults', { provider: 'wps', times: 1.5, fault }, 'times'],
    ['faults', { provider: 'wps', times: 1, path: 'oauth2/token', fault }, 'path'],
    ['faults', { provider: 'wps', times: 1, path: '/__emulator/log', fault }, 'path'],
    ['faults', { provider: 'wps', times: 1 }, 'fault'],
    ['faults', { provider: 'wps', times: 1, fault: { kind: 'flood' } }, 'fault.kind'],
    ['faults', { provider: 'wps', times: 1, fault: { kind: 'status', status: 99 } }, 'fault.status'],
    ['faults', { provider: 'wps', times: 1, fault: { kind: 'slow', ms: -1 } }, 'fault.ms'],
    ['faults', { provider: 'wps', times: 1, fault: { kind: 'redirect', body: {} } }, 'fault.body'],
    ['clock', {}, 'advanceSeconds'],
    ['clock', { advanceSeconds: '5' }, 'advanceSeconds'],
    ['clock', { advanceSeconds: -5 }, 'advanceSeconds'],
    ['clock', [], 'body'],
  ])('%s refuses %j and names %s', async (path, body, field) => {
    const emulator = await start();
    const answer = await steer(emulator, path, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400, field });
    expect(answer.json['detail']).toContain(field);
  });

  it('refuses what is not JSON', async () => {
    const emulator = await start();
    const answer = await ask(`${emulator.url}/__emulator/clock`, { method: 'POST', body: '{' });
    expect(answer.status).toBe(400);
  });
});

describe('clock, reset and log', () => {
  it('moves the clock and the Date header together', async () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    const emulator = await start({ clock: { now: () => now } });
    const answer = await steer(emulator, 'clock', { advanceSeconds: 90.5 });
    expect(answer.json).toEqual({ now: '2026-01-01T00:01:30.500Z' });
    const next = await postForm(`${emulator.url}/OAuth2/token`, serverToken);
    expect(next.headers.get('date')).toBe('Thu, 01 Jan 2026 00:01:30 GMT');
    emulator.reset();
    expect(emulator.advanceClock(0)).toEqual(new Date(now));
  });

  it('lists the requests without query or secret', async () => {
    const emulator = await start({ clock: { now: () => 0 } });
    await ask(`${emulator.url}/oauth2/auth?client_id=secret-id`);
    await postForm(`${emulator.url}/OAuth2/token`, serverToken);
    await ask(`${emulator.url}/nowhere?x=1`);
    const answer = await ask(`${emulator.url}/__emulator/log`);
    const at = '1970-01-01T00:00:00.000Z';
    expect(answer.json).toEqual({
      requests: [
        { at, provider: 'wps', method: 'GET', path: '/oauth2/auth', status: 400 },
        { at, provider: 'yuanzhibang', method: 'POST', path: '/OAuth2/token', status: 200 },
        { at, provider: null, method: 'GET', path: '/nowhere', status: 404 },
      ],
    });
    expect(answer.text).not.toContain('secret');
  });

  it('forgets codes, tokens, faults, log and clock offset, and keeps clients', async () => {
    const clients = { wps: [{ clientId: 'AKEXTRA', clientSecret: 'extra' }] };
    const emulator = await start({ clients });
    const redirect_uri = 'http://127.0.0.1/';
    const exchange = (code: string) =>
      postForm(`${emulator.url}/oauth2/token`, {
        grant_type: 'authorization_code',
        client_id: 'AKEXTRA',
        client_secret: 'extra',
        code,
        redirect_uri,
      });
    const { access_token } = (await exchange(emulator.issueCode('wps'))).json;
    const code = emulator.issueCode('wps');
    emulator.addFault({ provider: 'wps', times: 9, fault: { kind: 'status', status: 503 } });
    emulator.advanceClock(1000);

    const before = Date.now();
    expect((await ask(`${emulator.url}/__emulator/reset`, { method: 'POST' })).status).toBe(204);
    expect(emulator.log()).toEqual([]);
    expect(emulator.advanceClock(0).getTime() - before).toBeLessThan(60_000);
    expect((await exchange(code)).json).toMatchObject({ msg: 'code is invalid' });
    const headers = { authorization: `Bearer ${String(access_token)}` };
    expect((await ask(`${emulator.url}/v7/users/current`, { headers })).status).toBe(401);
    expect((await exchange(emulator.issueCode('wps'))).status).toBe(200);
  });
});

describe('who may steer', () => {
  it.each([
    ['attacker.example', 403],
    ['attacker.example:4000', 403],
    ['127.0.0.1.attacker.example', 403],
    ['localhost.attacker.example', 403],
    ['a127.0.0.1', 403],
    ['128.0.0.1', 403],
    ['[::2]', 403],
    ['127.0.0.1', 200],
    ['127.8.9.10:1', 200],
    ['LOCALHOST:65535', 200],
    ['[::1]:4000', 200],
  ])('answers Host %s with %d', async (host, status) => {
    const emulator = await start();
    expect(await statusOf(`${emulator.url}/__emulator/log`, 'GET', { host })).toBe(status);
  });

  it.each([
    ['https://attacker.example', 403],
    ['null', 403],
    ['http://localhost:3000', 204],
    ['http://127.0.0.1:3000', 204],
  ])('answers a POST from a page of %s with %d', async (origin, status) => {
    const emulator = await start();
    expect(await statusOf(`${emulator.url}/__emulator/reset`, 'POST', { origin })).toBe(status);
  });
});
