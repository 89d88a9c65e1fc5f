import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { HuaweiScene } from './huawei-scene.js';
import { newKey, type Unsigned } from './id-token.js';
import { problemOf, promised } from './problem.js';
import { at } from './wire.js';

const hour = 3_600_000;
const day = 24 * hour;

type Change = (token: Unsigned) => { header?: object; claims?: object };

describe('an id_token of the second server', () => {
  let scene: HuaweiScene;

  beforeEach(async () => {
    scene = await HuaweiScene.open();
  });

  afterEach(() => scene.close());

  const change = (how: Change): void => {
    scene.server.alter = (token) => {
      const { header, claims } = how(token);
      return { header: { ...token.header, ...header }, claims: { ...token.claims, ...claims } };
    };
  };
  const fetchesOfKeys = (): number => at(scene.server.wire, '/oauth2/v3/certs').length;
  const refused = promised(502, 'invalid_token');

  async function expectRefused(): Promise<void> {
    expect(problemOf(await scene.signIn())).toEqual(refused);
    expect(await scene.me()).toEqual({});
    expect(scene.logins).toEqual([]);
    expect(at(scene.server.wire, '/oauth2/v3/token')).toHaveLength(1);
    expect(at(scene.server.wire, '/rest.php')).toEqual([]);
  }

  it.each<[string, Change]>([
    ['the wrong issuer', () => ({ claims: { iss: 'https://oauth-login.cloud.huawei.com' } })],
    ['an issuer with a slash behind', () => ({ claims: { iss: 'https://accounts.huawei.com/' } })],
    ['no issuer', () => ({ claims: { iss: undefined } })],
    ['the wrong audience', () => ({ claims: { aud: '107408392', azp: '107408392' } })],
    ['the audience as a number', () => ({ claims: { aud: 107408391 } })],
    ['another authorized party', () => ({ claims: { azp: '107408392' } })],
    ['alg none', () => ({ header: { alg: 'none' } })],
    ['alg None', () => ({ header: { alg: 'None' } })],
    ['HS256 keyed with the public key', () => ({ header: { alg: 'HS256' } })],
    ['an end an hour ago', ({ claims }) => ({ claims: { exp: Number(claims['exp']) - 2 * 3600 } })],
    ['no end', () => ({ claims: { exp: undefined } })],
    ['the at_hash of another token', () => ({ claims: { at_hash: 'EblwIuhZZccNQ6-FxT3f_g' } })],
    ['another nonce', () => ({ claims: { nonce: 'somebody-elses-nonce-00' } })],
    ['an empty nonce', () => ({ claims: { nonce: '' } })],
    ['no subject', () => ({ claims: { sub: undefined } })],
    ['an empty subject', () => ({ claims: { sub: '' } })],
    ['a numeric subject', () => ({ claims: { sub: 1 } })],
    ['an unknown critical header', () => ({ header: { crit: ['x'], x: 1 } })],
  ])('is refused with %s', async (_what, how) => {
    change(how);
    await expectRefused();
  });

  it.each<[string, (token: string) => string | undefined]>([
    ['missing', () => undefined],
    ['empty', () => ''],
    ['without its signature', (token) => token.slice(0, token.lastIndexOf('.') + 1)],
    ['of another person under the old signature', (token) => withSubject(token, 'MDFe/other')],
    ['no token at all', () => 'not.a.token'],
  ])('is refused when it is %s', async (_what, how) => {
    scene.server.replaceToken = how;
    await expectRefused();
  });

  it('is refused when a key signed that nobody published, under an id of its own', async () => {
    scene.server.signWith(newKey());
    await expectRefused();
  });

  it('is refused when a key signed that nobody published, under a published id', async () => {
    scene.server.signWith({ ...newKey(), kid: scene.server.today.kid });
    await expectRefused();
  });

  it('is refused when it brings its key along', async () => {
    const foreign = newKey();
    scene.server.signWith({ ...foreign, kid: scene.server.today.kid });
    change(() => ({ header: { jwk: foreign.publicKey.export({ format: 'jwk' }) } }));
    await expectRefused();
  });

  it('is refused when it was issued to another browser and is sent again', async () => {
    let first: string | undefined;
    scene.server.replaceToken = (token) => (first ??= token);
    expect((await scene.signIn(new Browser())).status).toBe(200);
    scene.server.wire.seen.length = 0;
    scene.logins.length = 0;
    await expectRefused();
  });

  describe('and the keys behind it', () => {
    it('are fetched once for many sign-ins', async () => {
      for (const browser of [new Browser(), new Browser(), new Browser()]) {
        expect((await scene.signIn(browser)).status).toBe(200);
      }
      expect(fetchesOfKeys()).toBe(1);
    });

    it('are fetched again when midnight brought a new one, for RS256 and PS256', async () => {
      expect((await scene.signIn()).status).toBe(200);
      for (const [index, ignoresSupportAlg] of [true, false].entries()) {
        scene.wait(hour);
        scene.server.rollKeys();
        scene.server.ignoresSupportAlg = ignoresSupportAlg;
        expect((await scene.signIn(new Browser())).status).toBe(200);
        expect(fetchesOfKeys()).toBe(index + 2);
      }
    });

    it('still include that of yesterday', async () => {
      const yesterday = scene.server.today;
      scene.server.rollKeys();
      scene.server.signWith(yesterday);
      expect((await scene.signIn()).status).toBe(200);
    });

    it('are no longer trusted a day after they were taken from the set', async () => {
      const old = scene.server.today;
      expect((await scene.signIn(new Browser())).status).toBe(200);
      scene.server.rollKeys();
      scene.server.rollKeys();
      scene.server.signWith(old);
      scene.wait(day + 1000);
      scene.server.wire.seen.length = 0;
      scene.logins.length = 0;
      await expectRefused();
      expect(fetchesOfKeys()).toBe(1);
    });

    it('are not fetched for every foreign id: there is a cool-down, and then one more look', async () => {
      expect((await scene.signIn(new Browser())).status).toBe(200);
      scene.wait(hour);
      scene.server.signWith(newKey());
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect(problemOf(await scene.signIn(new Browser()))).toEqual(refused);
      }
      expect(fetchesOfKeys()).toBe(2);
      scene.wait(hour);
      expect(problemOf(await scene.signIn())).toEqual(refused);
      expect(fetchesOfKeys()).toBe(3);
    });

    it('are a matter of the platform when they cannot be had', async () => {
      scene.server.instead.set('/oauth2/v3/certs', { status: 500 });
      expect(problemOf(await scene.signIn())).toEqual(promised(502, 'transient'));
      expect(await scene.me()).toEqual({});
      scene.server.instead.clear();
      expect((await scene.signIn()).status).toBe(200);
    });
  });
});

function withSubject(token: string, sub: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const other = Buffer.from(JSON.stringify({ ...claims, sub })).toString('base64url');
  return [header, other, signature].join('.');
}
