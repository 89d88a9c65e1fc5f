import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { start, without } from '../../testing/harness.js';
import {
  pairOf,
  wpsClient,
  wpsClients,
  wpsLogin,
  wpsProfile,
  wpsRefresh,
  wpsToken,
} from '../../testing/wps.js';

const clock = { now: () => 1_700_000_000_500 };
const dead = { code: 400990021, msg: 'refresh_token invalid or expired' };

describe('WPS refresh', () => {
  it('rotates: a new pair, the old refresh token dead at once, the old access token alive', async () => {
    const emulator = await start({ clock });
    const old = await wpsLogin(emulator);
    const answer = await wpsRefresh(emulator, old.refresh);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json).sort()).toEqual([
      'access_token',
      'expires_in',
      'refresh_expires_in',
      'refresh_token',
      'token_type',
    ]);
    expect(answer.json).toMatchObject({
      expires_in: 7200,
      refresh_expires_in: 2592000,
      token_type: 'bearer',
    });
    const { access, refresh } = pairOf(answer);
    expect(new Set([access, refresh, old.access, old.refresh]).size).toBe(4);

    const again = await wpsRefresh(emulator, old.refresh);
    expect([again.status, again.json]).toEqual([400, dead]);
    expect((await wpsProfile(emulator, old.access)).status).toBe(200);
    expect((await wpsProfile(emulator, access)).status).toBe(200);
    expect((await wpsRefresh(emulator, refresh)).status).toBe(200);
  });

  it('lets every access token live until its own end', async () => {
    const emulator = await start({ clock });
    const old = await wpsLogin(emulator);
    emulator.advanceClock(7000);
    const { access } = pairOf(await wpsRefresh(emulator, old.refresh));
    emulator.advanceClock(199);
    expect((await wpsProfile(emulator, old.access)).status).toBe(200);
    emulator.advanceClock(1);
    expect((await wpsProfile(emulator, old.access)).json).toMatchObject({ code: 401990013 });
    expect((await wpsProfile(emulator, access)).status).toBe(200);
  });

  it('counts down what is left of the grant, and ends with it', async () => {
    const emulator = await start({ clock });
    let { refresh } = await wpsLogin(emulator);
    emulator.advanceClock(100.25);
    const first = await wpsRefresh(emulator, refresh);
    expect(first.json['refresh_expires_in']).toBe(2591899);
    ({ refresh } = pairOf(first));
    const { iat, exp } = decodeJwt(refresh);
    expect(exp! - iat!).toBe(2591899);
    emulator.advanceClock(2591889);
    const last = await wpsRefresh(emulator, refresh);
    expect(last.json).toMatchObject({ expires_in: 7200, refresh_expires_in: 10 });
    emulator.advanceClock(11);
    const late = await wpsRefresh(emulator, pairOf(last).refresh);
    expect([late.status, late.json]).toEqual([400, { code: 400990022, msg: 'refresh_token has expired' }]);
  });

  it('refuses tokens that are unknown, of another client, revoked, or no refresh tokens', async () => {
    const emulator = await start({ clients: wpsClients });
    const { access, refresh } = await wpsLogin(emulator);
    expect((await wpsRefresh(emulator, 'unknown')).json).toEqual(dead);
    expect((await wpsRefresh(emulator, access)).json).toEqual(dead);
    const other = { client_id: 'AKOTHER', client_secret: 'other' };
    expect((await wpsRefresh(emulator, refresh, other)).json).toEqual(dead);
    emulator.revoke('wps');
    const revoked = await wpsRefresh(emulator, refresh);
    expect(revoked.json).toEqual({ code: 400990023, msg: 'refresh_token has been revoked' });
  });

  it.each([
    ['refresh_token', 400990008],
    ['client_id', 400990004],
    ['client_secret', 400990005],
  ])('refuses a missing %s', async (name, code) => {
    const emulator = await start();
    const { refresh } = await wpsLogin(emulator);
    const form = { ...wpsClient, grant_type: 'refresh_token', refresh_token: refresh };
    const answer = await wpsToken(emulator, { ...without(form, name), [name]: '' });
    expect(answer.json).toEqual({ code, msg: `${name} is required` });
    expect((await wpsRefresh(emulator, refresh)).status).toBe(200);
  });

  it('checks the client before it touches the token', async () => {
    const emulator = await start();
    const { refresh } = await wpsLogin(emulator);
    expect((await wpsRefresh(emulator, refresh, { client_secret: 'wrong' })).status).toBe(401);
    expect((await wpsRefresh(emulator, refresh, { client_id: 'AK-unknown' })).status).toBe(401);
    expect((await wpsRefresh(emulator, refresh)).status).toBe(200);
  });

  it('lets one of two at the same time win', async () => {
    const emulator = await start();
    const { refresh } = await wpsLogin(emulator);
    const answers = await Promise.all([1, 2, 3].map(() => wpsRefresh(emulator, refresh)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect(emulator.counters().wps).toMatchObject({ refreshes: 1, reuse: 2 });
  });
});

describe('reuse of a rotated refresh token', () => {
  it('is refused and counted', async () => {
    const emulator = await start();
    const old = await wpsLogin(emulator);
    const next = pairOf(await wpsRefresh(emulator, old.refresh));
    await wpsRefresh(emulator, old.refresh);
    expect(emulator.counters().wps).toMatchObject({ refreshes: 1, reuse: 1 });
    expect((await wpsRefresh(emulator, next.refresh)).status).toBe(200);
  });

  it('ends the whole grant, and no other, with reuse detection', async () => {
    const emulator = await start({ reuseDetection: true });
    const [old, bystander] = [await wpsLogin(emulator), await wpsLogin(emulator)];
    const next = pairOf(await wpsRefresh(emulator, old.refresh));
    expect((await wpsRefresh(emulator, old.refresh)).json).toEqual(dead);
    for (const { access } of [old, next]) {
      expect((await wpsProfile(emulator, access)).json).toMatchObject({ code: 401990012 });
    }
    expect((await wpsRefresh(emulator, next.refresh)).json).toMatchObject({ code: 400990023 });
    expect((await wpsProfile(emulator, bystander.access)).status).toBe(200);
    expect((await wpsRefresh(emulator, bystander.refresh)).status).toBe(200);
    expect(emulator.counters().wps).toMatchObject({ refreshes: 2, reuse: 1 });
  });
});
