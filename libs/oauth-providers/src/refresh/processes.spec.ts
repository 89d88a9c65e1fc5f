import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HttpReply } from '../core/ports.js';
import { clients } from '../testing-support/clients.js';
import { type EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf, renewal } from '../testing-support/fakes.js';
import { TwoProcesses } from '../testing-support/two-processes.js';
import { type OpenStore } from '../vault/index.js';

const minute = 60_000;
const hour = 60 * minute;
const appToken = (name: string): HttpReply =>
  answer({ status: 2000, data: { access_token: name, expires_in: 7200 } });

let processes: TwoProcesses;
let one: EngineWorld;
let two: EngineWorld;

async function twoProcesses(client = clients.wps): Promise<void> {
  processes = await TwoProcesses.start(client);
  ({ one, two } = processes);
}
const many = (world: EngineWorld): Promise<string[]> =>
  Promise.all(Array.from({ length: 250 }, () => world.token()));

afterEach(() => processes.close());

describe('two processes on one store', () => {
  beforeEach(() => twoProcesses());

  it('renew a dead token once, and all callers of both get the new one', async () => {
    one.http.next(processes.held);
    await one.login();
    await one.time.advance(2 * hour);
    const both = Promise.all([many(one), many(two)]);
    await one.time.advance(30);
    processes.release(renewal(1));
    await one.time.advance(100);
    expect(new Set((await both).flat())).toEqual(new Set(['access-1']));
    expect(one.http.requests).toHaveLength(1);
  });

  it('wait for each other with one look at a time, however many callers there are', async () => {
    let looks = 0;
    processes.store.change = (inner: OpenStore) => ({
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
    one.http.next(processes.held);
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
    processes.release(renewal(1));
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
      one.http.next(processes.held);
      const first = one.token();
      await one.time.settle();
      const second = two.token();
      await one.time.settle();
      processes.release(reply);
      await one.time.advance(200);
      expect([await first, await second]).toEqual([expected, expected]);
    }
    expect(one.http.requests).toHaveLength(2);
  });

  it('do not ask for a lease that somebody holds while the old token is good', async () => {
    one.http.next(processes.held);
    await one.login();
    await one.time.advance(55 * minute);
    await one.token();
    await one.time.settle();
    expect(new Set(await many(two))).toEqual(new Set(['access-0']));
    processes.release(renewal(1));
    await one.time.settle();
    expect(await two.token()).toBe('access-1');
    expect(one.http.requests).toHaveLength(1);
  });

  it('count a failure of the other as their own: one call a second, not one each', async () => {
    one.http.next(processes.held, renewal(1));
    await one.login();
    await one.time.advance(2 * hour);
    const [first, second] = [failureOf(one.token()), failureOf(two.token())];
    await one.time.settle();
    processes.release(answer('busy', { status: 503 }));
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
    one.http.next(processes.held);
    const all = Promise.all([one, two, two, one].map(get));
    await one.time.advance(30);
    processes.release(appToken('t1'));
    await one.time.advance(100);
    expect(new Set(await all)).toEqual(new Set(['t1']));
    expect(one.http.requests).toHaveLength(1);
  });

  it('is fetched by the next at once when the first one fails', async () => {
    one.http.next(processes.held, appToken('t1'));
    const failed = failureOf(get(one));
    const second = get(two);
    await one.time.settle();
    processes.release(answer('busy', { status: 503 }));
    await one.time.advance(100);
    expect(await failed).toMatchObject({ errorClass: 'transient' });
    expect(await second).toBe('t1');
  });

  it('is fetched by another when the first one does not come home, whose late token is then not kept', async () => {
    one.http.next(processes.held, appToken('t2'));
    const late = get(one);
    await one.time.settle();
    const second = get(two);
    await one.time.advance(25_000);
    expect(await second).toBe('t2');
    processes.release(appToken('t1'));
    await one.time.settle();
    expect(await late).toBe('t2');
    expect(one.http.requests).toHaveLength(2);
  });
});
