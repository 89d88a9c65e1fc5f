import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Browser, locationOf } from '../support/browser.js';
import { client, HuaweiScene } from './huawei-scene.js';
import { problemOf, promised } from './problem.js';
import { at } from './wire.js';

const paths = { authorize: '/oauth2/v3/authorize', token: '/oauth2/v3/token', profile: '/rest.php' };

describe('a second server for Account Kit', () => {
  let scene: HuaweiScene;

  beforeEach(async () => {
    scene = await HuaweiScene.open();
  });

  afterEach(() => scene.close());

  async function reopen(options: Parameters<typeof HuaweiScene.open>[0]): Promise<void> {
    await scene.close();
    scene = await HuaweiScene.open(options);
  }

  const expectSignedIn = async (browser?: Browser): Promise<void> => {
    expect(await scene.me(browser)).toEqual({ subject: scene.server.person.unionId });
  };

  it('gets exactly the parameters of its documents, byte for byte', async () => {
    const done = await scene.signIn();
    expect([done.status, JSON.parse(done.text)]).toEqual([
      200,
      { user: { subject: scene.server.person.unionId }, returnTo: '/me' },
    ]);

    const { wire, lastCode } = scene.server;
    const asked = new URLSearchParams(at(wire, paths.authorize)[0]?.query);
    const [exchange, ...repeated] = at(wire, paths.token);
    const sent = new URLSearchParams(exchange?.body);
    expect(Object.fromEntries(asked)).toEqual({
      response_type: 'code',
      access_type: 'offline',
      client_id: client.clientId,
      redirect_uri: scene.callback,
      scope: 'openid profile',
      state: expect.stringMatching(/^[\w-]{22,}$/),
      nonce: expect.stringMatching(/^[\w-]{22,}$/),
      code_challenge: createHash('sha256')
        .update(sent.get('code_verifier') ?? '')
        .digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(repeated).toEqual([]);
    expect([exchange?.query, exchange?.contentType]).toEqual(['', 'application/x-www-form-urlencoded']);
    expect(Object.fromEntries(sent)).toEqual({
      grant_type: 'authorization_code',
      code: lastCode,
      client_id: client.clientId,
      client_secret: client.clientSecret,
      redirect_uri: scene.callback,
      code_verifier: expect.stringMatching(/^[A-Za-z0-9._~-]{43,128}$/),
      supportAlg: 'PS256',
    });
    expect(exchange?.body).toContain(`code=${encodeURIComponent(lastCode)}&`);
    const { query, body } = at(wire, paths.profile)[0] ?? {};
    expect([query, body]).toEqual([
      'nsp_svc=GOpen.User.getInfo',
      `access_token=${encodeURIComponent(scene.server.lastToken)}&getNickName=1`,
    ]);
    expect(wire.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /oauth2/v3/authorize',
      'POST /oauth2/v3/token',
      'GET /oauth2/v3/certs',
      'POST /rest.php',
    ]);
  });

  it('hands over the person: union id as the subject, names and picture unharmed', async () => {
    await scene.signIn();
    const { unionId, openId, name, picture } = scene.server.person;
    expect(scene.logins).toEqual([
      expect.objectContaining({
        provider: 'huawei',
        clientId: client.clientId,
        subject: unionId,
        scope: ['openid', 'profile'],
        profile: expect.objectContaining({
          displayName: name,
          avatarUrl: picture,
          raw: expect.objectContaining({ openID: openId }),
        }),
      }),
    ]);
  });

  it.each([
    ['an RS256 id_token although PS256 was asked for', { ignoresSupportAlg: true }],
    ['a code that is not encoded in the redirect', { sendsRawCode: true }],
    ['a code with backslashes', { inventCode: () => String.raw`a\b\\+/=` }],
    ['a raw code with backslashes', { inventCode: () => String.raw`a\b\\+/=`, sendsRawCode: true }],
    ['a raw code with plus signs all around', { inventCode: () => '++a+/=b++', sendsRawCode: true }],
    ['a code as long as they come', { inventCode: () => '+/='.repeat(341) }],
    ['no nonce in the id_token, which the web documents do not promise', { echoesNonce: false }],
  ])('signs in with %s', async (_what, knobs) => {
    Object.assign(scene.server, knobs);
    expect((await scene.signIn()).status).toBe(200);
    expect(new URLSearchParams(at(scene.server.wire, paths.token)[0]?.body).get('code')).toBe(
      scene.server.lastCode,
    );
    await expectSignedIn();
  });

  it('signs in without PKCE', async () => {
    await reopen({ pkce: false });
    expect((await scene.signIn()).status).toBe(200);
    const names = [paths.authorize, paths.token].flatMap((path) => at(scene.server.wire, path)[0]?.names);
    expect(names).not.toContain('code_challenge');
    expect(names).not.toContain('code_verifier');
  });

  it('signs in with openid alone, which shares neither name nor picture', async () => {
    await reopen({ scope: ['openid'] });
    expect((await scene.signIn()).status).toBe(200);
    expect(scene.logins[0]).toMatchObject({
      scope: ['openid'],
      profile: { displayName: null, avatarUrl: null },
    });
  });

  it('asks for a scope that is a URL as it is', async () => {
    const scope = ['openid', 'https://www.huawei.com/auth/account/base.profile'];
    await reopen({ scope });
    expect((await scene.signIn()).status).toBe(200);
    expect(scene.logins[0]?.scope).toEqual(scope);
  });

  it('signs in when the answer is a form', async () => {
    const answer = Object.fromEntries(new URL(await scene.consent()).searchParams);
    const done = await scene.browser.visit(scene.callback, { form: answer });
    expect([done.status, locationOf(done)]).toEqual([302, `${scene.app.url}/me`]);
    await expectSignedIn();
  });

  it('signs in when the answer is a form that comes without its cookie', async () => {
    const answer = Object.fromEntries(new URL(await scene.consent()).searchParams);
    const headers = { origin: scene.server.wire.url, 'sec-fetch-site': 'cross-site' };
    const bounced = await new Browser().visit(scene.callback, { form: answer, headers });
    expect(bounced.status).toBe(303);
    expect((await scene.goBack(locationOf(bounced))).status).toBe(200);
    expect(new URLSearchParams(at(scene.server.wire, paths.token)[0]?.body).get('code')).toBe(
      scene.server.lastCode,
    );
    await expectSignedIn();
  });

  describe('when the person refuses', () => {
    beforeEach(() => {
      scene.server.consents = false;
    });

    it('gets the relay page, since the refusal is in the fragment', async () => {
      const [target, fragment] = (await scene.consent()).split('#');
      expect(fragment).toBe('error=1107&error_description=access+denied');
      const page = await scene.browser.visit(target ?? '');
      expect(page.status).toBe(200);
      expect(page.text).toContain('not completed');
      const script = /<script[^>]* src="([^"]+)"/.exec(page.text)?.[1] ?? '';
      expect((await scene.browser.visit(script)).text).toContain('location.replace(');
    });

    it('is told so, and may change his mind: the refusal names no attempt', async () => {
      const begun = await scene.browser.visit(`${scene.app.url}/auth/huawei`);
      const refused = locationOf(await scene.browser.visit(locationOf(begun))).replace('#', '?');
      const page = await scene.browser.visit(refused);
      expect([page.status, page.text]).toEqual([400, expect.stringContaining('cancelled')]);
      expect(problemOf(await scene.goBack(refused))).toEqual(promised(400, 'invalid_request'));
      expect(await scene.me()).toEqual({});

      scene.server.consents = true;
      const consented = locationOf(await scene.browser.visit(locationOf(begun)));
      expect((await scene.goBack(consented)).status).toBe(200);
    });

    it.each(['1107', 'access_denied'])('knows the refusal %s of its own attempt', async (error) => {
      const begun = await scene.browser.visit(`${scene.app.url}/auth/huawei`);
      const state = new URL(locationOf(begun)).searchParams.get('state') ?? '';
      const refused = await scene.goBack(`${scene.callback}?error=${error}&state=${state}`);
      expect(problemOf(refused)).toEqual(promised(403, 'access_denied', error));
      expect(scene.server.wire.seen).toEqual([]);
    });
  });

  describe('when a code is not worth a session', () => {
    async function expectRefused(back: string, ...problem: Parameters<typeof promised>): Promise<void> {
      expect(problemOf(await scene.goBack(back))).toEqual(promised(...problem));
      expect(at(scene.server.wire, paths.token)).toHaveLength(1);
      expect(at(scene.server.wire, paths.profile)).toEqual([]);
      expect(await scene.me()).toEqual({});
    }

    it('is too old after five minutes', async () => {
      const back = await scene.consent();
      scene.wait(300_000);
      await expectRefused(back, 400, 'invalid_grant', '1101', '20155');
    });

    it('was spent by somebody else', async () => {
      const back = await scene.consent();
      scene.server.spend(scene.server.lastCode);
      await expectRefused(back, 400, 'invalid_grant', '1101', '20156');
    });

    it('was issued to another browser, and PKCE tells', async () => {
      const stolen = new URL(await scene.consent(new Browser())).searchParams.get('code') ?? '';
      const back = new URL(await scene.consent());
      back.searchParams.set('code', stolen);
      await expectRefused(back.href, 400, 'invalid_grant', '1103', '20153');
    });

    it.each([
      ['clientSecret', 'another', '1203', '12304'],
      ['clientId', '107408392', '1203', '12303'],
    ] as const)('comes with a wrong %s', async (name, value, code, subCode) => {
      const back = await scene.consent();
      scene.server.setup = { ...scene.server.setup, [name]: value };
      await expectRefused(back, 502, 'invalid_client', code, subCode);
    });
  });

  it('spends a code once: going back again stops at our own door', async () => {
    const back = await scene.consent();
    expect((await scene.goBack(back)).status).toBe(200);
    expect(problemOf(await scene.goBack(back, new Browser()))).toEqual(promised(400, 'invalid_request'));
    expect(problemOf(await scene.goBack(back))).toEqual(promised(400, 'invalid_request'));
    expect(at(scene.server.wire, paths.token)).toHaveLength(1);
  });
});
