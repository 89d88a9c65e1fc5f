import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StoreUnavailableError } from 'nestjs-oauth-providers';
import { UserDirectory } from '../users/user-directory.js';
import { type Site, startSite } from '../testing/site.js';
import { type VisitOptions } from '../testing/visitor.js';

let site: Site;

beforeAll(async () => {
  site = await startSite();
});

afterAll(async () => {
  await site.close();
});

const visit = (path: string, options?: VisitOptions) => site.visitor().visit(path, options);
const zh = { 'accept-language': 'zh-CN,zh;q=0.9' };
const asJson = { accept: 'application/json' };

describe('what another site sends', () => {
  it.each([
    ['/auth/logout', { origin: 'https://evil.example' }],
    ['/auth/logout', { origin: 'null' }],
    ['/auth/logout', { 'sec-fetch-site': 'cross-site' }],
    ['/auth/logout', { 'sec-fetch-site': 'same-site' }],
    ['/auth/anyweb/attempts', { origin: 'https://evil.example' }],
    ['/auth/anyweb/callback', { origin: 'https://evil.example' }],
    ['/auth/nobody/callback', { origin: 'https://evil.example' }],
    ['/nowhere', { origin: 'https://evil.example' }],
  ])('is refused: POST %s with %j', async (path, headers) => {
    expect((await visit(path, { form: {}, headers: headers })).status).toBe(403);
  });

  it('is taken at the callback of a redirect provider, which state and cookie protect', async () => {
    const answer = await visit('/auth/wps/callback', {
      form: { error: 'access_denied' },
      headers: { origin: 'https://openapi.wps.cn', 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(400);
  });

  it('is not what our own pages, and programs, send', async () => {
    const own = { origin: site.origin, 'sec-fetch-site': 'same-origin' };
    expect((await visit('/auth/logout', { form: {}, headers: own })).status).toBe(303);
    expect((await visit('/auth/logout', { form: {} })).status).toBe(303);
  });

  it('cannot be made our own by a Host of its choice', async () => {
    const headers = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' };
    expect((await visit('/auth/logout', { form: {}, headers })).status).toBe(403);
  });
});

describe('failures', () => {
  it('are pages for people, in their language', async () => {
    const page = await visit('/nowhere', { headers: { ...zh, accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('页面不存在');
    expect(await (await visit('/nowhere')).text()).toContain('This page does not exist');
  });

  it('are problem details for programs', async () => {
    const problem = await visit('/nowhere', { headers: asJson });
    expect(problem.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await problem.json()).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404 });
  });

  it('are JSON below /api, and a page where a login begins, whatever is preferred', async () => {
    const me = await visit('/api/me', { headers: { accept: 'text/html' } });
    expect([me.status, me.headers.get('content-type')]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
    ]);
    const start = await visit('/auth/nobody', { headers: asJson });
    expect([start.status, start.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const attempts = await visit('/auth/wps/attempts', { form: {}, headers: { accept: 'text/html' } });
    expect([attempts.status, attempts.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('include bodies that cannot be read, without quoting them', async () => {
    const broken = await visit('/auth/anyweb/callback', { json: '{"code": hunter2' });
    expect(broken.status).toBe(400);
    expect(await broken.text()).not.toContain('hunter2');
    const large = await visit('/auth/anyweb/callback', { json: { code: 'x'.repeat(40_000) } });
    expect(large.status).toBe(413);
  });

  it('include methods a route does not have', async () => {
    expect((await visit('/auth/anyweb/callback')).status).toBe(405);
  });

  it('of our own are told to nobody but the log', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const find = jest.spyOn(site.app.get(UserDirectory), 'find');
    const visitor = site.visitor();
    await site.signIn(visitor);
    find.mockRejectedValueOnce(new Error('hunter2 is the password'));
    const broken = await visitor.visit('/', { headers: zh });
    expect([broken.status, await broken.text()]).toEqual([500, expect.stringContaining('服务出现问题')]);
    find.mockRejectedValueOnce(new StoreUnavailableError('sqlite', 'SQLITE_BUSY'));
    const busy = await visitor.visit('/api/me');
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '5']);
    expect(errors).toHaveBeenCalledTimes(2);
    jest.restoreAllMocks();
  });

  it('never lead away from the callback', async () => {
    const page = await visit('/auth/wps/callback?error=access_denied', { headers: zh });
    expect([page.status, page.headers.get('referrer-policy')]).toEqual([400, 'no-referrer']);
    expect(await page.text()).toContain('已取消登录');
  });
});

describe('headers', () => {
  it.each(['/', '/nowhere', '/auth/anyweb', '/auth/huawei/callback', '/healthz', '/api/me'])(
    'of %s let nothing in that is not ours',
    async (path) => {
      const { headers } = await visit(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe|upgrade-insecure-requests/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toMatch(/^(same-origin|no-referrer)$/);
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('let pictures of the emulator in', async () => {
    const policy = (await visit('/')).headers.get('content-security-policy');
    expect(policy).toContain(`img-src 'self' https: data: ${site.emulator.url}`);
  });

  it('keep personal pages out of caches and let the style sheet into them', async () => {
    expect((await visit('/')).headers.get('cache-control')).toBe('no-store');
    const css = await visit('/assets/site.css');
    expect([css.status, css.headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
  });
});

describe('health', () => {
  it('is told to anybody', async () => {
    const answer = await visit('/healthz');
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });
});
