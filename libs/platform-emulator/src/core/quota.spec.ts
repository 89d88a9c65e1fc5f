import { describe, expect, it } from '@jest/globals';
import { EmulatorClock } from './clock.js';
import { DailyQuota, SlidingQuota } from './quota.js';

describe('DailyQuota', () => {
  it('begins anew at midnight in Shanghai, for each key', () => {
    const clock = new EmulatorClock({ now: () => Date.parse('2026-01-01T15:59:59.999Z') });
    const quota = new DailyQuota(clock, 2);
    const taken = (key = 'a') => [1, 2, 3].map(() => quota.take(key));
    expect(taken()).toEqual([true, true, false]);
    expect(taken('b')).toEqual([true, true, false]);
    clock.advance(0.001);
    expect(taken()).toEqual([true, true, false]);
    clock.advance(86_399.999);
    expect(quota.take('a')).toBe(false);
    clock.advance(0.001);
    expect(quota.take('a')).toBe(true);
    quota.clear();
    expect(taken()).toEqual([true, true, false]);
  });
});

describe('SlidingQuota', () => {
  it('counts any window of its length, and nothing it refused', () => {
    const clock = new EmulatorClock({ now: () => 0 });
    const quota = new SlidingQuota(clock, 2, 10);
    expect(quota.take('a')).toBe(true);
    clock.advance(6);
    expect([quota.take('a'), quota.take('a'), quota.take('b')]).toEqual([true, false, true]);
    clock.advance(3.999);
    expect(quota.take('a')).toBe(false);
    clock.advance(0.001);
    expect([quota.take('a'), quota.take('a')]).toEqual([true, false]);
    quota.clear();
    expect(quota.take('a')).toBe(true);
  });

  it('has no end without a limit', () => {
    const quota = new SlidingQuota(new EmulatorClock({ now: () => 0 }), Infinity, 10);
    expect(Array.from({ length: 10 }, () => quota.take('a'))).not.toContain(false);
  });
});
