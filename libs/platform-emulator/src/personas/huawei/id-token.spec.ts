import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { createPlatformEmulator, type PlatformEmulator } from '../../emulator.js';
import { ask, start } from '../../testing/harness.js';
import { clients, exchange, getInfo, login } from '../../testing/huawei.js';

const { clientId } = demoClients.huawei;

async function keysOf(emulator: PlatformEmulator): Promise<JSONWebKeySet> {
  return (await ask(`${emulator.url}/oauth2/v3/certs`)).json as unknown as JSONWebKeySet;
}

// One emulator for the file: its keys outlive a reset, and making keys is what takes time.
let emulator: PlatformEmulator;
beforeAll(async () => {
  emulator = await createPlatformEmulator({ clients });
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

describe('Huawei id_token', () => {
  it.each([
    [{}, 'RS256'],
    [{ supportAlg: 'RS256' }, 'RS256'],
    [{ supportAlg: 'PS256' }, 'PS256'],
    [{ supportAlg: 'ES256' }, 'RS256'],
  ])('is signed as asked: %j', async (changes, algorithm) => {
    const code = await login(emulator, { nonce: 'n-1', scope: 'openid profile email' });
    const { json } = await exchange(emulator, code, changes);
    const idToken = String(json['id_token']);
    const header = decodeProtectedHeader(idToken);
    expect(header).toEqual({ alg: algorithm, typ: 'JWT', kid: expect.stringMatching(/^[0-9a-f]+$/) });

    const { keys } = await keysOf(emulator);
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
    const withoutAlg = { keys: keys.map((key) => ({ ...key, alg: undefined })) } as unknown as JSONWebKeySet;
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(withoutAlg));
    const hash = createHash('sha256').update(String(json['access_token'])).digest();
    expect(payload).toEqual({
      iss: 'https://accounts.huawei.com',
      sub: expect.any(String),
      aud: clientId,
      azp: clientId,
      iat: expect.any(Number),
      exp: payload.iat! + 3600,
      at_hash: hash.subarray(0, 16).toString('base64url'),
      nonce: 'n-1',
      openid: expect.any(String),
      display_name: 'Alice Müller',
      nickname: 'Alice Müller',
      email: 'alice@example.com',
      email_verified: true,
    });
    const info = await getInfo(emulator, { access_token: String(json['access_token']) });
    expect(info.json).toMatchObject({ unionID: payload.sub, openID: payload['openid'] });
  });

  it('tells name and picture only for the scope profile, and the nonce only when one was sent', async () => {
    const { json } = await exchange(emulator, await login(emulator, { scope: 'openid' }));
    const [, payload] = String(json['id_token']).split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
    expect(Object.keys(claims).sort()).toEqual([
      'at_hash',
      'aud',
      'azp',
      'exp',
      'iat',
      'iss',
      'openid',
      'sub',
    ]);
  });

  it('rolls its keys at midnight in Beijing and serves the last two', async () => {
    const beforeMidnight = Date.parse('2026-03-01T23:59:50+08:00');
    const emulator = await start({ clock: { now: () => beforeMidnight } });
    const kids = async () => (await keysOf(emulator)).keys.map((key) => key.kid);
    const [today, yesterday] = await kids();
    emulator.advanceClock(9);
    expect(await kids()).toEqual([today, yesterday]);
    emulator.advanceClock(1);
    const [next, previous] = await kids();
    expect(previous).toBe(today);
    expect(next).not.toBe(today);
    emulator.reset();
    expect(await kids()).toEqual([today, yesterday]);
  });
});
