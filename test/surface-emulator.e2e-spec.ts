import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { demoClients } from 'platform-emulator';
import { Browser, type Reply } from './support/browser.js';
import { freePort } from './support/plain-app.js';
import { Program } from './surface/program.js';
import { listens, raw } from './surface/raw.js';

const providers = ['huawei', 'wps', 'anyweb', 'yuanzhibang'];
const own = { id: 'AK777', secret: 'a-secret-of-its-own', uri: 'https://app.example.com/cb' };

/** As other languages' clients meet it: a process, and HTTP. */
describe('the emulator', () => {
  let program: Program;
  let url: string;
  let wpsUrl: string;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const wpsPort = await freePort();
    program = await Program.start('emulator', {
      EMULATOR_PORT: String(port),
      EMULATOR_PORTS: `wps:${wpsPort}`,
      EMULATOR_CLIENTS: `wps:${own.id}:${own.secret}:${own.uri}`,
    });
    url = `http://127.0.0.1:${port}`;
    wpsUrl = `http://127.0.0.1:${wpsPort}`;
  });
  afterAll(async () => {
    await program.stop('SIGINT');
  });
  beforeEach(() => steer('reset'));

  const visit = (path: string, options: Parameters<Browser['visit']>[1] = {}): Promise<Reply> =>
    new Browser().visit(`${url}${path}`, options);
  const steer = (what: string, json: unknown = {}): Promise<Reply> => visit(`/__emulator/${what}`, { json });
  const log = async (): Promise<Record<string, unknown>[]> =>
    (JSON.parse((await visit('/__emulator/log')).text) as { requests: Record<string, unknown>[] }).requests;
  const authorize = (client: string, uri: string): string =>
    `/oauth2/auth?${new URLSearchParams({ client_id: client, redirect_uri: uri, response_type: 'code', scope: 'kso.user_base.read', state: 's' }).toString()}`;

  it('says where it is, and is on loopback only', async () => {
    expect(program.stdout).toBe(`emulator ready at ${url}\n`);
    expect([await listens('127.0.0.1', port), await listens('127.0.0.2', port)]).toEqual([true, false]);
  });

  it.each(providers)('hands out codes of %s as its SDK would', async (provider) => {
    const given = [await steer(`codes/${provider}`), await steer(`codes/${provider}`, { user: 'alice' })];
    const codes = given.map(({ status, text }) => {
      expect(status).toBe(201);
      const body = JSON.parse(text) as { code: string };
      expect(Object.keys(body)).toEqual(['code']);
      return body.code;
    });
    expect(new Set(codes).size).toBe(2);
    expect(codes.every((code) => code.length > 8)).toBe(true);
  });

  it.each([
    ['codes/nobody', {}, 404],
    ['codes/wps', { user: 'nobody' }, 400],
    ['codes/wps', { generation: 'G3' }, 400],
    ['codes/anyweb', { generation: 'G4' }, 400],
    ['faults', { provider: 'wps', times: 1, fault: { kind: 'other' } }, 400],
    ['faults', { provider: 'wps', times: 0, fault: { kind: 'empty' } }, 400],
    ['faults', { provider: 'nobody', times: 1, fault: { kind: 'empty' } }, 400],
    ['clock', {}, 400],
    ['clock', { advanceSeconds: -1 }, 400],
  ])('refuses %s %j with %i and a problem', async (what, body, status) => {
    const reply = await steer(what, body);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(reply.text)).toMatchObject({ status, detail: expect.any(String) });
  });

  const token = '/oauth2/token';
  const hit = async (fault: object, path?: string): Promise<Reply> => {
    expect((await steer('faults', { provider: 'wps', times: 1, fault, ...(path && { path }) })).status).toBe(
      204,
    );
    return visit(token, { form: {} });
  };

  it.each([
    [{ kind: 'status', status: 503, body: 'busy' }, 503, 'text/plain', 'busy'],
    [{ kind: 'html', status: 200, body: '<p>hello' }, 200, 'text/html', '<p>hello'],
    [{ kind: 'empty', status: 204 }, 204, null, ''],
    [{ kind: 'json', status: 418, body: { a: [1] } }, 418, 'application/json', '{"a":[1]}'],
    [{ kind: 'slow', ms: 1, body: { a: 1 } }, 200, 'application/json', '{"a":1}'],
  ])('answers once with the fault %j, and then as ever', async (fault, status, type, text) => {
    const reply = await hit(fault, token);
    expect([reply.status, reply.text]).toEqual([status, text]);
    expect(reply.headers.get('content-type')?.split(';')[0] ?? null).toBe(type);
    expect((await visit(token, { form: {} })).status).toBe(400);
  });

  it('redirects, resets and never ends where it is told to', async () => {
    const redirect = await hit({ kind: 'redirect', status: 302, body: 'https://example.com/' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'https://example.com/']);
    await expect(hit({ kind: 'reset' })).rejects.toThrow('fetch failed');
    await steer('faults', { provider: 'wps', times: 1, fault: { kind: 'endless' } });
    const endless = await fetch(`${url}${token}`, { method: 'POST' });
    const reader = (endless.body as ReadableStream<Uint8Array>).getReader();
    let size = 0;
    while (size < 1_000_000) size += (await reader.read()).value?.length ?? 0;
    await reader.cancel();
    expect(size).toBeGreaterThanOrEqual(1_000_000);
  });

  it('hits as many requests as told, of that platform and that path, and forgets faults at a reset', async () => {
    await steer('faults', { provider: 'wps', path: token, times: 2, fault: { kind: 'status', status: 503 } });
    expect((await visit('/v7/users/current')).status).toBe(401);
    expect((await visit('/OAuth2/token', { form: {} })).status).toBe(200);
    expect((await visit(token, { form: {} })).status).toBe(503);
    await steer('reset');
    expect((await visit(token, { form: {} })).status).toBe(400);
  });

  it('moves its clock, with the Date header and what expires, and puts it back at a reset', async () => {
    const now = async (advanceSeconds: number): Promise<number> => {
      const reply = await steer('clock', { advanceSeconds });
      const { now } = JSON.parse(reply.text) as { now: string };
      expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(Math.abs(Date.parse(reply.headers.get('date') ?? '') - Date.parse(now))).toBeLessThan(1000);
      return Date.parse(now);
    };
    const day = 86_400;
    const before = await now(0);
    expect(await now(day)).toBeGreaterThanOrEqual(before + day * 1000);
    await steer('reset');
    expect(await now(0)).toBeLessThan(before + day * 1000);
  });

  it('logs requests without secrets, and forgets them at a reset', async () => {
    const code = (JSON.parse((await steer('codes/anyweb')).text) as { code: string }).code;
    const { clientId: appid, clientSecret: secret } = demoClients.anyweb;
    await visit('/oauth/accessToken', { json: { appid, secret, code } });
    await visit('/v7/users/current?access_token=in-the-query');
    expect(await log()).toEqual([
      {
        at: expect.stringMatching(/Z$/),
        provider: 'anyweb',
        method: 'POST',
        path: '/oauth/accessToken',
        status: 200,
      },
      {
        at: expect.stringMatching(/Z$/),
        provider: 'wps',
        method: 'GET',
        path: '/v7/users/current',
        status: 401,
      },
    ]);
    expect((await steer('reset')).status).toBe(204);
    expect(await log()).toEqual([]);
  });

  it('tells paths apart that differ in nothing but case', async () => {
    const wps = JSON.parse((await visit('/oauth2/token', { form: {} })).text) as object;
    const yuanzhibang = JSON.parse((await visit('/OAuth2/token', { form: {} })).text) as object;
    expect([Object.keys(wps), Object.keys(yuanzhibang)]).toEqual([
      ['code', 'msg'],
      ['status', 'message', 'data'],
    ]);
    for (const path of ['/Oauth2/token', '/oauth2/TOKEN', '/oauth2/token/', '/__EMULATOR/log']) {
      expect((await visit(path, { form: {} })).status).toBe(404);
    }
  });

  it.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example:80', 403],
    ['localhost@evil.example', 403],
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['127.1.2.3:9', 200],
    ['[::1]', 200],
  ])('is steered under the Host %j: %i', async (host, status) => {
    expect((await raw(`${url}/__emulator/log`, { headers: { host } })).status).toBe(status);
    const reset = await raw(`${url}/__emulator/reset`, { method: 'POST', headers: { host } });
    expect(reset.status).toBe(status === 200 ? 204 : 403);
  });

  it('is not steered by pages of other sites', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const reply = await raw(`${url}/__emulator/reset`, { method: 'POST', headers: { origin } });
      expect(reply.status).toBe(403);
    }
  });

  it('asks for consent with a form: a decision and a choice of users', async () => {
    const { clientId } = demoClients.wps;
    const page = await visit(authorize(clientId, 'http://127.0.0.1:1/cb'));
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toMatch(/<form method="post"/);
    for (const value of ['approve', 'deny']) expect(page.text).toContain(`name="decision" value="${value}"`);
    expect([...page.text.matchAll(/name="user" value="([^"]*)"/g)].map(([, user]) => user)).toEqual(
      expect.arrayContaining(['zhangwei', 'alice', 'mallory']),
    );
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
  });

  it('knows the clients it is given, and where they may be sent', async () => {
    const approved = await visit(authorize(own.id, own.uri), {
      form: { decision: 'approve', user: 'alice' },
    });
    const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const exchange = (client_secret: string) =>
      visit(token, {
        form: {
          grant_type: 'authorization_code',
          client_id: own.id,
          client_secret,
          code,
          redirect_uri: own.uri,
        },
      });
    expect((await exchange('wrong')).status).toBe(401);
    expect((await exchange(own.secret)).status).toBe(200);
    expect((await visit(authorize(own.id, 'http://127.0.0.1/cb'))).status).toBe(400);
  });

  it('gives a platform its own port, with nothing else on it', async () => {
    const visitAlone = (path: string) => new Browser().visit(`${wpsUrl}${path}`, { form: {} });
    expect((await visitAlone(token)).status).toBe(400);
    expect((await visitAlone('/OAuth2/token')).status).toBe(404);
    expect((await new Browser().visit(`${wpsUrl}/__emulator/log`)).status).toBe(200);
    expect((await visit(token, { form: {} })).status).toBe(400);
  });

  it('approves by itself when told to', async () => {
    const generous = await Program.start('emulator', { EMULATOR_PORT: '0', EMULATOR_AUTO_APPROVE: '1' });
    const at = /ready at (\S+)/.exec(generous.stdout)?.[1] ?? '';
    const reply = await new Browser().visit(
      `${at}${authorize(demoClients.wps.clientId, 'http://127.0.0.1:1/cb')}`,
    );
    expect([reply.status, reply.headers.get('location')]).toEqual([
      302,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/cb\?.*code=[^&]+/),
    ]);
    expect(await generous.stop()).toBe(0);
  });
});
