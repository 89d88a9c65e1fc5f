import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type IdTokenRules } from '../core/contract.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { answer, FakeClock, FakeHttp, failureOf } from '../testing-support/fakes.js';
import { atHash, platformKey, type PlatformKey, sign } from '../testing-support/id-tokens.js';
import { IdTokenVerifier } from './id-token.js';
import { JwksCache } from './jwks.js';

const { huawei } = clients;
const rules = huawei.contract.idToken as IdTokenRules;
const accessToken = new Secret('CgB6e3x9/a+b=');
const nonce = 'n-0S6_WzA2Mj';
const clock = new FakeClock();
const now = clock.now() / 1000;

/** An id_token as Huawei writes it. */
const good = {
  iss: 'https://accounts.huawei.com',
  sub: 'union-id',
  aud: '107408391',
  azp: '107408391',
  iat: now - 1,
  exp: now + 3599,
  nonce,
  at_hash: atHash(accessToken.reveal()),
  openid: 'open-id',
  display_name: 'Ada',
  picture: 'https://p.example/a.png',
};

let key: PlatformKey;
let stranger: PlatformKey;
beforeAll(async () => {
  [key, stranger] = [await platformKey('k1'), await platformKey('k1')];
});

interface Change extends Partial<IdTokenRules> {
  /** The nonce that was sent; the empty text stands for none. */
  readonly sent?: string;
}

function verify(
  token: string,
  { sent = nonce, ...changed }: Change = {},
  keys: readonly unknown[] = [key.jwk],
): ReturnType<IdTokenVerifier['verify']> {
  const http = new FakeHttp(answer({ keys }));
  const verifier = new IdTokenVerifier(new JwksCache(http, clock), clock);
  const expected = { accessToken, ...(sent === '' ? {} : { nonce: sent }) };
  return verifier.verify(huawei, { ...rules, ...changed }, new Secret(token), expected);
}

describe('a good id_token', () => {
  it.each(['RS256', 'PS256'])('signed with %s by a key whose entry says RS256', async (alg) => {
    expect(await verify(await sign(key, good, { alg }))).toEqual({
      subject: 'union-id',
      displayName: 'Ada',
      avatarUrl: 'https://p.example/a.png',
      nonceSeen: true,
      claims: good,
    });
  });

  it('may come without a key id when there is only one key it can be', async () => {
    const token = await sign(key, good, { kid: undefined });
    await expect(verify(token, {}, [{ kty: 'EC' }, key.jwk])).resolves.toBeDefined();
  });

  it.each([
    ['RS384', 'sha384'],
    ['PS512', 'sha512'],
  ] as const)('has an at_hash of its own length under %s', async (alg, hash) => {
    const claims = { ...good, at_hash: atHash(accessToken.reveal(), hash) };
    await expect(verify(await sign(key, claims, { alg }), { algorithms: [alg] })).resolves.toBeDefined();
  });

  it('may be signed with Ed25519 or an elliptic curve where the contract allows it', async () => {
    for (const [type, alg, hash] of [
      ['ed25519', 'EdDSA', 'sha512'],
      ['ec', 'ES256', 'sha256'],
    ] as const) {
      const other = await platformKey('k2', type);
      const token = await sign(other, { ...good, at_hash: atHash(accessToken.reveal(), hash) }, { alg });
      await expect(verify(token, { algorithms: [alg] }, [key.jwk, other.jwk])).resolves.toBeDefined();
    }
  });

  it('shows no picture that is no web address, and the second name when there is no first', async () => {
    const claims = { ...good, display_name: '', nickname: 'Lady', picture: 'javascript:alert(1)' };
    const verified = await verify(await sign(key, claims));
    expect(verified.displayName).toBe('Lady');
    expect(verified).not.toHaveProperty('avatarUrl');
  });
});

