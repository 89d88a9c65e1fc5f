import { describe, expect, it } from '@jest/globals';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type RedirectLogin } from '../core/contract.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { oauth2, type OAuth2Options } from './oauth2.js';
import { oidc, type OidcOptions } from './oidc.js';

const issuer = 'https://sso.example.com';
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/me`,
  id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256', 'EdDSA', 'made-up'],
};
const options: OidcOptions = { name: 'corp', issuer, clientId: 'c', clientSecret: 'CANARY' };
const describeWith = (change: object = {}, more: object = {}): ConfiguredProvider =>
  oidc({ ...options, ...more }).describe({ ...metadata, ...change });
const loginOf = ({ contract }: ConfiguredProvider): RedirectLogin => contract.login as RedirectLogin;

describe('oidc', () => {
  it.each([
    ['https://sso.example.com', 'https://sso.example.com/.well-known/openid-configuration'],
    ['https://sso.example.com/', 'https://sso.example.com/.well-known/openid-configuration'],
    ['https://example.com/realms/a', 'https://example.com/realms/a/.well-known/openid-configuration'],
  ])('looks for the metadata of %s', (name, url) => {
    expect(oidc({ ...options, issuer: name }).metadataUrl).toBe(url);
  });

  it.each<[Partial<OidcOptions>, RegExp]>([
    [{ issuer: 'sso.example.com' }, /issuer of the provider corp must be an absolute URL/],
    [{ issuer: 'https://sso.example.com?x=1' }, /issuer of the provider corp must be/],
    [{ issuer: 'ftp://sso.example.com' }, /issuer of the provider corp must be/],
    [{ issuer: 'http://sso.example.com' }, /plain http is allowed only to loopback/],
    [{ issuer: 'https://10.0.0.1' }, /allowPrivateNetwork/],
    [{ clientId: '' }, /clientId of the provider corp must not be empty/],
  ])('refuses %j', (change, message) => {
    expect(() => oidc({ ...options, ...change })).toThrow(OAuthConfigurationError);
    expect(() => oidc({ ...options, ...change })).toThrow(message);
  });

  it('requires the nonce, PKCE and the very issuer that was named', () => {
    const provider = describeWith();
    expect(loginOf(provider).pkce).toBe('S256');
    expect(provider.contract.idToken).toMatchObject({ issuer, nonce: 'required', jwksUrl: `${issuer}/jwks` });
    expect(provider).toMatchObject({ name: 'corp', clientId: 'c', reach: 'public' });
  });

  it.each([`${issuer}/`, 'https://evil.example', undefined, null, [issuer]])(
    'refuses the issuer %j',
    (other) => {
      expect(() => describeWith({ issuer: other })).toThrow(
        /issuer in its metadata is not the configured one/,
      );
    },
  );

  it('takes only algorithms with public keys', () => {
    expect(describeWith().contract.idToken?.algorithms).toEqual(['RS256', 'EdDSA']);
    for (const offered of [['none'], ['HS256'], [], undefined, 'RS256']) {
      expect(() => describeWith({ id_token_signing_alg_values_supported: offered })).toThrow(/asymmetric/);
    }
  });

  it.each([
    [true, 'required'],
    [false, 'if-present'],
    [undefined, 'if-present'],
    ['true', 'if-present'],
  ])('RFC 9207: metadata says %j, so iss is %s', (promised, presence) => {
    const provider = describeWith({ authorization_response_iss_parameter_supported: promised });
    expect(loginOf(provider).callback.issuer).toEqual({ value: issuer, presence });
  });

  it.each([
    [undefined, {}, ['client_secret_basic']],
    [['client_secret_post', 'client_secret_basic'], {}, ['client_secret_basic']],
    [['client_secret_post'], {}, undefined],
    [['client_secret_basic'], { clientSecret: undefined }, undefined],
    [['client_secret_basic'], { clientAuthentication: 'private_key_jwt' }, ['private_key_jwt']],
  ])('authenticates as the metadata offers (%j, %j): %j', (offered, more, sign) => {
    const provider = describeWith({ token_endpoint_auth_methods_supported: offered }, more);
    expect(provider.contract.operations.exchange.request.sign).toEqual(sign);
  });

  it('does without user info where there is none', () => {
    expect(describeWith({ userinfo_endpoint: undefined }).contract.operations).not.toHaveProperty('profile');
  });

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])('misses %s', (name) => {
    for (const value of [undefined, '', '/path', 7]) {
      expect(() => describeWith({ [name]: value })).toThrow(new RegExp(`no usable ${name}`));
    }
    expect(() => describeWith({ [name]: 'http://sso.example.com/x' })).toThrow(/plain http/);
    expect(() => describeWith({ [name]: 'https://192.168.0.1/x' })).toThrow(/allowPrivateNetwork/);
  });
});

describe('oauth2', () => {
  const plain: OAuth2Options = {
    name: 'forge',
    authorizationUrl: 'https://forge.example/authorize',
    tokenUrl: 'https://forge.example/token',
    clientId: 'c',
    clientSecret: 'CANARY',
    profile: { url: 'https://forge.example/user', subject: 'id', displayName: 'name' },
  };

  it('is RFC 6749 with PKCE', () => {
    const provider = oauth2(plain);
    expect(loginOf(provider)).toMatchObject({ pkce: 'S256', scopeSeparator: ' ', responseMode: 'query' });
    expect(provider.contract.operations.exchange.request).toMatchObject({
      url: 'https://forge.example/token',
      encoding: 'form',
      sign: ['client_secret_basic'],
    });
    expect(loginOf(provider).params).not.toHaveProperty('nonce');
  });

  it('adds parameters of one’s own, but overrides none of the protocol’s', () => {
    const authorizationParams = { prompt: 'consent', state: 'fixed', redirect_uri: 'https://evil.example' };
    const { params } = loginOf(oauth2({ ...plain, authorizationParams }));
    expect(params).toMatchObject({ prompt: 'consent', state: { input: 'state' } });
    expect(params['redirect_uri']).toEqual({ input: 'redirectUri' });
  });

  it('is a public client without a secret', () => {
    const { name, authorizationUrl, tokenUrl, clientId, profile } = plain;
    const provider = oauth2({ name, authorizationUrl, tokenUrl, clientId, profile });
    expect(provider.clientSecret).toBeUndefined();
    expect(provider.contract.operations.exchange.request).not.toHaveProperty('sign');
    expect(provider.contract.operations.exchange.request.params).not.toHaveProperty('client_secret');
  });

  it.each<[Partial<OAuth2Options>, RegExp]>([
    [{ name: 'My Forge' }, /name: must be/],
    [{ tokenUrl: '/token' }, /operations\.exchange\.request\.url: must be an absolute URL/],
    [{ authorizationUrl: 'x' }, /login\.authorizationUrl: must be an absolute URL/],
    [{ tokenUrl: 'http://forge.example/token' }, /plain http is allowed only to loopback/],
    [{ clientId: '' }, /clientId: must not be empty/],
    [{ clientSecret: '' }, /clientSecret: must not be empty/],
  ])('refuses %j', (change, message) => {
    expect(() => oauth2({ ...plain, ...change })).toThrow(OAuthConfigurationError);
    expect(() => oauth2({ ...plain, ...change })).toThrow(message);
  });
});
