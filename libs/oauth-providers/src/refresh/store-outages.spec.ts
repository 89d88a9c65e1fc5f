import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpFailure } from '../core/ports.js';
import { clients } from '../testing-support/clients.js';
import { type EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf, renewal } from '../testing-support/fakes.js';
import { TwoProcesses } from '../testing-support/two-processes.js';
import { type OpenStore, StoreUnavailableError } from '../vault/index.js';

const minute = 60_000;
const hour = 60 * minute;

let processes: TwoProcesses;
let one: EngineWorld;
let two: EngineWorld;

async function twoProcesses(client = clients.wps, cacheEntries = 0): Promise<void> {
  processes = await TwoProcesses.start(client, cacheEntries);
  ({ one, two } = processes);
}

afterEach(() => processes.close());

describe('while the store does not answer', () => {
  beforeEach(() => twoProcesses(clients.wps, 100));

  it('the last known token is given out for ten minutes, and only while it lives', async () => {
    await one.login();
    expect(await one.token()).toBe('access-0');
    processes.store.down = true;
    await one.time.advance(9 * minute);
    expect(await one.token()).toBe('access-0');
    await one.time.advance(2 * minute);
    await expect(one.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    processes.store.down = false;
    expect(await one.token()).toBe('access-0');
    one.http.next(renewal(1));
    await one.time.advance(hour - minute - one.time.monotonic());
    expect(await one.token()).toBe('access-1');
  });

  it('nobody is given what was rejected, what is dead, or what was never seen here', async () => {
    await one.login({ expiresAt: one.time.now() + 5 * minute });
    expect(await one.token()).toBe('access-0');
    processes.store.down = true;
    await one.time.advance(10_000);
    await expect(one.token('access-0')).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await expect(two.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    await one.time.advance(5 * minute);
    await expect(one.token()).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });

  it('nothing comes back from a cache into a store that was restarted empty', async () => {
    await one.login();
    expect(await one.token()).toBe('access-0');
    processes.store.down = true;
    await one.time.advance(minute);
    await two.vault.remove(two.user).catch(() => undefined);
    processes.store.down = false;
    await two.vault.remove(two.user);
    expect(await failureOf(one.token())).toMatchObject({ errorClass: 'invalid_grant' });
    expect(await one.vault.load(one.user)).toBeUndefined();
  });

  it('a grant that was kept and then overtaken by a deletion is ended at the platform', async () => {
    await processes.close();
    await twoProcesses(clients.huawei, 0);
    await one.login();
    one.http.next(processes.held, answer({}));
    await one.time.advance(2 * hour);
    const renewing = one.token();
    await one.time.settle();
    processes.store.down = true;
    processes.release(renewal(1));
    await one.time.settle();
    expect(await renewing).toBe('access-1');
    processes.store.down = false;
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
    processes.store.change = (inner: OpenStore) => ({
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
    processes.store.down = true;
    expect(await one.token()).toBe('access-0');
  });
});
