import { describe, expect, it } from '@jest/globals';
import { type ProviderName, providerNames } from '../core/provider-name.js';
import { type PlatformEmulator } from '../emulator.js';
import { ask, postJson, start, statusOf } from '../testing/harness.js';
import { pairOf, wpsLogin, wpsProfile, wpsRefresh } from '../testing/wps.js';

const revoke = (emulator: PlatformEmulator, provider: string, body: unknown) =>
  postJson(`${emulator.url}/__emulator/revoke/${provider}`, body);

const nothing = {
  exchanges: 0,
  refreshes: 0,
  appTokens: 0,
  tickets: 0,
  introspections: 0,
  revocations: 0,
  reuse: 0,
};

describe('revoke', () => {
  it('kills the access tokens of a user and leaves the grant', async () => {
    const emulator = await start();
    const [alice, ouyang] = [
      await wpsLogin(emulator, { user: 'alice' }),
      await wpsLogin(emulator, { user: 'ouyang' }),
    ];
    const answer = await revoke(emulator, 'wps', { user: 'alice', what: 'access' });
    expect([answer.status, answer.json]).toEqual([200, { revoked: 1 }]);
    expect((await wpsProfile(emulator, alice.access)).json).toMatchObject({ code: 401990012 });
    expect((await wpsProfile(emulator, ouyang.access)).status).toBe(200);
    const { access } = pairOf(await wpsRefresh(emulator, alice.refresh));
    expect((await wpsProfile(emulator, access)).status).toBe(200);
  });

  it('kills the grants of a user, or of everybody, and leaves other platforms alone', async () => {
    const emulator = await start();
    const alice = await wpsLogin(emulator, { user: 'alice' });
    const renewed = pairOf(await wpsRefresh(emulator, alice.refresh));
    const ouyang = await wpsLogin(emulator, { user: 'ouyang' });
    await wpsLogin(emulator, { user: 'user-5' });
    expect((await revoke(emulator, 'huawei', {})).json).toEqual({ revoked: 0 });
    expect((await revoke(emulator, 'wps', { user: 'alice' })).json).toEqual({ revoked: 1 });
    for (const { access } of [alice, renewed]) expect((await wpsProfile(emulator, access)).status).toBe(401);
    expect((await wpsRefresh(emulator, renewed.refresh)).json).toMatchObject({ code: 400990023 });
    expect((await wpsProfile(emulator, ouyang.access)).status).toBe(200);
    expect(emulator.revoke('wps')).toBe(2);
    expect(emulator.revoke('wps')).toBe(0);
    expect((await wpsRefresh(emulator, ouyang.refresh)).status).toBe(400);
    expect((await wpsRefresh(emulator, (await wpsLogin(emulator)).refresh)).status).toBe(200);
  });

  it.each([
    ['wps', { user: 'nobody' }, 'user'],
    ['wps', { what: 'everything' }, 'what'],
    ['wps', { what: 'app', user: 'alice' }, 'user'],
    ['wps', { surprise: 1 }, 'surprise'],
  ])('of %s refuses %j and names %s', async (provider, body, field) => {
    const emulator = await start();
    expect((await revoke(emulator, provider, body)).json).toMatchObject({ status: 400, field });
    const call = () =>
      emulator.revoke(provider as ProviderName, body as Parameters<PlatformEmulator['revoke']>[1]);
    expect(call).toThrow(new RegExp(`^${field}: `));
  });

  it('is for this machine and for platforms only', async () => {
    const emulator = await start();
    expect((await revoke(emulator, 'other', {})).status).toBe(404);
    const host = 'attacker.example';
    for (const path of ['revoke/wps', 'app-tickets/wps', 'counters']) {
      const method = path === 'counters' ? 'GET' : 'POST';
      expect(await statusOf(`${emulator.url}/__emulator/${path}`, method, { host })).toBe(403);
    }
  });
});

describe('counters', () => {
  it('begin at nothing, count what was carried out, and go back at a reset', async () => {
    const emulator = await start();
    expect(emulator.counters()).toEqual(Object.fromEntries(providerNames.map((name) => [name, nothing])));
    const { refresh } = await wpsLogin(emulator);
    await wpsRefresh(emulator, 'unknown');
    await wpsRefresh(emulator, refresh);
    const answer = await ask(`${emulator.url}/__emulator/counters`);
    expect(answer.json).toEqual(emulator.counters());
    expect(answer.json).toMatchObject({ huawei: nothing, wps: { ...nothing, exchanges: 1, refreshes: 1 } });
    emulator.reset();
    expect(emulator.counters().wps).toEqual(nothing);
  });
});
