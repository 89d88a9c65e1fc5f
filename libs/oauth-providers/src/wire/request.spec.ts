import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { importSPKI, jwtVerify } from 'jose';
import { input, optionalInput, type RequestSpec } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { FakeClock, FakeRandomness, failureOf } from '../testing-support/fakes.js';
import { buildRequest } from './request.js';
import { signRequest } from './signers.js';

const provider: ConfiguredProvider = { ...clients.wps, clientId: 'id', clientSecret: new Secret('secret') };
const url = 'https://api.example/token';
/** What a token can look like: everything that careless encoders get wrong. */
const token = 'a+b/c=d e&f%2Bg\\h"i中*~';

const build = (spec: Partial<RequestSpec>, given: Parameters<typeof buildRequest>[3] = {}) =>
  buildRequest(provider, 'exchange', { method: 'POST', url, encoding: 'form', params: {}, ...spec }, given);

describe('buildRequest: encodings', () => {
  const params = { grant_type: 'authorization_code', code: input('code'), flag: true, size: 7 };

  it('form', async () => {
    const request = await build({ encoding: 'form', params }, { code: token });
    expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(request.body).toBe(
      'grant_type=authorization_code&code=a%2Bb%2Fc%3Dd+e%26f%252Bg%5Ch%22i%E4%B8%AD*%7E&flag=true&size=7',
    );
    expect(request.url).toBe(url);
  });

  it('json keeps types', async () => {
    const request = await build(
      { encoding: 'json', params: { ...params, scopes: ['a', 'b'] } },
      { code: token },
    );
    expect(request.headers['content-type']).toBe('application/json');
    expect(JSON.parse(String(request.body))).toEqual({
      grant_type: 'authorization_code',
      code: token,
      flag: true,
      size: 7,
      scopes: ['a', 'b'],
    });
  });

  it('multipart', async () => {
    const request = await build({ encoding: 'multipart', params }, { code: token });
    const type = request.headers['content-type'] ?? '';
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
    const parts = String(request.body)
      .split(`--${type.slice(type.indexOf('=') + 1)}`)
      .map((part) => /^\r\nContent-Disposition: form-data; name="(\w+)"\r\n\r\n([^]*)\r\n$/.exec(part))
      .flatMap((part) => (part === null ? [] : [[part[1], part[2]]]));
    expect(parts).toEqual([
      ['grant_type', 'authorization_code'],
      ['code', token],
      ['flag', 'true'],
      ['size', '7'],
    ]);
  });

  it('query, behind what the URL already has', async () => {
    const request = await build(
      { method: 'GET', url: `${url}?nsp_svc=a.b`, encoding: 'query', params },
      { code: token },
    );
    expect(request.url).toMatch(/\?nsp_svc=a\.b&grant_type=authorization_code&code=a%2Bb%2Fc%3Dd\+e%26f/);
    expect(new URL(request.url).searchParams.get('code')).toBe(token);
    expect(request).not.toHaveProperty('body');
    expect(request.headers).not.toHaveProperty('content-type');
  });

  it('parameters for the query beside another encoding', async () => {
    const request = await build(
      { query: { svc: 'x', code: input('code') }, params: { a: 'b' } },
      { code: 'c' },
    );
    expect(request).toMatchObject({ url: `${url}?svc=x&code=c`, body: 'a=b' });
  });

  it.each([
    ['https://api.example?a=%41%20b#part', 'https://api.example/?a=A+b&code=c+%2B#part'],
    ['https://api.example/x/../y?', 'https://api.example/y?code=c+%2B'],
  ])('the query of %s, each time anew', async (given, expected) => {
    const spec: RequestSpec = {
      method: 'GET',
      url: given,
      encoding: 'query',
      params: { code: optionalInput('code') },
    };
    const urlOf = async (inputs: Parameters<typeof buildRequest>[3]): Promise<string> =>
      (await buildRequest(provider, 'exchange', spec, inputs)).url;
    expect(await urlOf({ code: 'c +' })).toBe(expected);
    expect(await urlOf({})).toBe(new URL(given).href);
    expect(await urlOf({ code: 'c +' })).toBe(expected);
  });

  it('headers, in lower case, over those of its own', async () => {
    const request = await build(
      { headers: { 'X-Token': input('accessToken'), Accept: 'text/plain' } },
      {
        accessToken: 't',
      },
    );
    expect(request.headers).toMatchObject({ 'x-token': 't', accept: 'text/plain' });
  });

  it('bearer', async () => {
    const request = await build({ bearer: 'appToken' }, { appToken: new Secret('t') });
    expect(request.headers['authorization']).toBe('Bearer t');
  });
});

