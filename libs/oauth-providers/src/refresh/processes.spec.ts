import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpFailure, type HttpReply } from '../core/ports.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld, shared } from '../testing-support/engine-world.js';
import { answer, failureOf } from '../testing-support/fakes.js';
import { type OpenStore, StoreUnavailableError } from '../vault/index.js';

const minute = 60_000;
const hour = 60 * minute;
const renewal = (count: number): HttpReply =>
  answer({
    access_token: `access-${count}`,
    refresh_token: `refresh-${count}`,
    expires_in: 3600,
    refresh_expires_in: 2_592_000,
    token_type: 'bearer',
  });
const appToken = (name: string): HttpReply =>
  answer({ status: 2000, data: { access_token: name, expires_in: 7200 } });

let store: ReturnType<typeof shared>;
let one: EngineWorld;
let two: EngineWorld;
let release: (reply: HttpReply) => void;
/** A platform that answers when the test says so. */
const held = (): Promise<HttpReply> => new Promise((resolve) => (release = resolve));

async function twoProcesses(client = clients.wps, cacheEntries = 0): Promise<void> {
  store = shared();
  one = await EngineWorld.create(client, { store, cacheEntries });
  two = await one.beside(cacheEntries);
}
const many = (world: EngineWorld): Promise<string[]> =>
  Promise.all(Array.from({ length: 250 }, () => world.token()));

afterEach(async () => {
  await one.close();
  await two.close();
});

describe('two processes on one store', () => {
  beforeEach(() => twoProcesses());

  it('renew a dead token once, and all callers of both get the new one', async () => {
    one.http.next(held);
    await one.login();
    await one.time.advance(2 * hour);
    const both = Promise.all([many(one), many(two)]);
    await one.time.advance(30);
    release(renewal(1));
    await one.time.advance(100);
    expect(new Set((await both).flat())).toEqual(new Set(['access-1']));
    expect(one.http.requests).toHaveLength(1);
  });

  it('wait for each other with one look at a time, however many callers there are', async () => {
    let looks = 0;
    store.change = (inner: OpenStore) => ({
      ...inner,
      tokens: new Proxy(inner.tokens, {
        get:
          (target, name) =>
          (...args: unknown[]) => {
            if (name === 'get') looks += 1;
            const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
            return method.apply(target, args);
          },
      }),
    });
    const third = await one.beside(0);
    one.http.next(held);
    await one.login();
    await one.time.advance(2 * hour);
    const first = one.token();
    await one.time.settle();
    const waiting = many(third);
    await one.time.settle();
    looks = 0;
    await one.time.advance(1_000);
    // After 10, 20, 40 and 80 ms, and then every 100 ms.
    expect(looks).toBeLessThanOrEqual(13);
    release(renewal(1));
    await one.time.advance(100);
    expect(new Set([await first, ...(await waiting)])).toEqual(new Set(['access-1']));
    await third.close();
  });

  it('wait in the last moments of a token for whoever renews it, and take the old one if that fails', async () => {
    for (const [reply, expected] of [
      [renewal(1), 'access-1'],
      [answer('busy', { status: 503 }), 'access-0'],
    ] as const) {
      await one.login();
      await one.time.advance(hour - 30_000);
      one.http.next(held);
      const first = one.token();
      await one.time.settle();
      const second = two.token();
      await one.time.settle();
      release(reply);
      await one.time.advance(200);
      expect([await first, await second]).toEqual([expected, expected]);
    }
    expect(one.http.requests).toHaveLength(2);
  });

  it('do not ask for a lease that somebody holds while the old token is good', async () => {
    one.http.next(held);
    await one.login();
    await one.time.advance(55 * minute);
    await one.token();
    await one.time.settle();
    expect(new Set(await many(two))).toEqual(new Set(['access-0']));
    release(renewal(1));
    await one.time.settle();
    expect(await two.token()).toBe('access-1');
    expect(one.http.requests).toHaveLength(1);
  });

  it('count a failure of the other as their own: one call a second, not one each', async () => {
    one.http.next(held, renewal(1));
    await one.login();
    await one.time.advance(2 * hour);
    const [first, second] = [failureOf(one.token()), failureOf(two.token())];
    await one.time.settle();
    release(answer('busy', { status: 503 }));
    await one.time.advance(100);
    expect([await first, await second]).toMatchObject([
      { errorClass: 'transient' },
      { errorClass: 'transient', retryAfterSeconds: 1 },
    ]);
    expect(one.http.requests).toHaveLength(1);
    await one.time.advance(1_000);
    expect(await two.token()).toBe('access-1');
  });

  it('take over from a process that stopped in the middle, once its lease is over', async () => {
    one.http.next(() => new Promise<HttpReply>(() => undefined), renewal(1));
    await one.login();
    await one.time.advance(2 * hour);
    void one.token();
    await one.time.settle();
    const second = two.token();
    await one.time.advance(19_999);
    expect(one.http.requests).toHaveLength(1);
    await one.time.advance(200);
    expect(await second).toBe('access-1');
  });

  it('both leave a platform alone that told one of them to wait', async () => {
    one.http.next(answer({ code: 9, msg: 'slow down' }, { status: 429, headers: { 'retry-after': '30' } }));
    await one.login();
    await one.time.advance(2 * hour);
    await failureOf(one.token());
    await one.time.advance(2_000);
    expect(await failureOf(two.token())).toMatchObject({ errorClass: 'throttled' });
    expect(await two.engine.sweeper.refreshDue()).toMatchObject({ claimed: 0 });
    expect(one.http.requests).toHaveLength(1);
    one.http.next(renewal(1));
    await one.time.advance(30_000);
    expect(await two.token()).toBe('access-1');
  });
});

