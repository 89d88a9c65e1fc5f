import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Site, startSite } from '../testing/site.js';

/** As behind a proxy that ends TLS: browsers are on https, this process is not. */
describe('a sample that browsers reach by https', () => {
  let site: Site;

  beforeAll(async () => {
    site = await startSite({ PUBLIC_URL: 'https://sample.example' });
  });

  afterAll(async () => {
    await site.close();
  });

  it('has Secure cookies of this host alone, without any word of the proxy', async () => {
    const visitor = site.visitor();
    const answer = await site.signIn(visitor);
    expect(answer.headers.getSetCookie().at(-1)).toMatch(
      /^__Host-sid=\S+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect((await visitor.visit('/api/me')).status).toBe(200);
    const out = await visitor.visit('/auth/logout', { form: {} });
    expect(out.headers.getSetCookie()).toEqual([
      '__Host-sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ]);
  });

  it.each([
    '/',
    '/nowhere',
    '/auth/anyweb',
    '/auth/huawei/callback',
    '/auth/wps/callback?error=access_denied',
  ])('keeps browsers on https at %s', async (path) => {
    const { headers } = await site.visitor().visit(path);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('content-security-policy')).toMatch(/; ?upgrade-insecure-requests$/);
  });

  it('builds every address from the public one', async () => {
    const start = await site
      .visitor()
      .visit('/auth/wps', { headers: { 'x-forwarded-host': 'evil.example' } });
    const url = new URL(start.headers.get('location') ?? '');
    expect(url.searchParams.get('redirect_uri')).toBe('https://sample.example/auth/wps/callback');
  });
});

describe('a sample on plain http', () => {
  it('believes no proxy that says otherwise', async () => {
    const site = await startSite();
    try {
      const headers = { 'x-forwarded-proto': 'https', forwarded: 'proto=https' };
      const answer = await site.visitor().visit('/auth/wps', { headers });
      expect(answer.headers.getSetCookie().join()).not.toMatch(/Secure|__Host-/);
      expect(answer.headers.get('strict-transport-security')).toBeNull();
    } finally {
      await site.close();
    }
  });
});
