import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Browser, type Reply } from './support/browser.js';
import { asJson, problemOf, Site } from './support/site.js';

const brokerKey = 'a-broker-key-of-enough-letters';
const json = (reply: Reply): Record<string, unknown> => JSON.parse(reply.text) as Record<string, unknown>;

interface Token {
  provider: string;
  kind: string;
  state: string;
  cause: { errorClass: string } | null;
  expiresAt: string;
  refreshExpiresAt: string | null;
  renewsAt: string | null;
  failures: number;
}

describe('the tokens of the sample', () => {
  let site: Site;
  let browser: Browser;

  beforeEach(async () => {
    site = await Site.start({ BROKER_KEY: brokerKey, REFRESH_TICK_MS: '600000' });
    browser = new Browser();
  });
  afterEach(() => site.stop());

  const tokens = async (): Promise<Token[]> =>
    (json(await browser.visit(`${site.url}/api/tokens`)) as unknown as { tokens: Token[] }).tokens;
  const calls = (path: string): number => site.emulator.log().filter((entry) => entry.path === path).length;
  const profile = (provider: string): Promise<Reply> =>
    browser.visit(`${site.url}/api/providers/${provider}/profile`);

  it('are nobody else’s business', async () => {
    for (const path of ['tokens', 'providers/wps/profile', 'js-config/yuanzhibang?url=x']) {
      expect((await browser.visit(`${site.url}/api/${path}`)).status).toBe(401);
    }
    const refresh = await browser.visit(`${site.url}/api/tokens/wps/refresh`, { method: 'POST' });
    expect(refresh.status).toBe(401);
  });

  it('are shown without their values', async () => {
    await site.signIn(browser, 'wps');
    const [token] = await tokens();
    expect(token).toMatchObject({ provider: 'wps', kind: 'user', state: 'fresh', cause: null, failures: 0 });
    expect(Date.parse(token?.expiresAt ?? '')).toBeGreaterThan(Date.parse(token?.renewsAt ?? ''));
    expect(token?.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(JSON.stringify(token)).not.toMatch(/eyJ/);
  });

  it.each(['wps', 'huawei'])('%s is renewed on demand, and once only', async (provider) => {
    await site.signIn(browser, provider);
    const before = await tokens();
    const renewed = await browser.visit(`${site.url}/api/tokens/${provider}/refresh`, {
      method: 'POST',
      ...asJson,
    });
    expect(renewed.status).toBe(200);
    expect(json(renewed)).toMatchObject({ provider, state: 'fresh', failures: 0 });
    expect(await tokens()).not.toEqual(before);
    expect((await profile(provider)).status).toBe(200);
  });

  it('knows no account where the user has none', async () => {
    await site.signIn(browser, 'wps');
    expect((await profile('huawei')).status).toBe(404);
    expect((await profile('nobody')).status).toBe(404);
    const refresh = await browser.visit(`${site.url}/api/tokens/huawei/refresh`, {
      method: 'POST',
      ...asJson,
    });
    expect(refresh.status).toBe(404);
  });

  it('shows the platform’s own user info, and renews a token that the platform rejects', async () => {
    await site.signIn(browser, 'wps');
    expect(json(await profile('wps'))).toHaveProperty('company_id');
    const before = calls('/oauth2/token');
    const rejected = { provider: 'wps', path: '/v7/users/current', times: 1 } as const;
    site.emulator.addFault({
      ...rejected,
      fault: { kind: 'json', status: 401, body: { code: 401, msg: 'no' } },
    });
    expect((await profile('wps')).status).toBe(200);
    expect(calls('/oauth2/token')).toBe(before + 1);
  });

  it('says 409 when only a login helps, and 503 while the platform is down', async () => {
    await site.signIn(browser, 'wps');
    const reject = (times: number): void =>
      site.emulator.addFault({
        provider: 'wps',
        path: '/v7/users/current',
        times,
        fault: { kind: 'json', status: 401, body: { code: 401, msg: 'no' } },
      });
    reject(1);
    site.emulator.addFault({
      provider: 'wps',
      path: '/oauth2/token',
      times: 1,
      fault: { kind: 'status', status: 503 },
    });
    const down = await profile('wps');
    expect(down.status).toBe(503);
    expect(Number(down.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await tokens()).toMatchObject([
      { state: 'degraded', cause: { errorClass: 'transient' }, failures: 1 },
    ]);
  });

  it('says 409 when the grant is dead, and forgets that at the next login', async () => {
    await site.signIn(browser, 'wps');
    const dead = { code: 1, msg: 'refresh_token invalid or expired' };
    const refusal = { kind: 'json', status: 400, body: dead } as const;
    site.emulator.addFault({ provider: 'wps', path: '/oauth2/token', times: 1, fault: refusal });
    const refused = { kind: 'json', status: 401, body: { code: 401, msg: 'no' } } as const;
    site.emulator.addFault({ provider: 'wps', path: '/v7/users/current', times: 1, fault: refused });
    const gone = await profile('wps');
    expect(problemOf(gone)).toMatchObject({ status: 409, errorClass: 'invalid_grant', state: 'needs_login' });
    expect(await tokens()).toMatchObject([{ state: 'needs_login', renewsAt: null }]);
    await site.signIn(browser, 'wps');
    expect(await tokens()).toMatchObject([{ state: 'fresh', cause: null }]);
  });

  it('revokes at the platform when asked to at sign-out, and signs out whatever it says', async () => {
    await site.signIn(browser, 'huawei');
    const out = await browser.visit(`${site.url}/auth/logout?revoke=1`, { method: 'POST', ...asJson });
    expect(out.status).toBe(204);
    expect(calls('/oauth2/v3/revoke')).toBe(1);
    expect(await site.me(browser)).toBeUndefined();
  });

  it('signs pages of its own origin with a ticket, and no others', async () => {
    const attempt = await site.handoffOf(browser, 'yuanzhibang');
    await site.handIn(browser, 'yuanzhibang', attempt);
    const sign = (url: string): Promise<Reply> =>
      browser.visit(`${site.url}/api/js-config/yuanzhibang?${new URLSearchParams({ url }).toString()}`);
    const signed = json(await sign(`${site.url}/a/b/?x=1#12`));
    expect(signed).toMatchObject({ url: `${site.url}/a/b` });
    const ticket = json(
      await new Browser({ authorization: `Bearer ${brokerKey}` }).visit(
        `${site.url}/broker/tickets/yuanzhibang/js_ticket`,
      ),
    ).ticket;
    const text = `js_ticket=${String(ticket)}&nonce_str=${String(signed['nonce_str'])}&timestamp=${String(signed['timestamp'])}&url=${site.url}/a/b`;
    expect(signed['signature']).toBe(createHash('sha1').update(text).digest('hex'));
    expect(calls('/OAuth2/ticket')).toBe(1);
    for (const url of ['https://evil.example/', `${site.url}.evil.example/`, 'javascript:1', '/a']) {
      expect((await sign(url)).status).toBe(403);
    }
  });

  it.each(['wps', 'huawei', 'anyweb', 'yuanzhibang'])(
    'hands the app token of %s to who has the key',
    async (provider) => {
      const url = `${site.url}/broker/tokens/${provider}/app`;
      for (const visitor of [
        new Browser(),
        new Browser({ authorization: 'Bearer a-broker-key-of-other-letters' }),
      ]) {
        expect((await visitor.visit(url)).status).toBe(401);
      }
      const other = new Browser({ authorization: `Bearer ${brokerKey}` });
      const replies = await Promise.all(Array.from({ length: 20 }, () => other.visit(url)));
      const answers = new Set(replies.map(({ text }) => text));
      expect(answers.size).toBe(1);
      expect(replies[0]?.headers.get('cache-control')).toBe('no-store');
      expect(JSON.parse([...answers][0] ?? '')).toEqual({
        accessToken: expect.any(String),
        expiresAt: expect.any(String),
      });
      expect((await other.visit(`${site.url}/broker/tokens/nobody/app`)).status).toBe(404);
      expect((await other.visit(`${site.url}/broker/tickets/wps/js_ticket`)).status).toBe(404);
    },
  );
});
