import { describe, expect, it } from '@jest/globals';
import { describeStoreContract } from '../store-contract.js';
import { ExpiringMap } from './expiring-map.js';
import { memoryStore } from './memory-store.js';

describeStoreContract('memoryStore', () => {
  let now = 1_700_000_000_000;
  return Promise.resolve({
    open: () => memoryStore().open({ now: () => now }),
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  });
});

describe('ExpiringMap', () => {
  it('gives back the memory of the dead, also behind entries that live on', () => {
    const map = new ExpiringMap<number>();
    for (let i = 0; i < 100; i += 1) map.set(`lasting ${i}`, i, null, 0);
    for (let now = 0; now < 10_000; now += 1) map.set(`short ${now}`, now, now + 10, now);
    expect(map.size).toBeLessThan(200);
    expect(map.get('lasting 99', 10_000)).toBe(99);
  });
});