describe('buildRequest: inputs', () => {
  it('writes secrets out only here', async () => {
    expect(
      (await build({ params: { t: input('refreshToken') } }, { refreshToken: new Secret('r') })).body,
    ).toBe('t=r');
  });

  it('leaves out what is optional and absent', async () => {
    expect((await build({ params: { a: optionalInput('codeVerifier'), b: 'c' } })).body).toBe('b=c');
  });

  it.each([
    ['params', { params: { code: input('code') } }, 'code'],
    ['query', { query: { code: input('code') } }, 'code'],
    ['headers', { headers: { 'X-Code': input('code') } }, 'X-Code'],
    ['bearer', { bearer: 'appToken' as const }, 'Authorization'],
  ])('refuses to send a request without what its %s need', async (_, spec, name) => {
    const failure = await failureOf(build(spec));
    expect(failure).toMatchObject({ errorClass: 'invalid_request', operation: 'exchange', fate: 'not_sent' });
    expect(failure.message).toContain(`for the parameter ${name} is missing`);
  });

  it('carries the limits of the provider and the signal of the caller', async () => {
    const { signal } = new AbortController();
    const spec = { method: 'POST', url, encoding: 'form', params: {} } as const;
    const request = await buildRequest({ ...provider, timeoutMs: 123 }, 'exchange', spec, {}, signal);
    expect(request).toMatchObject({ timeoutMs: 123, maxBytes: 262_144, reach: 'public', signal });
  });
});

describe('signRequest', () => {
  const seams = { clock: new FakeClock(), randomness: new FakeRandomness() };

  it('client_secret_basic form-encodes both halves before it joins them', async () => {
    const client = { ...provider, clientId: 'a:b c', clientSecret: new Secret('p+q/r=:%中') };
    const { headers } = await signRequest(await build({}), ['client_secret_basic'], client, seams);
    const [scheme, credentials = ''] = (headers['authorization'] ?? '').split(' ');
    expect(scheme).toBe('Basic');
    expect(Buffer.from(credentials, 'base64').toString()).toBe('a%3Ab+c:p%2Bq%2Fr%3D%3A%25%E4%B8%AD');
  });

  it('changes nothing when the contract names no signer', async () => {
    const request = await build({});
    expect(await signRequest(request, undefined, provider, seams)).toBe(request);
  });

  it('private_key_jwt adds a short-lived assertion for this very endpoint (RFC 7523)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const client = {
      ...provider,
      signingKey: { privateKey: new Secret(pem), algorithm: 'ES256', keyId: 'k1' },
    };
    const request = await signRequest(
      await build({ params: { code: 'c' } }),
      ['private_key_jwt'],
      client,
      seams,
    );
    const form = new URLSearchParams(String(request.body));
    expect(form.get('code')).toBe('c');
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const key = await importSPKI(publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'ES256');
    const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', key, {
      currentDate: new Date(seams.clock.now()),
    });
    const now = seams.clock.now() / 1000;
    expect(payload).toMatchObject({ iss: 'id', sub: 'id', aud: url, iat: now, exp: now + 60 });
    expect(payload.jti).toMatch(/^[\w-]{22}$/);
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'k1' });
  });

  it('private_key_jwt without a key is a setting that is missing', async () => {
    const signing = signRequest(await build({}), ['private_key_jwt'], provider, seams);
    await expect(signing).rejects.toThrow(OAuthConfigurationError);
  });
});
