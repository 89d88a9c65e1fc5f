import { describe, expect, it } from '@jest/globals';
import { EmulatorClock } from './clock.js';
import { CounterBook } from './counters.js';
import { type Grant, Grants } from './grants.js';
import { findUser } from './users.js';

const userOf = (each: number) => findUser(`user-${each}`)!;

function create(reuseDetection = false) {
  const clock = new EmulatorClock({ now: () => 0 });
  const counters = new CounterBook();
  return { clock, counters, grants: new Grants<number>('wps', { clock, counters, reuseDetection }) };
}

describe('Grants', () => {
  it('keeps the tokens of 100,000 users apart, through many renewals', () => {
    const { clock, grants } = create();
    const users = 100_000;
    const families = Array.from({ length: users }, (_, each): Grant => ({
      user: userOf(each),
      isRevoked: false,
    }));
    for (let round = 0; round < 4; round++) {
      for (const [each, grant] of families.entries()) {
        grants.spendRefresh(`r${round - 1}-${each}`);
        grants.putAccess(`a${round}-${each}`, { grant, value: each }, 7200);
        grants.putRefresh(`r${round}-${each}`, { grant, value: each }, 1_000_000);
      }
      clock.advance(7200);
    }
    for (const each of [0, 54_321, users - 1]) {
      expect(grants.refresh(`r3-${each}`)).toMatchObject({ status: 'live', value: { value: each } });
      expect(grants.refresh(`r2-${each}`).status).not.toBe('live');
      expect(grants.access(`a3-${each}`).status).toBe('expired');
    }
    expect(grants.revoke('grant', userOf(7))).toBe(1);
    expect(grants.refresh('r3-7').status).toBe('revoked');
    expect(grants.refresh('r3-8').status).toBe('live');
    grants.clear();
    expect(grants.refresh('r3-8').status).toBe('unknown');
  });

  it('revokes a grant that is between two refresh tokens', () => {
    const { grants } = create();
    const grant: Grant = { user: userOf(1), isRevoked: false };
    grants.putRefresh('old', { grant, value: 1 }, 60);
    grants.spendRefresh('old');
    expect(grants.revoke('grant', undefined)).toBe(0);
    grants.putRefresh('new', { grant, value: 1 }, 60);
    expect(grants.refresh('new').status).toBe('revoked');
  });

  it.each([false, true])('counts reuse, and ends the family when it detects it: %s', (reuseDetection) => {
    const { grants, counters } = create(reuseDetection);
    const grant: Grant = { user: userOf(1), isRevoked: false };
    grants.putAccess('access', { grant, value: 1 }, 60);
    grants.reused(grant);
    expect(counters.read().wps.reuse).toBe(1);
    expect(grants.access('access').status).toBe(reuseDetection ? 'revoked' : 'live');
  });
});
