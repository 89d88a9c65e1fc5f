import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { HttpFailure, type HttpReply } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { clients, wireWith } from '../testing-support/clients.js';
import { answer, type FakeClock, type FakeHttp, failureOf } from '../testing-support/fakes.js';
import { AppTokens } from './app-tokens.js';

const { yuanzhibang, wps } = clients;
const fresh = (token: string): HttpReply =>
  answer({ status: 2000, data: { access_token: token, expires_in: 7200 } });

let http: FakeHttp;
let clock: FakeClock;
let stored: Map<string, TokenSet>;
let broken: Error | undefined;
let tokens: AppTokens;
beforeEach(() => {
  const world = wireWith();
  ({ http, clock } = world);
  stored = new Map();
  broken = undefined;
  tokens = new AppTokens(
    world.wire,
    {
      load: ({ clientId }) => Promise.resolve(stored.get(clientId)),
      save: ({ clientId }, set) => {
        if (broken !== undefined) return Promise.reject(broken);
        stored.set(clientId, set);
        return Promise.resolve();
      },
    },
    clock,
  );
});

const get = async (provider: ConfiguredProvider = yuanzhibang, rejected?: Secret): Promise<string> =>
  (await tokens.get(provider, rejected === undefined ? {} : { rejected })).reveal();
const store = (token: string, livesMs: number): void => {
  stored.set('yzb-app', { accessToken: new Secret(token), expiresAt: clock.now() + livesMs, scope: [] });
};

describe('AppTokens.get', () => {
  it('fetches once for all who ask at the same time, and keeps what it got', async () => {
    http.next(fresh('t1'));
    const all = await Promise.all(Array.from({ length: 100 }, () => get()));
    expect(new Set(all)).toEqual(new Set(['t1']));
    expect(await get()).toBe('t1');
    expect(http.requests).toHaveLength(1);
    expect(stored.get('yzb-app')?.expiresAt).toBe(clock.now() + 7_200_000);
  });

  it('uses what another process has stored', async () => {
    store('theirs', 3_600_000);
    expect(await get()).toBe('theirs');
    expect(http.requests).toHaveLength(0);
  });

  it.each([
    [60_001, 'stored', 0],
    [60_000, 'new', 1],
    [-1, 'new', 1],
  ])('hands out a token with %i ms left: %s', async (left, expected, calls) => {
    store('stored', left);
    http.next(fresh('new'));
    expect(await get()).toBe(expected);
    expect(http.requests).toHaveLength(calls);
  });

  it('tells clients apart', async () => {
    http.next(fresh('a'), fresh('b'));
    const other = { ...yuanzhibang, clientId: 'other' };
    expect(await Promise.all([get(), get(other)])).toEqual(['a', 'b']);
  });

  it('lets everybody who waited know of a failure, and starts anew for the next', async () => {
    http.next(new HttpFailure('timeout', true), fresh('t1'));
    const failures = await Promise.all([
      failureOf(tokens.get(yuanzhibang)),
      failureOf(tokens.get(yuanzhibang)),
    ]);
    expect(failures).toMatchObject([{ errorClass: 'transient' }, { errorClass: 'transient' }]);
    expect(http.requests).toHaveLength(1);
    expect(await get()).toBe('t1');
  });

  it('gives no token that could not be kept', async () => {
    broken = new Error('disk full');
    http.next(fresh('t1'));
    await expect(get()).rejects.toThrow('disk full');
  });
});

describe('AppTokens.get, rejected', () => {
  it('replaces the token the platform refused, once for all who were refused', async () => {
    store('old', 3_600_000);
    http.next(fresh('new'));
    const all = await Promise.all(Array.from({ length: 100 }, () => get(yuanzhibang, new Secret('old'))));
    expect(new Set(all)).toEqual(new Set(['new']));
    expect(http.requests).toHaveLength(1);
  });

  it('takes the newer one when somebody has replaced it meanwhile', async () => {
    store('newer', 3_600_000);
    expect(await get(yuanzhibang, new Secret('old'))).toBe('newer');
    expect(http.requests).toHaveLength(0);
  });

  it('is not satisfied when others are being given the very token that was refused', async () => {
    store('old', 3_600_000);
    http.next(fresh('new'));
    const [usual, refused] = await Promise.all([get(), get(yuanzhibang, new Secret('old'))]);
    expect([usual, refused]).toEqual(['old', 'new']);
    expect(http.requests).toHaveLength(1);
  });
});

describe('AppTokens.runWith', () => {
  const refusal = (errorClass: 'invalid_token' | 'transient' | 'insufficient_scope') =>
    new OAuthProviderError({ errorClass, provider: 'yuanzhibang', operation: 'profile', reason: 'no' });

  it('fetches nothing for a call that needs none', async () => {
    expect(await tokens.runWith(wps, 'profile', (token) => Promise.resolve(token))).toBeUndefined();
    expect(http.requests).toHaveLength(0);
  });

  it('replaces a refused token and makes the call once more', async () => {
    store('old', 3_600_000);
    http.next(fresh('new'));
    const used: (string | undefined)[] = [];
    const outcome = await tokens.runWith(yuanzhibang, 'profile', (token) => {
      used.push(token?.reveal());
      return used.length === 1 ? Promise.reject(refusal('invalid_token')) : Promise.resolve('ok');
    });
    expect([outcome, used]).toEqual(['ok', ['old', 'new']]);
  });

  it('gives up when the new one is refused as well', async () => {
    http.next(fresh('t1'), fresh('t2'));
    let calls = 0;
    const run = tokens.runWith(yuanzhibang, 'profile', () => {
      calls += 1;
      return Promise.reject(refusal('invalid_token'));
    });
    expect(await failureOf(run)).toMatchObject({ errorClass: 'invalid_token' });
    expect([calls, http.requests.length]).toEqual([2, 2]);
  });

  it.each(['transient', 'insufficient_scope'] as const)('does nothing of the kind after %s', async (kind) => {
    http.next(fresh('t1'));
    const run = tokens.runWith(yuanzhibang, 'profile', () => Promise.reject(refusal(kind)));
    expect(await failureOf(run)).toMatchObject({ errorClass: kind });
    expect(http.requests).toHaveLength(1);
  });

  it('hands on what is no refusal of a platform', async () => {
    http.next(fresh('t1'));
    const run = tokens.runWith(yuanzhibang, 'profile', () => Promise.reject(new TypeError('bug')));
    await expect(run).rejects.toThrow(TypeError);
  });
});
