import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { Browser, locationOf } from './support/browser.js';
import { consent } from './support/consent.js';
import { asJson, problemOf, Site } from './support/site.js';

/** What nobody should get through with. Each is refused without a call to the token endpoint. */
describe('attacks on the login', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site.stop());
  beforeEach(() => site.emulator.reset());

  const stateOf = (callback: string): string => new URL(callback).searchParams.get('state') ?? '';

  describe.each(['wps', 'huawei'])('%s callback', (provider) => {
    it.each([
      ['no state', (url: URL) => url.searchParams.delete('state')],
      ['an empty state', (url: URL) => url.searchParams.set('state', '')],
      ['an invented state', (url: URL) => url.searchParams.set('state', 'tz1abc-AAAAAAAAAAAAAAAAAAAAAA')],
      ['a state that is no state', (url: URL) => url.searchParams.set('state', '__proto__')],
      [
        'the state twice',
        (url: URL) => url.searchParams.append('state', url.searchParams.get('state') ?? ''),
      ],
      ['no code', (url: URL) => url.searchParams.set('code', '')],
    ])('with %s is refused', async (_what, change) => {
      const browser = new Browser();
      const url = new URL(await site.callbackOf(browser, provider));
      change(url);
      const reply = await browser.visit(url.href, asJson);
      expect(reply.status).toBe(400);
      expect(reply.headers.get('content-type')).toContain('application/problem+json');
      expect(reply.headers.get('referrer-policy')).toBe('no-referrer');
      expect(problemOf(reply)).toMatchObject({ errorClass: 'invalid_request', provider });
      expect(site.exchanges()).toBe(0);
      expect(await site.me(browser)).toBeUndefined();
    });

    it('of another browser is refused', async () => {
      const callback = await site.callbackOf(new Browser(), provider);
      const victim = new Browser();
      expect(problemOf(await victim.visit(callback, asJson))).toMatchObject({
        errorClass: 'invalid_request',
      });
      expect(site.exchanges()).toBe(0);
      expect(await site.me(victim)).toBeUndefined();
    });

    it('used twenty times at once makes one token call and one session', async () => {
      const browser = new Browser();
      const callback = await site.callbackOf(browser, provider);
      const cookies = await browser.jar.getCookieString(callback);
      const twins = Array.from(
        { length: 20 },
        () => new Browser({ accept: 'application/json', cookie: cookies }),
      );
      const replies = await Promise.all(twins.map((twin) => twin.visit(callback)));
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(replies.filter(({ status }) => status === 400)).toHaveLength(19);
      expect(site.exchanges()).toBe(1);
    });

    it('used again later is refused', async () => {
      const browser = new Browser();
      const callback = await site.callbackOf(browser, provider);
      const cookies = await browser.jar.getCookieString(callback);
      expect((await browser.visit(callback)).status).toBe(302);
      const again = new Browser({ accept: 'application/json', cookie: cookies });
      expect(problemOf(await again.visit(callback))).toMatchObject({ errorClass: 'invalid_request' });
      expect(site.exchanges()).toBe(1);
    });

    it('with an error but without an attempt changes nothing and shows nothing of what it says', async () => {
      const browser = new Browser();
      await site.signIn(browser, 'wps');
      const before = await site.me(browser);
      const hostile = '<img src=x onerror=alert(1)>';
      const query = new URLSearchParams({ error: 'server_error', error_description: hostile, state: 'x' });
      const page = await browser.visit(`${site.url}/auth/${provider}/callback?${query.toString()}`);
      expect(page.status).toBe(400);
      expect(page.text).not.toContain('onerror');
      expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
      expect(await site.me(browser)).toEqual(before);
    });

    it('asked for by HEAD, as link scanners do, uses nothing up', async () => {
      const browser = new Browser();
      const callback = await site.callbackOf(browser, provider);
      expect((await browser.visit(callback, { method: 'HEAD' })).status).toBe(200);
      expect(site.exchanges()).toBe(0);
      expect(await site.me(browser)).toBeUndefined();
      expect((await browser.visit(callback)).status).toBe(302);
    });

    it('with an error does not use up the attempt it guesses at', async () => {
      const browser = new Browser();
      const callback = await site.callbackOf(browser, provider);
      await browser.visit(`${site.url}/auth/${provider}/callback?error=access_denied&state=wrong`);
      expect((await browser.visit(callback)).status).toBe(302);
    });

    it('with a valid attempt and hostile words is a plain refusal', async () => {
      const browser = new Browser();
      const state = stateOf(await site.callbackOf(browser, provider));
      const query = new URLSearchParams({
        error: 'access_denied',
        error_description: '<img onerror=alert(1)>',
        state,
      });
      const page = await browser.visit(`${site.url}/auth/${provider}/callback?${query.toString()}`);
      expect(page.status).toBe(403);
      expect(page.text).not.toContain('onerror');
      expect(site.exchanges()).toBe(0);
    });
  });

  it('refuses a callback that mixes two providers up', async () => {
    const browser = new Browser();
    const ofWps = new URL(await site.callbackOf(browser, 'wps'));
    const crossed = `${site.url}/auth/huawei/callback${ofWps.search}`;
    expect(problemOf(await browser.visit(crossed, asJson))).toMatchObject({
      errorClass: 'invalid_request',
      provider: 'huawei',
    });
    expect(site.exchanges()).toBe(0);
    // The attempt was not the attacker's to spend.
    expect((await browser.visit(ofWps.href)).status).toBe(302);
  });

  describe.each(['anyweb', 'yuanzhibang'] as const)('%s handoff', (provider) => {
    it('without an attempt is refused', async () => {
      const browser = new Browser();
      const code = site.emulator.issueCode(provider);
      for (const body of [{ code }, { code, state: '' }, { code, state: 'tz1abc-AAAAAAAAAAAAAAAAAAAAAA' }]) {
        const reply = await site.handIn(browser, provider, body);
        expect(reply.status).toBe(400);
        expect(problemOf(reply)).toMatchObject({ errorClass: 'invalid_request' });
      }
      expect(site.exchanges()).toBe(0);
    });

    it('with the attempt of another browser is refused', async () => {
      const stolen = await site.handoffOf(new Browser(), provider);
      expect((await site.handIn(new Browser(), provider, stolen)).status).toBe(400);
      expect(site.exchanges()).toBe(0);
    });

    it.each([
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])('from another site is refused: %j', async (headers) => {
      const browser = new Browser();
      const good = await site.handoffOf(browser, provider);
      const handIn = await site.handIn(browser, provider, good, {
        headers: { ...asJson.headers, ...headers },
      });
      expect(handIn.status).toBe(403);
      const begin = await browser.visit(`${site.url}/auth/${provider}/attempts`, {
        json: {},
        headers: { ...asJson.headers, ...headers },
      });
      expect(begin.status).toBe(403);
      expect(site.exchanges()).toBe(0);
      // Nothing was used up.
      expect((await site.handIn(browser, provider, good)).status).toBe(200);
    });

    it('is not taken by GET', async () => {
      const browser = new Browser();
      const good = await site.handoffOf(browser, provider);
      const query = new URLSearchParams(good).toString();
      for (const method of ['GET', 'HEAD']) {
        const reply = await browser.visit(`${site.url}/auth/${provider}/callback?${query}`, { method });
        expect(reply.status).toBe(405);
        expect(reply.headers.get('allow')).toBe('POST');
      }
      expect(site.exchanges()).toBe(0);
    });

    it('used twenty times at once makes one token call', async () => {
      const browser = new Browser();
      const good = await site.handoffOf(browser, provider);
      const cookie = await browser.jar.getCookieString(site.url);
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => site.handIn(new Browser({ cookie }), provider, good)),
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
      const grants = site.emulator
        .log()
        .filter(({ path }) => path === '/oauth/accessToken' || path === '/OAuth2/token');
      // 猿之棒 asks for the server's own token at the same address.
      expect(grants).toHaveLength(provider === 'anyweb' ? 1 : 2);
    });
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/%09/evil.example',
    '/.//evil.example',
    'https:evil.example',
    ' /evil',
    '/%2f%2fevil.example',
  ])('ends at home when asked to return to %j', async (returnTo) => {
    await expectHome(returnTo);
  });

  it('ends at home when the path asked for is too long', () => expectHome(`/${'a'.repeat(600)}`));

  async function expectHome(returnTo: string): Promise<void> {
    const browser = new Browser();
    const query = `?${new URLSearchParams({ returnTo }).toString()}`;
    const done = await browser.visit(await site.callbackOf(browser, 'wps', query));
    expect(done.status).toBe(302);
    expect(locationOf(done)).toBe(`${site.url}/`);
  }

  it('returns to a path of its own', async () => {
    const browser = new Browser();
    const query = `?${new URLSearchParams({ returnTo: '/files?page=2#top' }).toString()}`;
    const done = await browser.visit(await site.callbackOf(browser, 'wps', query));
    expect(done.headers.get('location')).toBe('/files?page=2#top');
  });

  it('believes nothing of Host, X-Forwarded-* and Forwarded', async () => {
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    };
    const location = await new Promise<string>((resolve, reject) => {
      const call = request(`${site.url}/auth/wps`, { headers: forged }, (reply) => {
        reply.resume();
        expect(reply.headers['set-cookie']?.join('\n')).not.toMatch(/secure|domain/i);
        resolve(reply.headers.location ?? '');
      });
      call.once('error', reject);
      call.end();
    });
    expect(new URL(location).searchParams.get('redirect_uri')).toBe(`${site.url}/auth/wps/callback`);
    expect(location).not.toContain('evil.example');
  });

  it('lets five tabs finish in any order', async () => {
    const browser = new Browser();
    const providers = ['wps', 'huawei', 'wps', 'huawei', 'wps'];
    const callbacks: string[] = [];
    for (const provider of providers) callbacks.push(await site.callbackOf(browser, provider));
    for (const index of [3, 0, 4, 2, 1]) {
      expect((await browser.visit(callbacks[index] ?? '')).status).toBe(302);
    }
    expect((await site.me(browser))?.provider).toBe('huawei');
  });

  it('signs in after fifty abandoned starts', async () => {
    const browser = new Browser();
    for (let count = 0; count < 50; count += 1) await browser.visit(`${site.url}/auth/wps`);
    expect(Object.keys(await browser.cookies(site.url)).length).toBeLessThanOrEqual(5);
    expect(await site.signIn(browser, 'wps')).toBe(`${site.url}/`);
  });

  it('replaces a session id that was planted', async () => {
    const attacker = new Browser();
    await site.signIn(attacker, 'wps');
    const [name = '', planted = ''] =
      Object.entries(await attacker.cookies(site.url)).find(([key]) => !key.includes('oa_')) ?? [];
    expect(planted).not.toBe('');
    const victim = new Browser();
    await victim.jar.setCookie(`${name}=${planted}`, site.url);
    await site.signIn(victim, 'huawei');
    expect((await victim.cookies(site.url))[name]).not.toBe(planted);
    // The planted id opens nothing any more.
    expect((await site.me(victim))?.provider).toBe('huawei');
    expect(await site.me(attacker)).toBeUndefined();
  });

  it('refuses to sign out on behalf of another site, and does so for programs', async () => {
    const browser = new Browser();
    await site.signIn(browser, 'wps');
    const foreign = await browser.visit(`${site.url}/auth/logout`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.status).toBe(403);
    expect(await site.me(browser)).toBeDefined();
    expect((await browser.visit(`${site.url}/auth/logout`, { method: 'POST', ...asJson })).status).toBe(204);
    expect(await site.me(browser)).toBeUndefined();
  });

  it('takes a refusal in the query as cancelled and one in the fragment through the relay page', async () => {
    const browser = new Browser();
    const start = await browser.visit(`${site.url}/auth/huawei`);
    const inQuery = await consent(browser, start, { decision: 'deny', denial: 'query' });
    expect((await browser.visit(inQuery)).status).toBe(403);
    const inFragment = await consent(browser, await browser.visit(`${site.url}/auth/huawei`), {
      decision: 'deny',
      denial: 'fragment',
    });
    const { hash, pathname } = new URL(inFragment);
    expect(hash).toContain('error=1107');
    expect((await browser.visit(`${site.url}${pathname}`)).status).toBe(200);
    // What the relay page's script asks for next: no state came with the fragment, so nothing is believed.
    const moved = await browser.visit(`${site.url}${pathname}?${hash.slice(1)}`);
    expect(moved.status).toBe(400);
    expect(moved.text).toMatch(/cancelled/i);
    expect(site.exchanges()).toBe(0);
  });
});
