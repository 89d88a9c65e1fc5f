import { describe, expect, it } from '@jest/globals';
import { startSite } from '../testing/site.js';

describe('the rate limit of logins', () => {
  it('counts starts and attempts of one address, whatever its headers say', async () => {
    const site = await startSite({ LOGIN_RATE_LIMIT: '2' });
    try {
      const visit = (path: string, method = 'GET') =>
        site.visitor().visit(path, { method, headers: { 'x-forwarded-for': '203.0.113.9' } });
      expect((await visit('/auth/wps')).status).toBe(302);
      expect((await visit('/auth/anyweb/attempts', 'POST')).status).toBe(201);
      const page = await visit('/auth/wps');
      expect([page.status, page.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8']);
      expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
      const problem = await visit('/auth/anyweb/attempts', 'POST');
      expect(await problem.json()).toMatchObject({ title: 'Too Many Requests', status: 429 });
      expect((await visit('/')).status).toBe(200);
      expect((await visit('/auth/logout', 'POST')).status).toBe(303);
    } finally {
      await site.close();
    }
  });

  it('can be switched off', async () => {
    const site = await startSite({ LOGIN_RATE_LIMIT: '0' });
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => site.visitor().visit('/auth/wps')));
      expect(answers.every(({ status }) => status === 302)).toBe(true);
    } finally {
      await site.close();
    }
  });
});
