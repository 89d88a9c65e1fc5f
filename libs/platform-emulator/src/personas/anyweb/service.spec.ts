import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { type IssueCodeOptions } from '../../steering/controls.js';
import { type Answer, postForm, postJson, start } from '../../testing/harness.js';

const app = { appid: demoClients.anyweb.clientId, secret: demoClients.anyweb.clientSecret };

const serviceToken = (emulator: PlatformEmulator, fields: object = {}) =>
  postJson(`${emulator.url}/service/serviceToken`, { ...app, ...fields });

const checkAddresses = (emulator: PlatformEmulator, token: unknown, group: unknown) =>
  postJson(`${emulator.url}/service/checkAddresses`, { serviceToken: token, group });

async function login(emulator: PlatformEmulator, options: IssueCodeOptions = {}) {
  const code = emulator.issueCode('anyweb', options);
  const { data } = (await postJson(`${emulator.url}/oauth/accessToken`, { ...app, code })).json;
  const { unionid, accessToken } = data;
  const info = await postJson(`${emulator.url}/oauth/userInfo`, { ...app, unionid, accessToken });
  return {
    unionid: String(unionid),
    addresses: (info.json.data as { addressList?: string[] } | undefined)?.addressList ?? [],
  };
}

function expectCode(answer: Answer, code: string): void {
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual({ code, message: expect.any(String) });
}

describe('AnyWeb service token', () => {
  it('is a JWT that lives for two hours', async () => {
    const emulator = await start();
    const answer = await serviceToken(emulator);
    expect(answer.json).toEqual({
      code: 1000,
      message: 'success',
      data: { serviceToken: expect.any(String), expiresIn: 7200 },
    });
    const token = String(answer.json.data['serviceToken']);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(decodeJwt(token)).toMatchObject({ appid: app.appid, developerId: 32 });
  });

  it.each([
    [{ appid: '' }, 'A108P002'],
    [{ secret: '' }, 'A108P003'],
    [{ secret: 'wrong' }, 'A108P004'],
    [{ appid: 'unknown' }, 'A108P005'],
  ])('refuses %j', async (fields, code) => {
    expectCode(await serviceToken(await start(), fields), code);
  });

  it('takes JSON alone, as its document cautions', async () => {
    const emulator = await start();
    expectCode(await postForm(`${emulator.url}/service/serviceToken`, app), 'A108P002');
  });
});

describe('AnyWeb check of addresses', () => {
  it('answers the addresses that are not the user’s, and leaves out who has none', async () => {
    const emulator = await start();
    const [alice, ouyang] = [
      await login(emulator, { user: 'alice' }),
      await login(emulator, { user: 'ouyang' }),
    ];
    const token = (await serviceToken(emulator)).json.data['serviceToken'];
    const foreign = ouyang.addresses;
    const answer = await checkAddresses(emulator, token, {
      [alice.unionid]: [...alice.addresses, ...foreign, '0x111cf7e96cc45505cfa35e01ecab3476e12afd38'],
      [ouyang.unionid]: ouyang.addresses,
      '05658ea3-6727-4edd-b888-723bcf6168d3': [],
      nobody: foreign,
    });
    expect(answer.json).toEqual({
      code: 1000,
      message: 'success',
      data: {
        [alice.unionid]: [...foreign, '0x111cf7e96cc45505cfa35e01ecab3476e12afd38'],
        nobody: foreign,
      },
    });
  });

  it('takes every living service token and no other', async () => {
    const emulator = await start();
    const [first, second] = [await serviceToken(emulator), await serviceToken(emulator)].map(
      ({ json }) => json.data['serviceToken'],
    );
    expect((await checkAddresses(emulator, first, {})).json).toMatchObject({ code: 1000, data: {} });
    expect((await checkAddresses(emulator, second, {})).json).toMatchObject({ code: 1000 });
    for (const wrong of [undefined, '', 'unknown', 5]) {
      expectCode(await checkAddresses(emulator, wrong, {}), 'A108P001');
    }
    expect(emulator.revoke('anyweb', { what: 'app' })).toBe(2);
    expectCode(await checkAddresses(emulator, first, {}), 'A108P001');
    const late = (await serviceToken(emulator)).json.data['serviceToken'];
    emulator.advanceClock(7200);
    expectCode(await checkAddresses(emulator, late, {}), 'A108P001');
    expect(emulator.counters().anyweb.appTokens).toBe(3);
  });

  it.each([undefined, null, [], 'text', { a: 'address' }, { a: [5] }])(
    'refuses the group %j',
    async (group) => {
      const emulator = await start();
      const token = (await serviceToken(emulator)).json.data['serviceToken'];
      expectCode(await checkAddresses(emulator, token, group), 'A108P007');
    },
  );

  it('needs baseInfo of the user', async () => {
    const emulator = await start();
    const { unionid } = await login(emulator, { scopes: ['identity'] });
    const token = (await serviceToken(emulator)).json.data['serviceToken'];
    expectCode(await checkAddresses(emulator, token, { [unionid]: [] }), 'A108P006');
  });
});
