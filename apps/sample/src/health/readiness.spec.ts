import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TokenRefreshService } from 'nestjs-oauth-providers';
import { type Site, startSite } from '../testing/site.js';
import { type Condition, ReadinessSource } from './readiness-source.js';

const good: Condition = {
  store: { up: true, risks: [] },
  unsaved: 0,
  openCircuits: [],
  backlog: [
    { provider: 'wps', clientId: 'AK1', due: 2, lagMs: 900 },
    { provider: 'huawei', clientId: '100', due: 1, lagMs: 4_000 },
  ],
};

const fine = {
  store: { status: 'up', risks: [] },
  scheduler: { status: 'up', due: 3, lagMs: 4_000 },
  circuits: { status: 'up', open: [] },
  unsaved: { status: 'up', grants: 0 },
};

describe('readiness', () => {
  let site: Site;
  let health: jest.SpiedFunction<() => Promise<Condition>>;

  beforeAll(async () => {
    site = await startSite();
  });

  afterAll(async () => {
    await site.close();
  });

  beforeEach(() => {
    health = jest.spyOn(site.app.get(ReadinessSource), 'health');
  });

  afterEach(() => {
    health.mockRestore();
  });

  async function answer(condition: Partial<Condition>): Promise<{ status: number; body: unknown }> {
    health.mockResolvedValue({ ...good, ...condition });
    const reply = await site.visitor().visit('/readyz');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    return { status: reply.status, body: await reply.json() };
  }

  it('is what the service of the library says', async () => {
    expect(site.app.get(ReadinessSource) === site.app.get(TokenRefreshService)).toBe(true);
    health.mockRestore();
    const reply = await site.visitor().visit('/readyz');
    expect(await reply.json()).toMatchObject({ status: 'ok', details: { store: { status: 'up' } } });
    expect(reply.status).toBe(200);
  });

  it('has the shape of Terminus', async () => {
    expect(await answer({})).toEqual({
      status: 200,
      body: { status: 'ok', info: fine, error: {}, details: fine },
    });
  });

  it('names risks without failing because of them', async () => {
    const risks = ['appendonly is off: a crash loses what was written last.'];
    expect(await answer({ store: { up: true, risks } })).toMatchObject({
      status: 200,
      body: { status: 'ok', info: { store: { status: 'up', risks } } },
    });
  });

  const late = { provider: 'wps', clientId: 'AK1', due: 7, lagMs: 61_000 };
  const open = { provider: 'huawei', clientId: '100' };

  it.each([
    ['the store is down', { store: { up: false, risks: [] } }, { store: { status: 'down', risks: [] } }],
    [
      'renewals are late',
      { backlog: [...good.backlog, late] },
      { scheduler: { status: 'down', due: 10, lagMs: 61_000, late: [late] } },
    ],
    ['a circuit is open', { openCircuits: [open] }, { circuits: { status: 'down', open: [open] } }],
    ['a grant is not saved', { unsaved: 1 }, { unsaved: { status: 'down', grants: 1 } }],
  ])('is gone while %s', async (_what, condition, error) => {
    const [point = ''] = Object.keys(error);
    const info = Object.fromEntries(Object.entries(fine).filter(([name]) => name !== point));
    expect(await answer(condition)).toEqual({
      status: 503,
      body: { status: 'error', info, error, details: { ...info, ...error } },
    });
  });

  it('is gone when nobody can tell', async () => {
    health.mockRejectedValue(new Error('secret words'));
    const reply = await site.visitor().visit('/readyz');
    expect(reply.status).toBe(503);
    const text = await reply.text();
    expect(JSON.parse(text)).toMatchObject({ status: 'error', error: { store: { status: 'down' } } });
    expect(text).not.toContain('secret words');
  });

  it('leaves the question whether the process is alive alone', async () => {
    health.mockResolvedValue({ ...good, store: { up: false, risks: [] } });
    const reply = await site.visitor().visit('/healthz');
    expect([reply.status, await reply.text()]).toEqual([200, '{"status":"ok"}']);
  });
});
