import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { type Fault } from '../core/faults.js';
import { type PlatformEmulator } from '../emulator.js';
import { ask, postJson, start } from '../testing/harness.js';
import { wpsLogin, wpsRefresh } from '../testing/wps.js';

const path = '/oauth2/token';

async function afterFault(fault: Fault) {
  const emulator = await start();
  const { refresh } = await wpsLogin(emulator);
  emulator.addFault({ provider: 'wps', path, times: 1, fault });
  const lost = await wpsRefresh(emulator, refresh).catch((error: unknown) => error);
  return { emulator, lost, retry: await wpsRefresh(emulator, refresh) };
}

describe('a reply lost after the work', () => {
  it.each<[string, Fault, object]>([
    ['reset', { kind: 'reset', when: 'after' }, { cause: { code: 'ECONNRESET' } }],
    ['empty', { kind: 'empty', when: 'after' }, { status: 200, text: '' }],
    ['status 500', { kind: 'status', status: 500, when: 'after' }, { status: 500, text: '' }],
    ['html', { kind: 'html', when: 'after' }, { status: 502 }],
    ['cut JSON', { kind: 'json', body: '{"access_', when: 'after' }, { status: 200, text: '{"access_' }],
    ['redirect', { kind: 'redirect', when: 'after' }, { status: 307 }],
    ['slow', { kind: 'slow', ms: 1, body: 'drip', when: 'after' }, { status: 200, text: 'drip' }],
  ])('by %s has rotated the refresh token all the same', async (_name, fault, seen) => {
    const { emulator, lost, retry } = await afterFault(fault);
    expect(lost).toMatchObject(seen);
    expect(retry.json).toMatchObject({ msg: 'refresh_token invalid or expired' });
    expect(emulator.counters().wps).toMatchObject({ refreshes: 1, reuse: 1 });
  });

  it('drips the real reply when nothing takes its place', async () => {
    const { lost } = await afterFault({ kind: 'slow', ms: 1, when: 'after' });
    expect(lost).toMatchObject({ status: 200, json: { token_type: 'bearer' } });
  });

  it.each(['before', undefined] as const)('has not rotated it when the fault comes %s', async (when) => {
    const { emulator, retry } = await afterFault({ kind: 'reset', when });
    expect(retry.status).toBe(200);
    expect(emulator.counters().wps).toMatchObject({ refreshes: 1, reuse: 0 });
  });

  it('can be asked for over HTTP, and hits a path that does not exist too', async () => {
    const emulator = await start();
    const fault = { kind: 'status', status: 418, when: 'after' };
    const rule = { provider: 'wps', path: '/nowhere', times: 1, fault };
    expect((await postJson(`${emulator.url}/__emulator/faults`, rule)).status).toBe(204);
    expect((await ask(`${emulator.url}/nowhere`)).status).toBe(418);
    const wrong = await postJson(`${emulator.url}/__emulator/faults`, {
      ...rule,
      fault: { ...fault, when: 'later' },
    });
    expect(wrong.json).toMatchObject({ status: 400, field: 'fault.when' });
  });

  it('draws on the quota', async () => {
    const emulator = await start();
    const { clientId: client_id, clientSecret: client_secret } = demoClients.huawei;
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
    const token = () => ask(`${emulator.url}/oauth2/v3/token`, { method: 'POST', body });
    emulator.addFault({
      provider: 'huawei',
      times: 1000,
      fault: { kind: 'status', status: 502, when: 'after' },
    });
    for (let each = 0; each < 1000; each++) await token();
    expect((await token()).status).toBe(503);
    expect(emulator.counters().huawei.appTokens).toBe(1000);
  });
});

describe('latency', () => {
  const timed = async (emulator: PlatformEmulator, url: string) => {
    const started = performance.now();
    await ask(emulator.url + url);
    return performance.now() - started;
  };

  it('holds back what platforms answer, and neither steering nor faults', async () => {
    const emulator = await start({ latencyMs: 150 });
    expect(await timed(emulator, '/v7/users/current')).toBeGreaterThanOrEqual(149);
    expect(await timed(emulator, '/__emulator/log')).toBeLessThan(149);
    emulator.addFault({ provider: 'wps', times: 1, fault: { kind: 'empty' } });
    expect(await timed(emulator, '/v7/users/current')).toBeLessThan(149);
  });

  it('comes after the work: who gives up has spent the token', async () => {
    const emulator = await start();
    const slow = await start({ latencyMs: 5000, seed: 'same' });
    expect((await wpsLogin(emulator)).refresh).toEqual(expect.any(String));
    const code = slow.issueCode('wps');
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: demoClients.wps.clientId,
      client_secret: demoClients.wps.clientSecret,
      code,
      redirect_uri: 'http://127.0.0.1/',
    });
    const signal = AbortSignal.timeout(300);
    await expect(ask(slow.url + path, { method: 'POST', body, signal })).rejects.toThrow();
    expect(slow.counters().wps.exchanges).toBe(1);
  });

  it.each([-1, NaN, 600_001])('of %d is refused', async (latencyMs) => {
    await expect(start({ latencyMs })).rejects.toThrow(/^latencyMs: /);
  });
});
