import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { type PlatformEmulator } from '../../emulator.js';
import { ask, postJson, start } from '../../testing/harness.js';
import { isvClient, pairOf, wpsClients, wpsLogin, wpsProfile, wpsToken } from '../../testing/wps.js';

type Fields = Record<string, string>;

const appToken = (emulator: PlatformEmulator, fields: Fields = {}) =>
  wpsToken(emulator, { grant_type: 'client_credentials', ...fields });

const activate = (emulator: PlatformEmulator, bearer?: string) =>
  ask(`${emulator.url}/oauth2/ticket/active`, {
    method: 'POST',
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
  });

async function isvToken(emulator: PlatformEmulator, fields: Fields = {}) {
  return pairOf(await appToken(emulator, { ...isvClient, ...fields })).access;
}

describe('WPS app token', () => {
  it('is a bearer token without a refresh token', async () => {
    const emulator = await start();
    const answer = await appToken(emulator);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ access_token: expect.any(String), expires_in: 7200, token_type: 'bearer' });
    expect(decodeProtectedHeader(String(answer.json['access_token'])).alg).toBe('ES256');
  });

  it('does not end the one before', async () => {
    const emulator = await start({ clients: wpsClients });
    const [first, second] = [await isvToken(emulator), await isvToken(emulator)];
    expect(first).not.toBe(second);
    expect((await activate(emulator, first)).json).toEqual({ code: 0 });
    expect((await activate(emulator, second)).json).toEqual({ code: 0 });
    expect(emulator.counters().wps.appTokens).toBe(2);
  });

  it('is no user token', async () => {
    const emulator = await start();
    const { json } = await appToken(emulator);
    const answer = await wpsProfile(emulator, String(json['access_token']));
    expect([answer.status, answer.json]).toEqual([
      403,
      { code: 403990003, msg: 'a user access_token is required' },
    ]);
  });

  it.each([
    [{ client_id: '' }, 400, 400990004],
    [{ client_secret: '' }, 400, 400990005],
    [{ client_id: 'AK-unknown' }, 401, 401990001],
    [{ client_secret: 'wrong' }, 401, 401990002],
    [{ grant_type: 'client_credential' }, 400, 400990003],
  ])('refuses %j', async (fields, status, code) => {
    const emulator = await start();
    const answer = await appToken(emulator, fields);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ code, msg: expect.any(String) });
  });
});

describe('WPS app tickets', () => {
  it('lead an ISV app to the token of a tenant', async () => {
    const emulator = await start({ clients: wpsClients });
    expect((await activate(emulator, await isvToken(emulator))).json).toEqual({ code: 0 });
    const app_ticket = emulator.pushAppTicket(isvClient.client_id);
    const answer = await appToken(emulator, { ...isvClient, app_ticket, company_id: 'tenant-1' });
    expect(answer.json).toEqual({ access_token: expect.any(String), expires_in: 7200, token_type: 'bearer' });
    expect(emulator.counters().wps).toMatchObject({ appTokens: 2, tickets: 1 });
  });

  it('count in their latest form only', async () => {
    const emulator = await start({ clients: wpsClients });
    await activate(emulator, await isvToken(emulator));
    const url = `${emulator.url}/__emulator/app-tickets/wps`;
    const pushed = async () => {
      const answer = await postJson(url, { clientId: isvClient.client_id });
      expect(answer.status).toBe(201);
      return String(answer.json['appTicket']);
    };
    const [old, latest] = [await pushed(), await pushed()];
    const tenant = (app_ticket: string) =>
      appToken(emulator, { ...isvClient, app_ticket, company_id: 'tenant-1' });
    expect((await tenant(old)).json).toEqual({ code: 400990031, msg: 'app_ticket is invalid' });
    expect((await tenant(latest)).status).toBe(200);
    await activate(emulator, await isvToken(emulator));
    expect((await tenant(latest)).status).toBe(200);
  });

  it('are not pushed before they are asked for', async () => {
    const emulator = await start({ clients: wpsClients });
    expect(() => emulator.pushAppTicket(isvClient.client_id)).toThrow(/^clientId: /);
    const url = `${emulator.url}/__emulator/app-tickets/wps`;
    expect((await postJson(url, { clientId: isvClient.client_id })).status).toBe(409);
    expect((await postJson(url, {})).status).toBe(400);
  });

  it.each([
    [{ company_id: 'tenant-1' }, 400990009, 'app_ticket is required'],
    [{ app_ticket: 'x' }, 400990010, 'company_id is required'],
    [{ app_ticket: 'x', company_id: 'tenant-1' }, 400990031, 'app_ticket is invalid'],
  ])('are needed for a tenant: %j', async (fields, code, msg) => {
    const emulator = await start({ clients: wpsClients });
    const answer = await appToken(emulator, { ...isvClient, ...(fields as unknown as Fields) });
    expect([answer.status, answer.json]).toEqual([400, { code, msg }]);
  });

  it('need a company_id that can be one', async () => {
    const emulator = await start({ clients: wpsClients });
    await activate(emulator, await isvToken(emulator));
    const app_ticket = emulator.pushAppTicket(isvClient.client_id);
    const answer = await appToken(emulator, { ...isvClient, app_ticket, company_id: 'a b' });
    expect(answer.json).toEqual({ code: 400990032, msg: 'company_id is invalid' });
  });

  it('are activated with the token of an ISV app for itself, and no other', async () => {
    const emulator = await start({ clients: wpsClients });
    const own = await isvToken(emulator);
    const expectRefused = async (bearer: string | undefined, status: number, code: number) => {
      const answer = await activate(emulator, bearer);
      expect(answer.status).toBe(status);
      expect(answer.json).toEqual({ code, msg: expect.any(String) });
    };
    await expectRefused(undefined, 401, 401990011);
    await expectRefused('unknown', 401, 401990012);
    await expectRefused(pairOf(await appToken(emulator)).access, 403, 403990002);
    await expectRefused((await wpsLogin(emulator)).access, 403, 403990002);
    await activate(emulator, own);
    const app_ticket = emulator.pushAppTicket(isvClient.client_id);
    const tenants = await isvToken(emulator, { app_ticket, company_id: 'tenant-1' });
    await expectRefused(tenants, 403, 403990002);
    emulator.advanceClock(7200);
    await expectRefused(own, 401, 401990013);
    const next = await isvToken(emulator);
    expect(emulator.revoke('wps', { what: 'app' })).toBe(1);
    await expectRefused(next, 401, 401990012);
  });
});
