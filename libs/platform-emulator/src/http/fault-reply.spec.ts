import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { type Fault } from '../core/faults.js';
import { type PlatformEmulator } from '../emulator.js';
import { ask, postForm, start } from '../testing/harness.js';

const serverToken = {
  app_id: demoClients.yuanzhibang.clientId,
  secret: demoClients.yuanzhibang.clientSecret,
  grant_type: 'client_credential',
};
const tokenPath = '/OAuth2/token';

const call = (emulator: PlatformEmulator) => postForm(emulator.url + tokenPath, serverToken);

async function hit(fault: Fault) {
  const emulator = await start();
  emulator.addFault({ provider: 'yuanzhibang', times: 1, fault });
  return call(emulator);
}

describe('kinds of faults', () => {
  it('status: that status, with a body or without', async () => {
    const plain = await hit({ kind: 'status', status: 503 });
    expect([plain.status, plain.text]).toEqual([503, '']);
    const text = await hit({ kind: 'status', status: 429, body: 'later', headers: { 'Retry-After': '7' } });
    expect([text.status, text.text, text.headers.get('retry-after')]).toEqual([429, 'later', '7']);
    const json = await hit({ kind: 'status', status: 590, body: { error: 1 } });
    expect([json.status, json.json]).toEqual([590, { error: 1 }]);
  });

  it('html: a gateway page', async () => {
    const page = await hit({ kind: 'html' });
    expect(page.status).toBe(502);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('Bad Gateway');
    const big = await hit({ kind: 'html', status: 200, body: 'x'.repeat(10_000_000) });
    expect([big.status, big.text.length]).toEqual([200, 10_000_000]);
  });

  it('empty: 200 and nothing', async () => {
    const answer = await hit({ kind: 'empty' });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('json: the given body, a text as it is', async () => {
    const answer = await hit({ kind: 'json', body: { status: '4000' } });
    expect([answer.status, answer.json]).toEqual([200, { status: '4000' }]);
    const broken = await hit({ kind: 'json', status: 400, body: '{"status":' });
    expect([broken.status, broken.text]).toEqual([400, '{"status":']);
    expect(broken.headers.get('content-type')).toContain('application/json');
  });

  it('redirect: 307 to somewhere', async () => {
    const answer = await hit({ kind: 'redirect', body: 'http://127.0.0.1:1/elsewhere' });
    expect([answer.status, answer.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/elsewhere']);
    expect((await hit({ kind: 'redirect', status: 302 })).headers.get('location')).toMatch(/^https:/);
  });

  it('reset: no answer at all', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault: { kind: 'reset' } });
    await expect(call(emulator)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(emulator.log()).toMatchObject([{ path: tokenPath, status: null }]);
  });

  it('slow: the real reply, byte by byte', async () => {
    const started = Date.now();
    const answer = await hit({ kind: 'slow', ms: 1 });
    expect(answer.json).toMatchObject({ status: '2000' });
    expect(Date.now() - started).toBeGreaterThanOrEqual(answer.text.length);
    expect((await hit({ kind: 'slow', ms: 1, status: 202, body: 'drip' })).text).toBe('drip');
  });

  it('slow: a client that gives up has spent its code all the same', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault: { kind: 'slow', ms: 600_000 } });
    const form = {
      ...serverToken,
      grant_type: 'authorization_code',
      code: emulator.issueCode('yuanzhibang'),
    };
    const body = new URLSearchParams(form);
    const signal = AbortSignal.timeout(200);
    await expect(ask(emulator.url + tokenPath, { method: 'POST', body, signal })).rejects.toThrow();
    expect((await postForm(emulator.url + tokenPath, form)).json).toMatchObject({ status: '4102' });
  });

  it('endless: goes on until the client leaves', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault: { kind: 'endless' } });
    const gone = new AbortController();
    const response = await fetch(emulator.url + tokenPath, { method: 'POST', signal: gone.signal });
    let read = 0;
    for await (const chunk of response.body!) {
      read += (chunk as Uint8Array).length;
      if (read > 1_000_000) break;
    }
    gone.abort();
    expect(read).toBeGreaterThan(1_000_000);
    expect((await call(emulator)).status).toBe(200);
  });

  it.each(['endless', 'slow'] as const)('%s: ends at once when the emulator closes', async (kind) => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault: { kind, ms: 1000 } });
    const response = await fetch(emulator.url + tokenPath, { method: 'POST' });
    const body = response.text().then(
      () => 'whole',
      () => 'cut',
    );
    const started = Date.now();
    await emulator.close();
    expect(await body).toBe('cut');
    expect(Date.now() - started).toBeLessThan(900);
  });
});

describe('which requests a fault hits', () => {
  const fault: Fault = { kind: 'status', status: 503 };

  it('counts down', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 2, fault });
    const statuses = [
      (await call(emulator)).status,
      (await call(emulator)).status,
      (await call(emulator)).status,
    ];
    expect(statuses).toEqual([503, 503, 200]);
  });

  it('comes first in, first out', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault: { kind: 'status', status: 500 } });
    emulator.addFault({ provider: 'yuanzhibang', times: 1, fault });
    expect([(await call(emulator)).status, (await call(emulator)).status]).toEqual([500, 503]);
  });

  it('hits its platform and its path only', async () => {
    const emulator = await start();
    emulator.addFault({ provider: 'wps', times: 1, fault });
    emulator.addFault({ provider: 'yuanzhibang', path: '/UserResource/getUserBaseInfo', times: 1, fault });
    expect((await call(emulator)).status).toBe(200);
    expect((await ask(`${emulator.url}/v7/users/current`)).status).toBe(503);
    expect((await postForm(`${emulator.url}/UserResource/getUserBaseInfo`, {})).status).toBe(503);
  });

  it('spares consent pages unless it names them, and steering always', async () => {
    const emulator = await start();
    const page = `${emulator.url}/oauth2/auth`;
    emulator.addFault({ provider: 'wps', times: 1, fault });
    expect((await ask(page)).status).toBe(400);
    expect((await ask(`${emulator.url}/__emulator/log`)).status).toBe(200);
    emulator.addFault({ provider: 'wps', path: '/oauth2/auth', times: 1, fault });
    expect((await ask(page)).status).toBe(503);
    expect((await ask(page)).status).toBe(400);
  });

  it('can stand for an endpoint that does not exist', async () => {
    const emulator = await start();
    const path = '/oauth2/v3/later';
    emulator.addFault({
      provider: 'huawei',
      path,
      times: 1,
      fault: { kind: 'json', body: { active: true } },
    });
    expect((await ask(emulator.url + path)).json).toEqual({ active: true });
    expect((await ask(emulator.url + path)).status).toBe(404);
    expect(emulator.log().map((entry) => entry.provider)).toEqual(['huawei', null]);
  });
});
