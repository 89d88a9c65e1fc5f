import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anyweb, type Login } from 'nestjs-oauth-providers';
import { Browser, locationOf, type Reply } from '../support/browser.js';
import { type RoutedApp, startRoutedApp } from '../support/routed-app.js';
import { AnywebServer, type Generation } from './anyweb-server.js';
import { problemOf, promised } from './problem.js';
import { at } from './wire.js';

const client = { appid: '5f1c9a52-0d0e-4d0c-9a0c-4a3ab5f0a111', secret: 's3cret/+="quoted" 秘密' };
const paths = { token: '/oauth/accessToken', profile: '/oauth/userInfo' };

describe('a second server for AnyWeb', () => {
  let time: number;
  let server: AnywebServer;
  let routed: RoutedApp;
  let browser: Browser;
  let logins: Login[];

  beforeEach(async () => {
    time = Date.parse('2026-03-01T08:00:00Z');
    const now = (): number => time;
    server = await AnywebServer.start({ ...client, now });
    browser = new Browser({ accept: 'application/json' });
    logins = [];
    const options = { appId: client.appid, secret: client.secret, baseUrl: server.wire.url };
    routed = await startRoutedApp(() => [anyweb(options)], {
      clock: { now },
      resolveUser: (login) => {
        logins.push(login);
        return { subject: login.subject };
      },
    });
  });

  afterEach(async () => {
    await routed.app.close();
    await server.wire.close();
    if (server.complaints.length > 0) throw new Error(server.complaints.join('; '));
  });

  async function attempt(who = browser): Promise<string> {
    const begun = await who.visit(`${routed.url}/auth/anyweb/attempts`, { json: { returnTo: '/me' } });
    return (JSON.parse(begun.text) as { state: string }).state;
  }

  async function handIn(code: string, state?: string, who = browser): Promise<Reply> {
    const json = { code, state: state ?? (await attempt(who)) };
    return who.visit(`${routed.url}/auth/anyweb/callback`, { json });
  }

  const me = async (): Promise<unknown> =>
    JSON.parse((await browser.visit(`${routed.url}/me`)).text) as unknown;

  async function expectRefused(reply: Reply, ...problem: Parameters<typeof promised>): Promise<void> {
    expect(problemOf(reply)).toEqual(promised(...problem));
    expect(await me()).toEqual({});
    expect(logins).toEqual([]);
  }

  it('gets exactly the parameters of its documents, as JSON', async () => {
    const code = server.newCode();
    const done = await handIn(code);
    expect([done.status, JSON.parse(done.text)]).toEqual([
      200,
      { user: { subject: server.person.unionid }, returnTo: '/me' },
    ]);
    const wire = server.wire.seen.map(({ method, path, query, contentType, body }) => ({
      target: `${method} ${path}${query}`,
      contentType,
      body: JSON.parse(body) as unknown,
    }));
    expect(wire).toEqual([
      {
        target: 'POST /oauth/accessToken',
        contentType: 'application/json',
        body: { appid: client.appid, secret: client.secret, code },
      },
      {
        target: 'POST /oauth/userInfo',
        contentType: 'application/json',
        body: {
          ...{ appid: client.appid, secret: client.secret },
          ...{ accessToken: server.lastToken, unionid: server.person.unionid },
          // Anything more would be billed.
          scopes: ['baseInfo'],
        },
      },
    ]);
  });

  it.each<[Generation, string[], object]>([
    // The first generation names no scopes: those that were asked for count.
    ['G1', ['baseInfo'], { displayName: '李四', avatarUrl: 'https://cdn.anyweb.cc/head/1.png' }],
    ['G2', ['all'], { displayName: null, avatarUrl: null }],
    ['G3', ['baseInfo', 'identity'], { displayName: null, avatarUrl: null }],
  ])('signs in with a reply of generation %s', async (generation, scope, profile) => {
    server.generation = generation;
    const done = await handIn(server.newCode(['baseInfo', 'identity']));
    expect(done.status).toBe(200);
    expect(await me()).toEqual({ subject: server.person.unionid });
    expect(logins).toEqual([
      expect.objectContaining({
        provider: 'anyweb',
        clientId: client.appid,
        subject: server.person.unionid,
        profile: expect.objectContaining(profile),
      }),
    ]);
    expect(logins[0]?.scope).toEqual(scope);
  });

  it('signs in when JSON comes as text/plain', async () => {
    server.contentType = 'text/plain';
    expect((await handIn(server.newCode())).status).toBe(200);
  });

  it('signs in when the page posts a form', async () => {
    const page = new Browser();
    const state = await attempt(page);
    const form = { code: server.newCode(), state };
    const done = await page.visit(`${routed.url}/auth/anyweb/callback`, { form });
    expect([done.status, locationOf(done)]).toEqual([302, `${routed.url}/me`]);
  });

  it('never sees a code without the state of the same browser', async () => {
    const code = server.newCode();
    const foreign = await attempt(new Browser({ accept: 'application/json' }));
    await expectRefused(await handIn(code, foreign), 400, 'invalid_request');
    await expectRefused(await handIn(code, ''), 400, 'invalid_request');
    await expectRefused(await handIn(''), 400, 'invalid_request');
    const get = await browser.visit(`${routed.url}/auth/anyweb/callback?code=${code}`);
    expect(get.status).toBe(405);
    expect(server.wire.seen).toEqual([]);
  });

  describe.each([200, 400])('when failures come with HTTP %d', (status) => {
    beforeEach(() => {
      server.failureStatus = status;
    });

    it.each<[string, (code: string) => string]>([
      ['nobody issued', () => 'b1946ac9-2492-4d23-9d6a-000000000000'],
      [
        'is five minutes old',
        (code) => {
          time += 300_000;
          return code;
        },
      ],
      [
        'was spent before',
        (code) => {
          server.spend(code);
          return code;
        },
      ],
    ])('refuses a code that %s', async (_what, how) => {
      const state = await attempt();
      const code = how(server.newCode());
      await expectRefused(await handIn(code, state), 400, 'invalid_grant', 'A107P009');
      expect(server.wire.seen.map(({ path }) => path)).toEqual([paths.token]);
    });

    it.each([
      ['appid', 'A107P007'],
      ['secret', 'A107P005'],
    ])('tells a wrong %s from a wrong code', async (name, code) => {
      server.setup = { ...server.setup, [name]: 'another' };
      await expectRefused(await handIn(server.newCode()), 502, 'invalid_client', code);
      expect(at(server.wire, paths.token)).toHaveLength(1);
      expect(at(server.wire, paths.profile)).toEqual([]);
    });

    it.each<[number, string, string]>([
      [400, 'invalid_request', 'A107P001 A107P002 A107P003 A107P004 A107P008'],
      [502, 'invalid_client', 'A107P005 A107P007 A107P010'],
      [400, 'invalid_grant', 'A107P009 A107P012'],
      [502, 'unknown', 'A999Z999'],
    ])('answers %d %s to %s', async (expected, errorClass, codes) => {
      for (const code of codes.split(' ')) {
        server.instead.set(paths.token, server.failure(code));
        await expectRefused(await handIn('a-code'), expected, errorClass, code);
      }
      expect(at(server.wire, paths.token)).toHaveLength(codes.split(' ').length);
      expect(at(server.wire, paths.profile)).toEqual([]);
    });

    it('signs in without a name when the person has not authorised the profile', async () => {
      server.instead.set(paths.profile, server.failure('A107P011'));
      const reply = await handIn(server.newCode());
      expect(reply.status).toBe(200);
      expect(logins).toMatchObject([{ provider: 'anyweb', profile: { displayName: null } }]);
    });

    it('refuses when its own fresh token is no good for the profile', async () => {
      server.instead.set(paths.profile, server.failure('A107P006'));
      await expectRefused(await handIn(server.newCode()), 502, 'invalid_token', 'A107P006');
      expect(at(server.wire, paths.token)).toHaveLength(1);
    });
  });

  it('refuses a profile of somebody else than the token', async () => {
    server.profileOf = '00000000-0000-0000-0000-000000000000';
    await expectRefused(await handIn(server.newCode()), 502, 'invalid_token');
  });

  it.each<[string, string]>([
    ['an empty reply', ''],
    ['a page', '<h1>maintenance</h1>'],
    ['a list', '[]'],
    ['success without data', '{"code":1000,"message":"success"}'],
    ['success with data that is a list', '{"code":1000,"message":"success","data":[]}'],
    ['data without code', '{"data":{"unionid":"u","accessToken":"t","expire":7200}}'],
    ['success without a token', '{"code":1000,"data":{"unionid":"u","expire":7200}}'],
    ['success without a person', '{"code":1000,"data":{"accessToken":"t","expire":7200}}'],
    ['a failure that brings data', '{"code":"A107P009","data":{"unionid":"u","accessToken":"t","expire":9}}'],
  ])('opens no session for %s', async (_what, body) => {
    server.instead.set(paths.token, { status: 200, headers: { 'content-type': 'application/json' }, body });
    const done = await handIn(server.newCode());
    expect([400, 502]).toContain(done.status);
    expect(await me()).toEqual({});
    expect(logins).toEqual([]);
    expect(at(server.wire, paths.token)).toHaveLength(1);
  });

  it.each([500, 502, 504])('answers 502 transient to HTTP %d and asks once', async (status) => {
    server.instead.set(paths.token, { status, body: '<h1>no</h1>' });
    await expectRefused(await handIn(server.newCode()), 502, 'transient');
    expect(at(server.wire, paths.token)).toHaveLength(1);
  });
});
