import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StoreUnavailableError, Vault } from 'nestjs-oauth-providers';
import { UserDirectory } from '../apps/sample/src/users/user-directory.js';
import { Browser } from './support/browser.js';
import { Site } from './support/site.js';
import { raw, type RawReply } from './surface/raw.js';

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

/** What holds for every answer: its form, its headers, and what it believes of a request. */
describe.each([
  ['plain http', undefined],
  ['https', 'https://sample.example'],
])('answers of a sample on %s', (_scheme, publicUrl) => {
  let site: Site;
  let origin: string;

  beforeAll(async () => {
    site = await Site.start(publicUrl === undefined ? {} : { PUBLIC_URL: publicUrl });
    origin = publicUrl ?? site.url;
  });
  afterAll(() => site.stop());

  const send = (path: string, options: Parameters<typeof raw>[1] = {}): Promise<RawReply> =>
    raw(`${site.url}${path}`, options);
  const formOf = ({ headers }: RawReply): string =>
    String(headers['content-type']).startsWith('text/html') ? 'page' : 'JSON';

  /** A failure of the callback, which is answered in the form that is asked for. */
  const callback = '/auth/wps/callback?error=access_denied';

  it.each([
    ['GET', undefined, undefined, 'page'],
    ['GET', '*/*', undefined, 'page'],
    ['GET', json, undefined, 'JSON'],
    ['GET', 'application/problem+json', undefined, 'JSON'],
    ['GET', 'application/json, text/plain, */*', undefined, 'JSON'],
    ['GET', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', undefined, 'page'],
    ['GET', 'text/html;q=0.5, application/json', undefined, 'JSON'],
    ['GET', 'application/json;q=0.5, text/html', undefined, 'page'],
    ['GET', 'image/png', undefined, 'page'],
    ['POST', undefined, form, 'page'],
    ['POST', '*/*', form, 'page'],
    ['POST', json, form, 'JSON'],
    ['POST', undefined, json, 'JSON'],
    ['POST', '*/*', json, 'JSON'],
    ['POST', '*/*', 'application/json; charset=utf-8', 'JSON'],
    ['POST', 'text/html', json, 'page'],
  ])('%s with Accept %j and a body of %j: a %s', async (method, accept, type, expected) => {
    const headers = { ...(accept && { accept }), ...(type && { 'content-type': type }) };
    const body = type?.startsWith(json) ? '{"error":"access_denied"}' : 'error=access_denied';
    const reply = await send(callback, { method, headers, ...(type && { body }) });
    expect([reply.status, formOf(reply)]).toEqual([400, expected]);
  });

  it.each([
    ['GET', '/api/me', 401],
    ['GET', '/api/nothing', 404],
    ['GET', '/broker/nothing', 404],
    ['POST', '/auth/wps/attempts', 404],
    ['POST', '/auth/nobody/attempts', 404],
  ])('%s %s is JSON, whatever is preferred', async (method, path, status) => {
    const reply = await send(path, { method, headers: { accept: 'text/html' } });
    expect([reply.status, reply.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it.each([
    ['/auth/wps', 302],
    ['/auth/anyweb', 200],
    ['/auth/nobody', 404],
  ])('GET %s is its redirect or a page, whatever is preferred', async (path, status) => {
    const reply = await send(path, { headers: { accept: json } });
    expect(reply.status).toBe(status);
    expect(reply.text).not.toMatch(/^[{[]/);
  });

  it('has problems with all of their members, as text', async () => {
    const reply = await send('/auth/wps/callback?code=1&state=2', { headers: { accept: json } });
    const problem = JSON.parse(reply.text) as Record<string, unknown>;
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem).toEqual({
      type: expect.any(String),
      title: expect.any(String),
      status: 400,
      detail: expect.any(String),
      errorClass: 'invalid_request',
      provider: 'wps',
    });
  });

  const failures: readonly (readonly [string, string, Parameters<typeof raw>[1], number])[] = [
    ['the front door', '/', {}, 200],
    ['a page that is not there', '/nowhere', {}, 404],
    ['a path that cannot be read', '/auth/%E0%A4%A', {}, 400],
    ['a provider that is not there', '/auth/nobody', {}, 404],
    ['a handoff page', '/auth/yuanzhibang', {}, 200],
    ['a relay page', '/auth/huawei/callback', {}, 200],
    ['a refused callback', callback, {}, 400],
    ['a wrong method', '/auth/anyweb/callback', {}, 405],
    ['another site', '/auth/logout', { method: 'POST', headers: { origin: 'https://evil.example' } }, 403],
    [
      'a body that cannot be read',
      '/auth/logout',
      { method: 'POST', headers: { 'content-type': json, accept: 'text/html' }, body: '{' },
      400,
    ],
    [
      'a body that is too large',
      '/auth/logout',
      { method: 'POST', headers: { 'content-type': form }, body: `a=${'x'.repeat(40_000)}` },
      413,
    ],
  ];

  function expectPage({ headers, text }: RawReply): void {
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-/);
    expect(policy.includes('upgrade-insecure-requests')).toBe(publicUrl !== undefined);
    expect(headers['strict-transport-security'] !== undefined).toBe(publicUrl !== undefined);
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=/);
  }

  it.each(failures)('has a policy on the page of %s', async (_what, path, options, status) => {
    const reply = await send(path, options);
    expect(reply.status).toBe(status);
    expectPage(reply);
    const chinese = { ...options?.headers, 'accept-language': 'zh-CN' };
    expect((await send(path, { ...options, headers: chinese })).text).toContain('lang="zh-CN"');
  });

  it('has a policy on the page of a fault of its own, and of a store that does not answer', async () => {
    const browser = new Browser();
    const handedIn = await site.handIn(browser, 'anyweb', await site.handoffOf(browser, 'anyweb'));
    const cookie = /^[^;]+/.exec(handedIn.headers.getSetCookie().at(-1) ?? '')?.[0] ?? '';
    jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const find = jest.spyOn(site.app.get(UserDirectory, { strict: false }), 'find');
    try {
      find.mockRejectedValueOnce(new Error('a secret of ours'));
      const broken = await send('/', { headers: { cookie } });
      expect([broken.status, broken.text.includes('secret')]).toEqual([500, false]);
      expectPage(broken);
      find.mockRejectedValueOnce(new StoreUnavailableError('memory', 'BUSY'));
      const silent = await send('/', { headers: { cookie } });
      expect([silent.status, silent.headers['retry-after']]).toEqual([503, '5']);
      expectPage(silent);
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('blames the store, not the platform, when an attempt cannot be spent', async () => {
    const browser = new Browser();
    // Cookies of https are not kept by this visitor on http, so they are handed over by hand.
    const begun = await browser.visit(`${site.url}/auth/anyweb/attempts`, { json: {} });
    const cookie = /^[^;]+/.exec(begun.headers.getSetCookie()[0] ?? '')?.[0] ?? '';
    const { state } = JSON.parse(begun.text) as { state: string };
    jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const vault = site.app.get(Vault, { strict: false });
    jest.spyOn(vault, 'spend').mockRejectedValueOnce(new StoreUnavailableError('memory', 'BUSY'));
    try {
      const reply = await send('/auth/anyweb/callback', {
        method: 'POST',
        headers: { cookie, 'content-type': json },
        body: JSON.stringify({ state, code: 'some-code' }),
      });
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
      expect(JSON.parse(reply.text)).toMatchObject({ errorClass: 'transient', provider: 'anyweb' });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it.each([
    ['/auth/logout', form],
    ['/auth/anyweb/attempts', json],
    ['/auth/yuanzhibang/callback', form],
  ])('refuses POST %s from other sites and takes it from us and from programs', async (path, type) => {
    const post = async (headers: Record<string, string>): Promise<number> =>
      (
        await send(path, {
          method: 'POST',
          headers: { 'content-type': type, ...headers },
          body: type === json ? '{}' : '',
        })
      ).status;
    const refused = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${origin}.evil.example` },
      { origin: origin.replace('http', 'x') },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of refused) expect([headers, await post(headers)]).toEqual([headers, 403]);
    const taken: Record<string, string>[] = [
      {},
      { origin },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin, 'sec-fetch-site': 'same-origin' },
    ];
    for (const headers of taken) expect([headers, await post(headers)]).not.toEqual([headers, 403]);
  });

  it.each(['wps', 'huawei'])(
    'takes the form of %s from another site, once without its cookie',
    async (provider) => {
      const options = {
        method: 'POST',
        headers: { 'content-type': form, origin: 'https://platform.example', 'sec-fetch-site': 'cross-site' },
        body: 'code=a%2Bb&state=xyz',
      };
      const first = await send(`/auth/${provider}/callback`, options);
      expect([first.status, first.headers.location]).toEqual([
        303,
        `${origin}/auth/${provider}/callback?code=a%2Bb&state=xyz`,
      ]);
      const second = await send(`/auth/${provider}/callback?code=a%2Bb&state=xyz`);
      expect([second.status, second.headers['referrer-policy']]).toEqual([400, 'no-referrer']);
    },
  );

  it('ignores Host, X-Forwarded-* and Forwarded, and refuses none of them', async () => {
    for (const host of ['evil.example', 'evil.example:99', '127.0.0.1', 'x_y.example']) {
      const reply = await send('/auth/huawei', {
        headers: {
          host,
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': publicUrl === undefined ? 'https' : 'http',
          'x-forwarded-port': '99',
          'x-forwarded-for': '203.0.113.1',
          forwarded: 'host=evil.example;proto=https;for=203.0.113.1',
        },
      });
      expect(reply.status).toBe(302);
      const location = new URL(String(reply.headers.location));
      expect(location.searchParams.get('redirect_uri')).toBe(`${origin}/auth/huawei/callback`);
      const [cookie = ''] = reply.headers['set-cookie'] ?? [];
      expect([/; Secure/i.test(cookie), cookie.startsWith('__Host-')]).toEqual(
        publicUrl === undefined ? [false, false] : [true, true],
      );
      expect(cookie).not.toMatch(/domain/i);
    }
  });
});
