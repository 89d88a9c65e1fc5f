import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Login } from 'nestjs-oauth-providers';
import { demoClients, type Fault, type ProviderName } from 'platform-emulator';
import { Browser, locationOf, type Reply } from './support/browser.js';
import { consent } from './support/consent.js';
import { startPlainApp } from './support/plain-app.js';
import { asJson, exchangePaths, problemOf, Site } from './support/site.js';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe('the routes of a login', () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site.stop());
  beforeEach(() => {
    site.emulator.reset();
    browser = new Browser();
  });

  const visit = (path: string, options: Parameters<Browser['visit']>[1] = {}): Promise<Reply> =>
    browser.visit(`${site.url}${path}`, options);
  const signIn = async (provider: ProviderName, user = 'zhangwei'): Promise<Reply> => {
    if (provider === 'huawei' || provider === 'wps') {
      const start = await visit(`/auth/${provider}`);
      return browser.visit(await consent(browser, start, { decision: 'approve', user }));
    }
    const { state } = await site.handoffOf(browser, provider);
    return site.handIn(browser, provider, { state, code: site.emulator.issueCode(provider, { user }) });
  };

  it('are begun at / and end at /, which is the account page then', async () => {
    expect((await visit('/')).text.match(/href="\/auth\/\w+"/g)).toHaveLength(4);
    expect(locationOf(await signIn('wps', 'alice'))).toBe(`${site.url}/`);
    const account = await visit('/');
    expect(account.text).toContain('Alice Müller');
    expect(account.text).not.toContain('href="/auth/');
  });

  it.each(['huawei', 'wps'])(
    '%s: 302 with returnTo for pages, 200 with JSON for programs',
    async (provider) => {
      const page = await browser.visit(await site.callbackOf(browser, provider, '?returnTo=/a%3Fb=c'));
      expect([page.status, page.headers.get('location')]).toEqual([302, '/a?b=c']);
      const reply = await browser.visit(await site.callbackOf(browser, provider, '?returnTo=/d'), asJson);
      expect(reply.status).toBe(200);
      const { user, returnTo } = JSON.parse(reply.text) as { user: object; returnTo: string };
      expect(Object.keys(user).sort()).toEqual(['avatarUrl', 'displayName', 'provider', 'subject']);
      expect([returnTo, await site.me(browser)]).toEqual(['/d', user]);
    },
  );

  it.each([
    ['anyweb', 'json', { json: { returnTo: '/a' } }, '/a'],
    ['anyweb', 'form', { form: { returnTo: '/b' } }, '/b'],
    ['yuanzhibang', 'json', { json: {} }, '/'],
    ['yuanzhibang', 'nothing', { method: 'POST' }, '/'],
    ['yuanzhibang', 'form', { form: { returnTo: 'https://evil.example/' } }, '/'],
  ] as const)(
    '%s: an attempt begun with %s is handed in as form or JSON',
    async (provider, _how, options, to) => {
      for (const form of [true, false]) {
        browser = new Browser({});
        const begun = await visit(`/auth/${provider}/attempts`, options);
        const body = JSON.parse(begun.text) as { state: string; expiresIn: number };
        expect([begun.status, Object.keys(body).sort()]).toEqual([201, ['expiresIn', 'state']]);
        expect([body.expiresIn, Number.isInteger(body.expiresIn)]).toEqual([600, true]);
        expect(begun.headers.getSetCookie()).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Lax$/)]);
        const given = { state: body.state, code: site.emulator.issueCode(provider) };
        const done = await visit(`/auth/${provider}/callback`, form ? { form: given } : { json: given });
        const answer =
          done.status === 200 ? JSON.parse(done.text) : { returnTo: done.headers.get('location') };
        expect([done.status, new URL((answer as { returnTo: string }).returnTo, site.url).href]).toEqual([
          form ? 302 : 200,
          site.url + to,
        ]);
      }
    },
  );

  it('answers 404 for attempts where there are none, and 405 for a handed-in code by GET', async () => {
    expect((await visit('/auth/wps/attempts', { json: {} })).status).toBe(404);
    expect((await visit('/auth/anyweb/callback?code=1&state=2')).status).toBe(405);
  });

  const ofExchange: readonly (readonly [ProviderName, Fault, number, string, string | null])[] = [
    ['anyweb', { kind: 'json', body: { code: 'A107P009', message: 'x' } }, 400, 'invalid_grant', null],
    ['anyweb', { kind: 'json', body: { code: 'A107P011', message: 'x' } }, 403, 'insufficient_scope', null],
    ['anyweb', { kind: 'json', body: { code: 'A107P007', message: 'x' } }, 502, 'invalid_client', null],
    ['anyweb', { kind: 'json', body: { code: 'Z1', message: 'x' } }, 502, 'unknown', null],
    ['anyweb', { kind: 'status', status: 500 }, 502, 'transient', null],
    ['wps', { kind: 'reset' }, 502, 'transient', null],
    [
      'huawei',
      {
        kind: 'json',
        body: { access_token: 'a', id_token: 'b.c.d', expires_in: 3600, token_type: 'Bearer' },
      },
      502,
      'invalid_token',
      null,
    ],
    ['wps', { kind: 'status', status: 429, headers: { 'Retry-After': '7' } }, 503, 'throttled', '7'],
  ];

  it.each(ofExchange)(
    '%s answers %j at the token endpoint: %i %s',
    async (provider, fault, status, errorClass, after) => {
      const finish = async (accept: string): Promise<Reply> => {
        const handoff = provider === 'anyweb';
        const given = handoff ? await site.handoffOf(browser, provider) : undefined;
        const callback = handoff ? '' : await site.callbackOf(browser, provider);
        site.emulator.addFault({ provider, path: exchangePaths[provider], times: 1, fault });
        const headers = { accept };
        const reply = handoff
          ? await site.handIn(browser, provider, given, { headers })
          : await browser.visit(callback, { headers });
        expect([reply.status, reply.headers.get('retry-after')]).toEqual([status, after]);
        expect(reply.headers.get('referrer-policy')).toBe('no-referrer');
        expect(reply.headers.get('location')).toBeNull();
        expect(await site.me(browser)).toBeUndefined();
        return reply;
      };
      const problem = problemOf(await finish('application/json'));
      expect(problem).toMatchObject({ status, errorClass, provider, title: expect.any(String) });
      expect((await finish('text/html')).text).toMatch(/^<!doctype html>/);
    },
  );

  it('says the code of the platform as text', async () => {
    const given = await site.handoffOf(browser, 'anyweb');
    const fault: Fault = { kind: 'json', body: { code: 4711, message: 'x' } };
    site.emulator.addFault({ provider: 'anyweb', path: exchangePaths.anyweb, times: 1, fault });
    expect(problemOf(await site.handIn(browser, 'anyweb', given))).toMatchObject({ platformCode: '4711' });
  });

  it.each(['huawei', 'wps'])(
    'shows the relay page of %s when a callback has nothing in it',
    async (provider) => {
      const page = await visit(`/auth/${provider}/callback?state=something`);
      expect([page.status, page.headers.get('referrer-policy')]).toEqual([200, 'no-referrer']);
      expect(page.text).toContain('Sign-in was not completed');
      const [, script = ''] = /<script src="([^"]*relay\.js)"/.exec(page.text) ?? [];
      expect((await browser.visit(script)).text).toContain('location.replace(');
    },
  );

  it('takes an error without an attempt for nothing, and with one for a refusal', async () => {
    const denied = await visit('/auth/wps/callback?error=access_denied&state=made-up');
    expect([denied.status, /<h1>([^<]*)/.exec(denied.text)?.[1]]).toEqual([400, 'Sign-in was cancelled']);
    const failed = await visit('/auth/wps/callback?error=server_error&state=made-up');
    expect([failed.status, /<h1>([^<]*)/.exec(failed.text)?.[1]]).toEqual([400, 'Sign-in was not completed']);
    const start = await visit('/auth/wps');
    const callback = await consent(browser, start, { decision: 'deny' });
    const refused = await browser.visit(callback, asJson);
    expect(problemOf(refused)).toMatchObject({ status: 403, errorClass: 'access_denied', provider: 'wps' });
  });

  it('replaces the login before it, whoever it was, and knows one account', async () => {
    let last = '';
    for (const provider of ['wps', 'anyweb', 'huawei', 'yuanzhibang', 'huawei'] as const) {
      expect((await signIn(provider)).status).toBeLessThan(400);
      const { user, accounts } = JSON.parse((await visit('/api/me')).text) as {
        user: object;
        accounts: unknown[];
      };
      expect(user).toMatchObject({ provider });
      expect(accounts).toEqual([{ ...user, linkedAt: expect.stringMatching(instant) }]);
      const { sid = '' } = await browser.cookies(site.url);
      expect([sid === '', sid === last]).toEqual([false, false]);
      last = sid;
    }
  });

  it('is told by /api/me: names and pictures may be missing, and nobody is 401', async () => {
    expect((await visit('/api/me')).status).toBe(401);
    await signIn('wps', 'alice');
    const reply = await visit('/api/me');
    expect(JSON.parse(reply.text)).toMatchObject({ user: { displayName: 'Alice Müller', avatarUrl: null } });
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('ends with a logout: 204 for programs, 303 for pages, without a session too', async () => {
    for (const query of ['', '?revoke=1']) {
      for (const provider of ['huawei', 'wps', 'anyweb', 'yuanzhibang'] as const) {
        await signIn(provider);
        expect((await visit(`/auth/logout${query}`, { method: 'POST', ...asJson })).status).toBe(204);
        expect(await site.me(browser)).toBeUndefined();
      }
      const page = await visit(`/auth/logout${query}`, { form: {} });
      expect([page.status, page.headers.get('location')]).toEqual([303, '/']);
    }
  });

  it('revokes first where the platform can, and keeps no session alive when that fails', async () => {
    const revocations = () => site.emulator.log().filter(({ path }) => path.includes('revoke')).length;
    await signIn('huawei');
    await visit('/auth/logout', { form: {} });
    expect(revocations()).toBe(0);
    await signIn('huawei');
    await visit('/auth/logout?revoke=1', { form: {} });
    expect(revocations()).toBe(1);
    await signIn('huawei');
    site.emulator.addFault({ provider: 'huawei', times: 10, fault: { kind: 'status', status: 503 } });
    expect((await visit('/auth/logout?revoke=1', { form: {} })).status).toBe(303);
    expect(await site.me(browser)).toBeUndefined();
  });

  it('has a pulse', async () => {
    const reply = await visit('/healthz');
    expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { status: 'ok' }]);
  });
});

