import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';
import { sentenceFor } from './start-error.js';

const defaults = { port: 4000, ports: {}, autoApprove: false, clients: {}, lifetimes: {} };

describe('environment of the emulator', () => {
  it('has a default for everything, and takes an empty variable for an unset one', () => {
    expect(readEnvironment({})).toEqual(defaults);
    const empty = { EMULATOR_PORT: '', EMULATOR_PORTS: ' ', EMULATOR_AUTO_APPROVE: '', EMULATOR_CLIENTS: '' };
    expect(readEnvironment(empty)).toEqual(defaults);
  });

  it('reads every variable', () => {
    expect(
      readEnvironment({
        EMULATOR_PORT: '4100',
        EMULATOR_PORTS: 'huawei:4001, wps:4002',
        EMULATOR_AUTO_APPROVE: '1',
        EMULATOR_CLIENTS: 'anyweb:app:pass',
        EMULATOR_TOKEN_SECONDS: '30',
      }),
    ).toEqual({
      port: 4100,
      ports: { huawei: 4001, wps: 4002 },
      autoApprove: true,
      clients: { anyweb: [{ clientId: 'app', clientSecret: 'pass', redirectUris: [] }] },
      lifetimes: { accessToken: 30, ticket: 30 },
    });
  });

  it('reads clients with redirect URIs, in entries and in JSON', () => {
    const entries = 'huawei:12:s:https://a.example/cb,huawei:12:s:https://b.example/cb?x=1';
    const client = {
      clientId: '12',
      clientSecret: 's',
      redirectUris: ['https://a.example/cb', 'https://b.example/cb?x=1'],
    };
    expect(readEnvironment({ EMULATOR_CLIENTS: entries }).clients).toEqual({ huawei: [client] });
    const json = JSON.stringify({ huawei: [client] });
    expect(readEnvironment({ EMULATOR_CLIENTS: json }).clients).toEqual({ huawei: [client] });
  });

  it.each([
    ['EMULATOR_PORT', '70000'],
    ['EMULATOR_PORT', 'http'],
    ['EMULATOR_PORT', '-1'],
    ['EMULATOR_PORTS', 'other:1'],
    ['EMULATOR_PORTS', 'wps'],
    ['EMULATOR_PORTS', 'wps:1:2'],
    ['EMULATOR_PORTS', 'wps:1,wps:2'],
    ['EMULATOR_PORTS', 'wps:4001,huawei:4001'],
    ['EMULATOR_PORTS', 'wps:4000'],
    ['EMULATOR_AUTO_APPROVE', 'maybe'],
    ['EMULATOR_TOKEN_SECONDS', '0'],
    ['EMULATOR_TOKEN_SECONDS', '-5'],
    ['EMULATOR_TOKEN_SECONDS', '30s'],
    ['EMULATOR_TOKEN_SECONDS', 'soon'],
    ['EMULATOR_CLIENTS', '{"wps":[{"clientId":"id","clientSecret":"s","isv":"yes"}]}'],
    ['EMULATOR_CLIENTS', 'wps:id'],
    ['EMULATOR_CLIENTS', 'other:id:secret'],
    ['EMULATOR_CLIENTS', 'wps:id:secret:callback'],
    ['EMULATOR_CLIENTS', 'huawei:abc:secret'],
    ['EMULATOR_CLIENTS', '{"wps":'],
    ['EMULATOR_CLIENTS', '{"wps":[{"clientId":"id"}]}'],
    ['EMULATOR_CLIENTS', '{"wps":{}}'],
    ['EMULATOR_CLIENTS', '{"other":[]}'],
  ])('refuses %s=%s in one sentence that names it', (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(
      new RegExp(`^${name} [^.]*(\\.[a-z/"][^.]*)*\\.$`),
    );
  });

  it('never repeats a client secret', () => {
    let message = '';
    try {
      readEnvironment({ EMULATOR_CLIENTS: 'wps:id:top-secret:nowhere' });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('EMULATOR_CLIENTS');
    expect(message).not.toContain('top-secret');
  });

  it('blames the variable a taken port came from', () => {
    const settings = { ...defaults, ports: { wps: 4002 } };
    const taken = (port: number) =>
      sentenceFor(Object.assign(new Error(), { code: 'EADDRINUSE', port }), settings);
    expect(taken(4000)).toMatch(/^EMULATOR_PORT: port 4000 is already in use; .*\.$/);
    expect(taken(4002)).toMatch(/^EMULATOR_PORTS: port 4002 is already in use; .*\.$/);
  });
});
