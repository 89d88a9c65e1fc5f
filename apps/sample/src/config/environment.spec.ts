import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { readEnvironment } from './environment.js';

function sentenceFor(env: NodeJS.ProcessEnv): string {
  try {
    readEnvironment(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '(no complaint)';
}

describe('the environment', () => {
  it('needs nothing at all', () => {
    expect(readEnvironment({})).toEqual({
      HOST: '127.0.0.1',
      PORT: 3000,
      OAUTH_STORE: 'sqlite',
      DATA_DIR: 'data',
      LOGIN_RATE_LIMIT: 300,
      EMULATOR_PORT: 4000,
    });
  });

  it('takes an empty variable for unset', () => {
    expect(readEnvironment({ PORT: '', WPS_CLIENT_ID: ' ', OAUTH_STORE: '' })).toEqual(readEnvironment({}));
  });

  it('splits scopes at blanks and commas', () => {
    const { HUAWEI_SCOPE, WPS_SCOPE } = readEnvironment({
      HUAWEI_SCOPE: 'openid  email',
      WPS_SCOPE: 'a.read, b',
    });
    expect([HUAWEI_SCOPE, WPS_SCOPE]).toEqual([
      ['openid', 'email'],
      ['a.read', 'b'],
    ]);
  });

  it('reads an origin with or without its last slash', () => {
    expect(readEnvironment({ PUBLIC_URL: 'https://app.example.com/' }).PUBLIC_URL).toBe(
      'https://app.example.com',
    );
  });

  const anOrigin = 'must be an origin such as https://example.com, without a path or query.';
  const aPort = 'must be a port number from 1 to 65535.';

  it.each([
    [{ PORT: '70000' }, `PORT ${aPort}`],
    [{ PORT: '0' }, `PORT ${aPort}`],
    [{ PORT: '80a' }, `PORT ${aPort}`],
    [{ EMULATOR_PORT: '-1' }, `EMULATOR_PORT ${aPort}`],
    [{ PUBLIC_URL: 'app.example.com' }, `PUBLIC_URL ${anOrigin}`],
    [{ PUBLIC_URL: 'https://example.com/app' }, `PUBLIC_URL ${anOrigin}`],
    [{ PUBLIC_URL: 'ftp://example.com' }, `PUBLIC_URL ${anOrigin}`],
    [{ WPS_BASE_URL: 'https://example.com/v7' }, `WPS_BASE_URL ${anOrigin}`],
    [{ HUAWEI_BASE_URL: 'https://me:pw@example.com' }, `HUAWEI_BASE_URL ${anOrigin}`],
    [
      { ANYWEB_BASE_URL: 'http://example.com' },
      'ANYWEB_BASE_URL must begin with https:// unless it is on this machine, such as http://127.0.0.1:4000.',
    ],
    [{ EMULATOR_URL: 'localhost:4000' }, `EMULATOR_URL ${anOrigin}`],
    [
      { ANYWEB_SDK_URL: 'sdk.js' },
      'ANYWEB_SDK_URL must be an absolute URL such as https://example.com/sdk.js.',
    ],
    [
      { HUAWEI_CLIENT_ID: '1' },
      'HUAWEI_CLIENT_SECRET is missing although HUAWEI_CLIENT_ID is set: set HUAWEI_CLIENT_ID and HUAWEI_CLIENT_SECRET, or none of them.',
    ],
    [
      { YUANZHIBANG_SECRET: 's3cret' },
      'YUANZHIBANG_APP_ID is missing although YUANZHIBANG_SECRET is set: set YUANZHIBANG_APP_ID and YUANZHIBANG_SECRET, or none of them.',
    ],
    [
      { WPS_CLIENT_SECRET: 's3cret', WPS_CLIENT_ID: '' },
      'WPS_CLIENT_ID is missing although WPS_CLIENT_SECRET is set: set WPS_CLIENT_ID and WPS_CLIENT_SECRET, or none of them.',
    ],
    [{ HUAWEI_SCOPE: ',' }, 'HUAWEI_SCOPE must be scopes separated by blanks or commas.'],
    [
      { OAUTH_STORE: 'mysql' },
      'OAUTH_STORE must be sqlite or memory, or redis or postgres for several processes.',
    ],
    [{ SESSION_SECRET: 'short' }, 'SESSION_SECRET must be at least 16 characters long.'],
    [{ BROKER_KEY: 'short' }, 'BROKER_KEY must be at least 16 characters long.'],
    [{ LOGIN_RATE_LIMIT: '-5' }, 'LOGIN_RATE_LIMIT must be a whole number of at least 0.'],
    [{ REFRESH_TICK_MS: '0' }, 'REFRESH_TICK_MS must be a whole number of at least 1.'],
    [
      { OIDC_ISSUER: 'https://sso.example.com', OIDC_CLIENT_ID: 'me' },
      'OIDC_CLIENT_SECRET is missing although OIDC_ISSUER is set: set OIDC_ISSUER and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or none of them.',
    ],
    [
      { OIDC_ISSUER: 'sso.example.com' },
      'OIDC_ISSUER must be a URL such as https://sso.example.com, without a query.',
    ],
    [
      { OIDC_ISSUER: 'http://sso.example.com' },
      'OIDC_ISSUER must begin with https:// unless it is on this machine.',
    ],
  ])('answers %j with one sentence', (env, sentence) => {
    expect(sentenceFor(env)).toBe(sentence);
  });

  it('names the origin of a list that is wrong by its variable', () => {
    expect(sentenceFor({ YUANZHIBANG_SIGN_ORIGINS: 'https://a.example, https://b.example/x' })).toBe(
      `YUANZHIBANG_SIGN_ORIGINS ${anOrigin}`,
    );
  });

  it('never repeats a value', () => {
    const values = {
      PORT: 'hunter2',
      WPS_BASE_URL: 'hunter2',
      SESSION_SECRET: 'hunter2',
      BROKER_KEY: 'hunter2',
    };
    for (const [name, value] of Object.entries(values)) {
      expect(sentenceFor({ [name]: value })).not.toContain('hunter2');
    }
  });
});
