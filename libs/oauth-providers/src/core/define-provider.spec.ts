import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { clients } from '../testing-support/clients.js';
import { type ProviderContract, type RedirectLogin } from './contract.js';
import { configureProvider, defineProvider } from './define-provider.js';
import { OAuthConfigurationError } from './errors.js';
import { endpointsOf, relocate } from './relocate.js';

const huawei: ProviderContract = clients.huawei.contract;
const credentials = { clientId: 'id', clientSecret: 'CANARY' };
const configure = (options: object) => configureProvider(huawei, { ...credentials, ...options } as object);

describe('defineProvider', () => {
  it('refuses a contract that is not valid before anybody uses it', () => {
    expect(() => defineProvider({ ...huawei, name: 'No Name' })).toThrow(OAuthConfigurationError);
  });

  it('fills in the defaults', () => {
    expect(configure({})).toMatchObject({
      name: 'huawei',
      clientId: 'id',
      scope: ['openid', 'profile'],
      timeoutMs: 10_000,
      reach: 'public',
      pkce: true,
      sdkUrl: undefined,
      contract: huawei,
    });
  });

  it('calls the credentials what the platform calls them', () => {
    const configured = configureProvider(clients.anyweb.contract, { appId: 'a', secret: 's' } as object);
    expect([configured.clientId, configured.clientSecret?.reveal()]).toEqual(['a', 's']);
    expect(() => configureProvider(clients.anyweb.contract, credentials as object)).toThrow(
      /appId: .*secret: /,
    );
  });

  it('has no secret where the contract has none', () => {
    const contract = { ...huawei, credentials: { id: 'clientId', secret: null } };
    expect(configureProvider(contract, { clientId: 'id' } as object).clientSecret).toBeUndefined();
    expect(() => configureProvider(contract, credentials as object)).toThrow(/clientSecret/);
  });

  it('prints no secret, neither when it works nor when it does not', () => {
    expect(inspect(configure({}), { depth: 9 })).not.toContain('CANARY');
    expect(JSON.stringify(configure({}))).not.toContain('CANARY');
    expect(() => configure({ timeoutMs: -1 })).not.toThrow(/CANARY/);
  });

  it.each<[object, RegExp]>([
    [{ clientId: '' }, /clientId: must not be empty/],
    [{ clientSecret: undefined }, /clientSecret: /],
    [{ clientSecret: 7 }, /clientSecret: /],
    [{ name: 'Huawei' }, /name: /],
    [{ scope: ['openid profile'] }, /scope\.0: must be scope tokens without blanks/],
    [{ scope: 'openid' }, /scope: /],
    [{ timeoutMs: 0 }, /timeoutMs: /],
    [{ timeoutMs: 1.5 }, /timeoutMs: /],
    [{ timeoutMs: 60_001 }, /timeoutMs: /],
    [{ pkce: 'S256' }, /pkce: /],
    [{ sdkUrl: 'sdk.js' }, /sdkUrl: must be an absolute http\(s\) URL/],
    [{ sdkUrl: 'javascript:alert(1)' }, /sdkUrl: must be an absolute http\(s\) URL/],
    [{ sdkUrl: 'data:text/javascript,1' }, /sdkUrl: must be an absolute http\(s\) URL/],
    [{ signingKey: { privateKey: 'pem', algorithm: 'RS256' } }, /signingKey\.privateKey: /],
    [{ secrets: 'x' }, /secrets/],
    [{ clientID: 'x' }, /clientID/],
    [{ redirectUri: 'x' }, /redirectUri/],
  ])('refuses %j', (options, message) => {
    expect(() => configure(options)).toThrow(OAuthConfigurationError);
    expect(() => configure(options)).toThrow(/The options of the provider huawei are not valid\./);
    expect(() => configure(options)).toThrow(message);
  });
});

describe('a base URL', () => {
  it('moves every endpoint; paths and queries stay', () => {
    const { contract } = configure({ baseUrl: 'http://127.0.0.1:4000' });
    const login = contract.login as RedirectLogin;
    expect(login.authorizationUrl).toBe('http://127.0.0.1:4000/oauth2/v3/authorize');
    expect(contract.operations.exchange.request.url).toBe('http://127.0.0.1:4000/oauth2/v3/token');
    expect(contract.operations.profile?.request.url).toBe(
      'http://127.0.0.1:4000/rest.php?nsp_svc=GOpen.User.getInfo',
    );
    expect(contract.idToken?.jwksUrl).toBe('http://127.0.0.1:4000/oauth2/v3/certs');
    for (const url of endpointsOf(contract)) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:4000\//);
    expect(endpointsOf(contract)).toHaveLength(endpointsOf(huawei).length);
  });

  it('moves neither the issuer of id_tokens nor that of callbacks', () => {
    const login = huawei.login as RedirectLogin;
    const issuer = { value: 'https://accounts.huawei.com', presence: 'required' } as const;
    const contract = { ...huawei, login: { ...login, callback: { ...login.callback, issuer } } };
    const moved = relocate(contract, 'https://lab.example');
    expect(moved.idToken?.issuer).toBe('https://accounts.huawei.com');
    expect((moved.login as RedirectLogin).callback.issuer).toEqual(issuer);
  });

  it('leaves the contract it was made from alone', () => {
    const before = JSON.stringify(huawei);
    relocate(huawei, 'https://lab.example');
    expect(JSON.stringify(huawei)).toBe(before);
  });

  it.each([
    'lab.example',
    '/lab',
    '',
    'https://lab.example/huawei',
    'https://lab.example/?a=b',
    'https://lab.example/#a',
    'https://user@lab.example',
    'https://user:pass@lab.example',
    'ftp://lab.example',
    'javascript:alert(1)',
  ])('is not %j', (baseUrl) => {
    expect(() => configure({ baseUrl })).toThrow(OAuthConfigurationError);
    expect(() => configure({ baseUrl })).toThrow(/baseUrl of the provider huawei must be an origin/);
  });

  it.each([
    ['https://lab.example', {}, 'public'],
    ['http://localhost:4000', {}, 'loopback'],
    ['http://127.0.0.1:4000', {}, 'loopback'],
    ['http://[::1]:4000', {}, 'loopback'],
    ['https://localhost:4000', {}, 'loopback'],
    ['https://10.0.0.1', { allowPrivateNetwork: true }, 'private'],
    ['http://127.0.0.1:4000', { allowPrivateNetwork: true }, 'private'],
  ])('%s with %j lets calls lead as far as %s', (baseUrl, options, reach) => {
    expect(configure({ baseUrl, ...options }).reach).toBe(reach);
  });

  it.each([
    ['http://lab.example', {}, /plain http is allowed only to loopback/],
    ['http://lab.example', { allowPrivateNetwork: true }, /plain http is allowed only to loopback/],
    ['http://10.0.0.1', { allowPrivateNetwork: true }, /plain http is allowed only to loopback/],
    ['https://10.0.0.1', {}, /private addresses need allowPrivateNetwork/],
    ['https://169.254.169.254', {}, /private addresses need allowPrivateNetwork/],
  ])('%s with %j is refused at the start', (baseUrl, options, message) => {
    expect(() => configure({ baseUrl, ...options })).toThrow(message);
  });

  it('is what makes an address inside acceptable; a contract alone cannot', () => {
    const contract = relocate(huawei, 'http://127.0.0.1:4000');
    expect(() => configureProvider(contract, credentials as object)).toThrow(/plain http is allowed only/);
  });
});