describe('the limit of login starts', () => {
  it('is 300 a minute and address, and answered with 429 and Retry-After', async () => {
    const site = await Site.start({ LOGIN_RATE_LIMIT: '' });
    try {
      const start = () => fetch(`${site.url}/auth/wps`, { redirect: 'manual' }).then(({ status }) => status);
      const statuses = await Promise.all(Array.from({ length: 300 }, start));
      expect(new Set(statuses)).toEqual(new Set([302]));
      const page = await new Browser().visit(`${site.url}/auth/huawei`);
      expect([page.status, page.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8']);
      const problem = await new Browser().visit(`${site.url}/auth/anyweb/attempts`, { json: {} });
      expect(problemOf(problem)).toMatchObject({ status: 429, errorClass: 'throttled', provider: 'anyweb' });
      for (const { headers } of [page, problem]) expect(headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
      expect((await new Browser().visit(site.url)).status).toBe(200);
    } finally {
      await site.stop();
    }
  });
});

describe('subjects', () => {
  it('are the platforms’ own values, unchanged', async () => {
    const site = await Site.start();
    const logins: Login[] = [];
    const plain = await startPlainApp(site.emulator, { resolveUser: (login) => logins.push(login) });
    try {
      for (const provider of ['huawei', 'wps']) {
        const browser = new Browser();
        const start = await browser.visit(`${plain.url}/auth/${provider}`);
        expect((await browser.visit(await consent(browser, start))).status).toBe(200);
      }
      const [huawei, wps] = logins;
      expect(huawei?.profile.raw).toMatchObject({ sub: huawei?.subject, openID: expect.any(String) });
      expect(huawei?.profile.raw['unionID'] ?? huawei?.subject).toBe(huawei?.subject);
      expect(wps?.profile.raw).toMatchObject({ id: wps?.subject, company_id: expect.any(String) });
      expect([huawei?.clientId, wps?.clientId]).toEqual([
        demoClients.huawei.clientId,
        demoClients.wps.clientId,
      ]);
    } finally {
      await plain.app.close();
      await site.stop();
    }
  });

  it.each(['yuanzhibang', 'anyweb'] as const)('of %s may be 512 characters of any kind', async (provider) => {
    const site = await Site.start();
    try {
      const browser = new Browser();
      const subject = 'Ab+/=%\u00e9 '.repeat(80).slice(0, 512);
      const bodies =
        provider === 'anyweb'
          ? [
              { code: 1000, data: { accessToken: 'a', expire: 7200, unionid: subject } },
              { code: 1000, data: { unionid: subject } },
            ]
          : [
              {
                status: '2000',
                message: 'ok',
                data: { access_token: 'a', expires_in: 7200, open_id: subject },
              },
              { status: '2000', message: 'ok', data: { open_id: subject, nick: 'n', avatar: '' } },
            ];
      const paths = [
        exchangePaths[provider],
        provider === 'anyweb' ? '/oauth/userInfo' : '/UserResource/getUserBaseInfo',
      ];
      bodies.forEach((body, index) =>
        site.emulator.addFault({ provider, path: paths[index], times: 1, fault: { kind: 'json', body } }),
      );
      const reply = await site.handIn(browser, provider, await site.handoffOf(browser, provider));
      expect([reply.status, (await site.me(browser))?.subject]).toEqual([200, subject]);
    } finally {
      await site.stop();
    }
  });
});