describe('claims', () => {
  it.each<[string, Record<string, unknown>]>([
    ['as they are', {}],
    ['no at_hash', { at_hash: undefined }],
    ['no azp', { azp: undefined }],
    ['the audience as a list', { aud: ['107408391'] }],
    ['several audiences, and azp says it is ours', { aud: ['other', '107408391'] }],
    ['expired for less than a minute', { exp: now - 59 }],
    ['issued less than a minute ahead', { iat: now + 60 }],
    ['not valid before a moment less than a minute ahead', { nbf: now + 59 }],
  ])('accepted: %s', async (_, change) => {
    await expect(verify(await sign(key, { ...good, ...change }))).resolves.toBeDefined();
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://oauth-login.cloud.huawei.com' }],
    ['the issuer with a slash', { iss: 'https://accounts.huawei.com/' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: '107408392' }],
    ['no audience', { aud: undefined }],
    ['an empty list of audiences', { aud: [] }],
    ['several audiences without azp', { aud: ['107408391', 'other'], azp: undefined }],
    ['another authorized party', { azp: 'other' }],
    ['an authorized party that is no text', { azp: ['107408391'] }],
    ['expired for a minute', { exp: now - 60 }],
    ['no expiry', { exp: undefined }],
    ['an expiry in text', { exp: String(now + 3599) }],
    ['issued more than a minute ahead', { iat: now + 61 }],
    ['no time of issue', { iat: undefined }],
    ['a time of issue in text', { iat: String(now) }],
    ['not valid yet', { nbf: now + 61 }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject that is a number', { sub: 42 }],
    ['a subject that is a list', { sub: ['union-id'] }],
    ['a subject longer than any', { sub: 'x'.repeat(2049) }],
    ['another access token', { at_hash: atHash('another') }],
    ['a whole hash instead of half', { at_hash: `${good.at_hash}${good.at_hash}` }],
    ['an at_hash that is no text', { at_hash: 1 }],
    ['an empty at_hash', { at_hash: '' }],
  ])('refused: %s', async (_, change) => {
    for (const alg of ['RS256', 'PS256']) {
      const failure = await failureOf(verify(await sign(key, { ...good, ...change }, { alg })));
      expect(failure).toMatchObject({ errorClass: 'invalid_token', provider: 'huawei' });
    }
  });
});

describe('nonce', () => {
  it.each<[IdTokenRules['nonce'], unknown, string, boolean | 'refused']>([
    ['if-present', nonce, nonce, true],
    ['if-present', undefined, nonce, false],
    ['if-present', 'another', nonce, 'refused'],
    ['if-present', '', nonce, 'refused'],
    ['if-present', nonce.slice(1), nonce, 'refused'],
    ['if-present', nonce, '', 'refused'],
    ['if-present', 7, nonce, 'refused'],
    ['required', nonce, nonce, true],
    ['required', undefined, nonce, 'refused'],
    ['required', 'another', nonce, 'refused'],
    ['required', nonce, '', 'refused'],
    // Nobody sent one, so nobody misses it.
    ['required', undefined, '', false],
  ])('%s: %j where %j was sent: %s', async (rule, claimed, sent, outcome) => {
    const token = await sign(key, { ...good, nonce: claimed });
    const seen = verify(token, { nonce: rule, sent }).then(
      ({ nonceSeen }) => nonceSeen,
      () => 'refused',
    );
    expect(await seen).toBe(outcome);
  });
});

describe('signatures', () => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('none', async () => {
    const token = `${encode({ alg: 'none', typ: 'JWT' })}.${encode(good)}.`;
    expect((await failureOf(verify(token))).message).toContain('algorithm that is not allowed');
  });

  it('HS256 with the public key as the secret', async () => {
    const input = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(good)}`;
    const pem = key.publicKey.export({ format: 'pem', type: 'spki' });
    const token = `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
    expect((await failureOf(verify(token))).message).toContain('algorithm that is not allowed');
  });

  it.each([['RS384'], ['PS512']])('%s, which is sound but not on the list', async (alg) => {
    const failure = await failureOf(verify(await sign(key, { ...good, at_hash: undefined }, { alg })));
    expect(failure.message).toContain('algorithm that is not allowed');
  });

  it('of another key under the same id', async () => {
    const failure = await failureOf(verify(await sign(stranger, good)));
    expect(failure.message).toContain('signature is wrong');
  });

  it('of claims that were changed afterwards', async () => {
    const [header, , signature] = (await sign(key, good)).split('.');
    const failure = await failureOf(verify(`${header}.${encode({ ...good, sub: 'admin' })}.${signature}`));
    expect(failure.message).toContain('signature is wrong');
  });

  it('of a scheme the header does not name', async () => {
    const [, body, signature] = (await sign(key, good, { alg: 'PS256' })).split('.');
    const failure = await failureOf(verify(`${encode({ alg: 'RS256', kid: 'k1' })}.${body}.${signature}`));
    expect(failure.errorClass).toBe('invalid_token');
  });

  it('with an extension nobody knows', async () => {
    const token = `${encode({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 })}.${encode(good)}.AAAA`;
    expect((await failureOf(verify(token))).errorClass).toBe('invalid_token');
  });

  it.each([['not a token'], [''], ['a.b'], ['a.b.c'], ['eyJhbGciOiJSUzI1NiJ9..'], ['....'], ['{}']])(
    'nothing of the kind: %j',
    async (token) => {
      expect(await failureOf(verify(token))).toMatchObject({ errorClass: 'invalid_token' });
    },
  );

  it('print nothing of the id_token when they are wrong', async () => {
    const token = await sign(stranger, { ...good, sub: 'CANARY' });
    const failure = await failureOf(verify(token));
    expect(JSON.stringify(failure) + String(failure.stack)).not.toContain(token.slice(0, 20));
    expect(failure.cause).toBeUndefined();
  });
});
