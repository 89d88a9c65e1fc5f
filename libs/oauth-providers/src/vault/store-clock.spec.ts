import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreClock } from './store-clock.js';

describe('StoreClock', () => {
  let store: number;
  let wall: number;
  let monotonic: number;
  let asked: number;
  let answer: () => Promise<number>;

  /** Time passes for everybody. */
  const pass = (ms: number): void => {
    store += ms;
    wall += ms;
    monotonic += ms;
  };
  const start = (): Promise<StoreClock> =>
    StoreClock.start(() => answer(), { now: () => wall }, { monotonic: () => monotonic });

  beforeEach(() => {
    [store, wall, monotonic, asked] = [1_700_000_000_000, 1_700_000_300_000, 5_000, 0];
    answer = () => {
      asked += 1;
      return Promise.resolve(store);
    };
  });

  it('tells the store’s time, however wrong the own clock is, and asks once', async () => {
    const clock = await start();
    for (const ms of [0, 1, 20_000, 39_000]) {
      pass(ms);
      expect(clock.now()).toBe(store);
    }
    expect(asked).toBe(1);
  });

  it('takes the middle of the way there and back', async () => {
    answer = () => {
      pass(40);
      const time = store;
      pass(60);
      return Promise.resolve(time);
    };
    const clock = await start();
    expect(Math.abs(clock.now() - store)).toBeLessThanOrEqual(50);
  });

  it('asks again after a minute, behind the caller’s back', async () => {
    const clock = await start();
    pass(61_000);
    store += 7; // The two clocks have drifted apart.
    expect(clock.now()).toBe(store - 7);
    await settled();
    expect(clock.now()).toBe(store);
    expect(asked).toBe(2);
  });

  it('does not follow the own clock when that is set, and makes sure', async () => {
    const clock = await start();
    wall += 3_600_000;
    expect(clock.now()).toBe(store);
    await settled();
    expect(asked).toBe(2);
    wall -= 7_200_000;
    expect(clock.now()).toBe(store);
    await settled();
    expect(clock.now()).toBe(store);
    expect(asked).toBe(3);
  });

  it('finds out that the machine has slept', async () => {
    const clock = await start();
    store += 600_000;
    wall += 600_000;
    clock.now();
    await settled();
    expect(clock.now()).toBe(store);
  });

  it('follows a store that was moved to another machine', async () => {
    const clock = await start();
    store -= 2_500;
    pass(61_000);
    clock.now();
    await settled();
    expect(clock.now()).toBe(store);
  });

  it('goes on without a store that does not answer, and asks one question at a time', async () => {
    const clock = await start();
    pass(61_000);
    answer = () => {
      asked += 1;
      return Promise.reject(new Error('down'));
    };
    for (let i = 0; i < 5; i += 1) expect(clock.now()).toBe(store);
    expect(asked).toBe(2);
    await settled();
    expect(clock.now()).toBe(store);
    expect(asked).toBe(3);
  });

  it('does not believe an answer that took too long, except the first', async () => {
    const clock = await start();
    pass(61_000);
    answer = () => {
      const time = store;
      pass(5_000);
      return Promise.resolve(time);
    };
    clock.now();
    await settled();
    answer = () => new Promise(() => undefined);
    expect(clock.now()).toBe(store);
  });

  it('says so when it cannot start', async () => {
    answer = () => Promise.reject(new Error('down'));
    await expect(start()).rejects.toThrow('down');
  });
});

/** Lets everything run that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}
