import { beforeAll, describe, expect, it } from '@jest/globals';
import { fleetDay, type FleetDay, hour, minute, outage } from './simulation/fleet.js';

/** The full size takes minutes: FULL=1 runs it, `npm test` a fifth of it. */
const tokens = process.env['FULL'] === '1' ? 10_000 : 2_000;
const limit = process.env['FULL'] === '1' ? 1_200_000 : 300_000;

/** While a platform comes back, everything that is due is renewed as fast as its slots allow. */
const trouble = { from: outage.from / minute, to: outage.to / minute + 5 };
const isTrouble = (at: number): boolean => at >= trouble.from && at <= trouble.to;

describe(`${tokens} tokens of three platforms, issued within a minute, for a day`, () => {
  let day: FleetDay;

  beforeAll(async () => {
    day = await fleetDay(tokens);
  }, limit);

  it('are renewed spread out: no minute holds more than 1.3 times its share', () => {
    const quiet = day.renewals.filter((_, at) => !isTrouble(at));
    expect(Math.max(...quiet)).toBeLessThanOrEqual(1.3 * day.even);
    expect(Math.max(...quiet)).toBeGreaterThan(0);
  });

  it('spread out further with every renewal', () => {
    const first = Math.max(...day.renewals.slice(0, (2 * hour) / minute));
    const last = Math.max(...day.renewals.slice(-(2 * hour) / minute));
    expect(last).toBeLessThanOrEqual(0.6 * first);
  });

  it('are served to everybody but during the outage, and then only dead ones are not', () => {
    expect(day.violation).toBeUndefined();
    const errors = day.refused.flatMap((count, at) => (count > 0 && !isTrouble(at) ? [at] : []));
    expect(errors).toEqual([]);
    expect(day.refused.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(day.served).toBeGreaterThan(10_000);
  });

  it('are all fresh five minutes after the outage and at the end, and no record is lost', () => {
    expect(day.staleAfterOutage).toBe(0);
    expect(day.staleAtTheEnd).toBe(0);
    expect(day.lost).toBe(0);
  });
});