describe('the first token of a client', () => {
  beforeEach(() => twoProcesses(clients.yuanzhibang));
  const get = async (world: EngineWorld): Promise<string> =>
    (await world.engine.live.get(world.provider, world.app)).tokens.accessToken.reveal();

  it('is fetched by one process for all', async () => {
    one.http.next(held);
    const all = Promise.all([one, two, two, one].map(get));
    await one.time.advance(30);
    release(appToken('t1'));
    await one.time.advance(100);
    expect(new Set(await all)).toEqual(new Set(['t1']));
    expect(one.http.requests).toHaveLength(1);
  });

  it('is fetched by the next at once when the first one fails', async () => {
    one.http.next(held, appToken('t1'));
    const failed = failureOf(get(one));
    const second = get(two);
    await one.time.settle();
    release(answer('busy', { status: 503 }));
    await one.time.advance(100);
    expect(await failed).toMatchObject({ errorClass: 'transient' });
    expect(await second).toBe('t1');
  });

  it('is fetched by another when the first one does not come home, whose late token is then not kept', async () => {
    one.http.next(held, appToken('t2'));
    const late = get(one);
    await one.time.settle();
    const second = get(two);
    await one.time.advance(25_000);
    expect(await second).toBe('t2');
    release(appToken('t1'));
    await one.time.settle();
    expect(await late).toBe('t2');
    expect(one.http.requests).toHaveLength(2);
  });
});

describe('while the store does not answer', () => {
  beforeEach(() => twoProcesses(clients.wps, 100));

  it('the last known token is given out for ten minutes, and only while it lives', async () => {
    await one.login();
    expect(await one.token()).toBe('access-0');
    store.down = true;
    await one.time.advance(9 * minute);
    expect(await one.token()).toBe('access-0');
    await one.time.advance(2 * minute);
    await expect(one.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    store.down = false;
    expect(await one.token()).toBe('access-0');
    one.http.next(renewal(1));
    await one.time.advance(hour - minute - one.time.monotonic());
    expect(await one.token()).toBe('access-1');
  });

  it('nobody is given what was rejected, what is dead, or what was never seen here', async () => {
    await one.login({ expiresAt: one.time.now() + 5 * minute });
    expect(await one.token()).toBe('access-0');
    store.down = true;
    await one.time.advance(10_000);
    await expect(one.token('access-0')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await expect(two.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await one.time.advance(5 * minute);
    await expect(one.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  it('nothing comes back from a cache into a store that was restarted empty', async () => {
    await one.login();
    expect(await one.token()).toBe('access-0');
    store.down = true;
    await one.time.advance(minute);
    await two.vault.remove(two.user).catch(() => undefined);
    store.down = false;
    await two.vault.remove(two.user);
    expect(await failureOf(one.token())).toMatchObject({ errorClass: 'invalid_grant' });
    expect(await one.vault.load(one.user)).toBeUndefined();
  });

  it('a grant that was kept and then overtaken by a deletion is ended at the platform', async () => {
    await one.close();
    await twoProcesses(clients.huawei, 0);
    await one.login();
    one.http.next(held, answer({}));
    await one.time.advance(2 * hour);
    const renewing = one.token();
    await one.time.settle();
    store.down = true;
    release(renewal(1));
    await one.time.settle();
    expect(await renewing).toBe('access-1');
    store.down = false;
    await two.vault.remove(two.user);
    await one.time.advance(10_000);
    expect(one.engine.unsaved.size).toBe(0);
    expect(one.http.requests).toHaveLength(2);
    expect(one.http.last.url).toContain('revoke');
    expect(await one.vault.load(one.user)).toBeUndefined();
  });

  it('a moment without an answer costs a moment: what may be repeated is', async () => {
    await one.login();
    await one.time.advance(2 * hour);
    const failed = new Set<string>();
    store.change = (inner: OpenStore) => ({
      ...inner,
      tokens: new Proxy(inner.tokens, {
        get:
          (target, key) =>
          async (...args: unknown[]) => {
            const method = Reflect.get(target, key) as (...args: unknown[]) => unknown;
            const result = await method.apply(target, args);
            // Carried out, and the answer is lost: once for each method.
            const name = String(key);
            if (['claim', 'markSpending', 'saveIf'].includes(name) && !failed.has(name)) {
              failed.add(name);
              throw new StoreUnavailableError('shared', 'CUT');
            }
            return result;
          },
      }),
    });
    const third = await one.beside();
    one.http.next(renewal(1));
    const asked = third.token();
    await one.time.advance(1_000);
    expect(await asked).toBe('access-1');
    expect(failed.size).toBe(3);
    await one.time.advance(1_000);
    expect(await one.record()).toMatchObject({ state: 'fresh', inSpending: false });
    expect(one.http.requests).toHaveLength(1);
    await third.close();
  });

  it('an outage of the platform meanwhile takes nothing away', async () => {
    await one.login();
    one.http.next(new HttpFailure('unreachable', false));
    await one.time.advance(hour - 10_000);
    expect(await one.token()).toBe('access-0');
    store.down = true;
    expect(await one.token()).toBe('access-0');
  });
});
