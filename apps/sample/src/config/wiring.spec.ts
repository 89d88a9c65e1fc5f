import { describe, expect, it } from '@jest/globals';
import { demoClients } from 'platform-emulator/demo-clients';
import { readEnvironment } from './environment.js';
import { platformsOf } from './platforms.js';
import { needsEmulator, wiringOf } from './wiring.js';

const credentials = { WPS_CLIENT_ID: 'AK1', WPS_CLIENT_SECRET: 'sk1' };

function wire(env: NodeJS.ProcessEnv) {
  return wiringOf(readEnvironment(env));
}

describe('the wiring of a platform', () => {
  it('is the emulator with its demo client when nothing is said', () => {
    expect(wire({ EMULATOR_PORT: '4100' }).wps).toEqual({
      id: demoClients.wps.clientId,
      secret: demoClients.wps.clientSecret,
      baseUrl: 'http://127.0.0.1:4100',
      scope: undefined,
      sdkUrl: undefined,
      emulated: true,
    });
  });

  it('is the real platform when there are credentials', () => {
    const wiring = wire(credentials);
    expect(wiring.wps).toMatchObject({ id: 'AK1', secret: 'sk1', baseUrl: undefined, emulated: false });
    expect(wiring.huawei.emulated).toBe(true);
  });

  it('is the base URL before all else', () => {
    const remote = wire({ ...credentials, WPS_BASE_URL: 'https://wps.example.com' }).wps;
    expect(remote).toMatchObject({ id: 'AK1', baseUrl: 'https://wps.example.com', emulated: false });
    const local = wire({ ...credentials, WPS_BASE_URL: 'http://127.0.0.1:4002' }).wps;
    expect(local).toMatchObject({ id: 'AK1', baseUrl: 'http://127.0.0.1:4002', emulated: true });
  });

  it('is a base URL with the demo client when there are no credentials', () => {
    const { wps } = wire({ WPS_BASE_URL: 'http://localhost:4002' });
    expect(wps).toMatchObject({ id: demoClients.wps.clientId, baseUrl: 'http://localhost:4002' });
  });

  it('uses the emulator that is running already', () => {
    expect(wire({ EMULATOR_URL: 'http://127.0.0.1:9' }).anyweb.baseUrl).toBe('http://127.0.0.1:9');
  });

  it('loads the stand-in of the emulator, or the script it is told', () => {
    const { anyweb, yuanzhibang } = wire({ YUANZHIBANG_SDK_URL: 'https://cdn.example.com/yzb.js' });
    expect(anyweb.sdkUrl).toBe('http://127.0.0.1:4000/__emulator/sdk/anyweb.js');
    expect(yuanzhibang.sdkUrl).toBe('https://cdn.example.com/yzb.js');
    expect(wire({ ANYWEB_APP_ID: 'a', ANYWEB_SECRET: 'b' }).anyweb.sdkUrl).toBeUndefined();
  });

  it('needs an emulator unless every platform is elsewhere', () => {
    const elsewhere = {
      HUAWEI_BASE_URL: 'http://127.0.0.1:5000',
      WPS_BASE_URL: 'http://127.0.0.1:5000',
      ANYWEB_APP_ID: 'a',
      ANYWEB_SECRET: 'b',
      YUANZHIBANG_APP_ID: 'c',
      YUANZHIBANG_SECRET: 'd',
    };
    expect(needsEmulator(readEnvironment(elsewhere))).toBe(false);
    expect(needsEmulator(readEnvironment({ ...elsewhere, WPS_BASE_URL: '' }))).toBe(true);
  });

  it('makes a provider of each, with the scopes that were asked for', () => {
    const env = readEnvironment({ WPS_SCOPE: 'kso.file.read,kso.user_base.read' });
    const platforms = platformsOf(env).map(({ provider }) => [
      provider.name,
      'scope' in provider ? provider.scope : undefined,
    ]);
    expect(platforms).toEqual([
      ['huawei', ['openid', 'profile']],
      ['wps', ['kso.file.read', 'kso.user_base.read']],
      ['anyweb', ['baseInfo']],
      ['yuanzhibang', ['sns_base']],
    ]);
  });

  it('adds a server that describes itself', () => {
    const platforms = platformsOf(
      readEnvironment({
        OIDC_ISSUER: 'https://sso.example.com/realm',
        OIDC_CLIENT_ID: 'me',
        OIDC_CLIENT_SECRET: 's3cret',
      }),
    );
    expect(platforms.at(-1)).toMatchObject({ provider: { name: 'oidc', clientId: 'me' }, emulated: false });
  });
});
