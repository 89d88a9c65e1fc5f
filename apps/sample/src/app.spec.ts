import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Site, startSite } from './testing/site.js';

let site: Site;

beforeAll(async () => {
  site = await startSite();
});

afterAll(async () => {
  await site.close();
});

describe('signing in', () => {
  it('leads to the platform and back to where the visitor wanted to go', async () => {
    const visitor = site.visitor();
    const start = await visitor.visit('/auth/wps?returnTo=/notes%3Fpage=2');
    expect(start.status).toBe(302);
    const consent = await fetch(start.headers.get('location') ?? '', { redirect: 'manual' });
    const callback = await visitor.visit(consent.headers.get('location') ?? '');
    expect([callback.status, callback.headers.get('location')]).toEqual([302, '/notes?page=2']);
    expect(callback.headers.getSetCookie().at(-1)).toMatch(
      /^sid=\S+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    const me = (await (await visitor.visit('/api/me')).json()) as Record<string, unknown>;
    expect(me['user']).toMatchObject({ provider: 'wps', displayName: '张伟' });
    expect(me['accounts']).toEqual([
      { ...(me['user'] as object), linkedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
  });

  it('answers programs with who signed in', async () => {
    const visitor = site.visitor();
    const answer = await site.signIn(visitor, 'alice', '/x');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      user: {
        provider: 'anyweb',
        subject: expect.any(String),
        displayName: 'Alice Müller',
        avatarUrl: null,
      },
      returnTo: '/x',
    });
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%2f%2fevil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    `/${'a'.repeat(512)}`,
  ])('works, and ends at the front door, when asked to go to %j', async (returnTo) => {
    const answer = await site.signIn(site.visitor(), 'zhangwei', returnTo);
    expect(await answer.json()).toMatchObject({ returnTo: '/' });
  });

  it('shows the account where the login was, whatever the user is called', async () => {
    const visitor = site.visitor();
    await site.signIn(visitor, 'mallory');
    const html = await (await visitor.visit('/')).text();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).not.toMatch(/<script/);
  });

  it('changes the session id and ends the session before', async () => {
    const visitor = site.visitor();
    await site.signIn(visitor, 'zhangwei');
    const before = visitor.cookies.get('sid');
    await site.signIn(visitor, 'ouyang');
    const after = visitor.cookies.get('sid');
    expect(after).not.toBe(before);
    const me = (await (await visitor.visit('/api/me')).json()) as { accounts: unknown[] };
    expect(me).toMatchObject({ user: { displayName: '欧阳静怡 🌸' } });
    expect(me.accounts).toHaveLength(1);
    visitor.cookies.set('sid', before ?? '');
    expect((await visitor.visit('/api/me')).status).toBe(401);
  });

  it('keeps the day of the first login', async () => {
    const linkedAt = async () => {
      const visitor = site.visitor();
      await site.signIn(visitor, 'user-7');
      const me = (await (await visitor.visit('/api/me')).json()) as { accounts: { linkedAt: string }[] };
      return me.accounts[0]?.linkedAt;
    };
    expect(await linkedAt()).toBe(await linkedAt());
  });

  it('costs an anonymous visitor no session', async () => {
    const visitor = site.visitor();
    await visitor.visit('/');
    await visitor.visit('/auth/wps');
    expect([...visitor.cookies.keys()].filter((name) => !name.startsWith('oa_'))).toEqual([]);
  });
});

describe('a server found by discovery', () => {
  it('is asked when somebody wants to sign in there, not before', async () => {
    const withServer = await startSite({
      OIDC_ISSUER: 'http://127.0.0.1:9',
      OIDC_CLIENT_ID: 'me',
      OIDC_CLIENT_SECRET: 's3cret',
    });
    try {
      const visitor = withServer.visitor();
      expect(await (await visitor.visit('/')).text()).toContain('<a href="/auth/oidc">');
      const start = await visitor.visit('/auth/oidc', { headers: { accept: 'application/json' } });
      expect([start.status, start.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
    } finally {
      await withServer.close();
    }
  });
});

describe('signing out', () => {
  it('sends people to the front door and answers programs with nothing', async () => {
    const visitor = site.visitor();
    await site.signIn(visitor);
    const cookie = visitor.cookies.get('sid') ?? '';
    const page = await visitor.visit('/auth/logout', { form: {} });
    expect([page.status, page.headers.get('location')]).toEqual([303, '/']);
    expect(visitor.cookies.has('sid')).toBe(false);
    visitor.cookies.set('sid', cookie);
    expect((await visitor.visit('/api/me')).status).toBe(401);
    const json = await visitor.visit('/auth/logout?revoke=1', { json: {} });
    expect([json.status, await json.text()]).toEqual([204, '']);
  });

  it('works without a session, and never by a link', async () => {
    expect((await site.visitor().visit('/auth/logout', { form: {} })).status).toBe(303);
    expect((await site.visitor().visit('/auth/logout')).status).toBe(404);
  });
});

describe('the store', () => {
  it('keeps sessions and users over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sample-'));
    const env = { OAUTH_STORE: 'sqlite', DATA_DIR: folder };
    try {
      const first = await startSite(env);
      const visitor = first.visitor();
      await first.signIn(visitor);
      const before: unknown = await (await visitor.visit('/api/me')).json();
      await first.close();
      const second = await startSite(env);
      const again = second.visitor();
      again.cookies.set('sid', visitor.cookies.get('sid') ?? '');
      expect(await (await again.visit('/api/me')).json()).toEqual(before);
      await second.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
