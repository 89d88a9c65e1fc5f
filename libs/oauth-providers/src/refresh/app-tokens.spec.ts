import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OAuthProviderError } from '../core/errors.js';
import { HttpFailure, type HttpReply } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf } from '../testing-support/fakes.js';

const { yuanzhibang, wps } = clients;
const fresh = (token: string): HttpReply =>
  answer({ status: 2000, data: { access_token: token, expires_in: 7200 } });

let world: EngineWorld;
beforeEach(async () => {
  world = await EngineWorld.create(yuanzhibang);
});
afterEach(() => world.close());

const get = async (rejected?: string): Promise<string> => {
  const request = rejected === undefined ? {} : { rejected: new Secret(rejected) };
  return (await world.engine.live.get(yuanzhibang, world.app, request)).tokens.accessToken.reveal();
};

describe('the token of the application itself', () => {
  it('is fetched once for all who ask at the same time, and kept', async () => {
    world.http.next(fresh('t1'));
    const all = await Promise.all(Array.from({ length: 1000 }, () => get()));
    expect(new Set(all)).toEqual(new Set(['t1']));
    expect(await get()).toBe('t1');
    expect(world.http.requests).toHaveLength(1);
    expect((await world.vault.load(world.app))?.tokens.expiresAt).toBe(world.time.now() + 7_200_000);
  });

  it('is replaced once for all who were refused with it, and a newer one is simply taken', async () => {
    world.http.next(fresh('old'), fresh('new'));
    await get();
    const all = await Promise.all(Array.from({ length: 100 }, () => get('old')));
    expect(new Set(all)).toEqual(new Set(['new']));
    expect(await get('old')).toBe('new');
    expect(world.http.requests).toHaveLength(2);
  });

  it('lets everybody who waited know of a failure, and starts anew for the next', async () => {
    world.http.next(new HttpFailure('timeout', true), fresh('t1'));
    const failures = await Promise.all([failureOf(get()), failureOf(get())]);
    expect(failures).toMatchObject([{ errorClass: 'transient' }, { errorClass: 'transient' }]);
    expect(world.http.requests).toHaveLength(1);
    expect(await get()).toBe('t1');
  });
});

describe('calls that need it', () => {
  const refusal = (errorClass: 'invalid_token' | 'transient' | 'insufficient_scope') =>
    new OAuthProviderError({ errorClass, provider: 'yuanzhibang', operation: 'profile', reason: 'no' });

  it('fetch nothing when they need none', async () => {
    const used = await world.engine.apps.runWith(wps, 'profile', (token) => Promise.resolve(token));
    expect(used).toBeUndefined();
    expect(world.http.requests).toHaveLength(0);
  });

  it('replace a refused token and are made once more, and then give up', async () => {
    world.http.next(fresh('old'), fresh('new'));
    const used: (string | undefined)[] = [];
    const call = (token: Secret | undefined): Promise<string> => {
      used.push(token?.reveal());
      return Promise.reject(refusal('invalid_token'));
    };
    await expect(world.engine.apps.runWith(yuanzhibang, 'profile', call)).rejects.toThrow('invalid_token');
    expect(used).toEqual(['old', 'new']);
  });

  it.each(['transient', 'insufficient_scope'] as const)('are not repeated on %s', async (errorClass) => {
    world.http.next(fresh('t1'));
    const call = (): Promise<string> => Promise.reject(refusal(errorClass));
    await expect(world.engine.apps.runWith(yuanzhibang, 'profile', call)).rejects.toThrow(errorClass);
    expect(world.http.requests).toHaveLength(1);
  });
});
