import { describe, expect, it } from '@jest/globals';
import { EmulatorClock } from './clock.js';
import { Ledger } from './ledger.js';

describe('Ledger', () => {
  it('knows live, expired, spent and unknown', () => {
    const clock = new EmulatorClock({ now: () => 0 });
    const ledger = new Ledger<string>(clock);
    ledger.put('a', 'A', 10);
    ledger.put('b', 'B', 10);
    ledger.spend('b');
    ledger.spend('never');
    expect(ledger.look('a')).toEqual({ status: 'live', value: 'A', expiresAt: 10_000 });
    expect(ledger.look('b')).toMatchObject({ status: 'spent', value: 'B' });
    expect(ledger.look('c')).toEqual({ status: 'unknown' });
    clock.advance(9.999);
    expect(ledger.look('a').status).toBe('live');
    clock.advance(0.001);
    expect(ledger.look('a').status).toBe('expired');
    ledger.clear();
    expect(ledger.look('a').status).toBe('unknown');
  });

  it('remembers what expired for a day, and then lets it go when many are added', () => {
    const clock = new EmulatorClock({ now: () => 0 });
    const ledger = new Ledger<number>(clock);
    const fill = (name: string) => {
      for (let each = 0; each < 2000; each++) ledger.put(`${name}${each}`, each, 60);
    };
    fill('old');
    clock.advance(60 * 60);
    fill('hour');
    expect(ledger.look('old0').status).toBe('expired');
    clock.advance(25 * 60 * 60);
    fill('day');
    fill('more');
    expect(ledger.look('old0').status).toBe('unknown');
    expect(ledger.look('day0').status).toBe('live');
  });

  it('revokes what lives, once, and caps what would live too long', () => {
    const clock = new EmulatorClock({ now: () => 0 });
    const ledger = new Ledger<string>(clock);
    for (const key of ['a', 'b', 'spent', 'old']) ledger.put(key, key, key === 'old' ? 1 : 10);
    ledger.spend('spent');
    clock.advance(1);
    expect(ledger.revokeWhere((value) => value !== 'b')).toBe(1);
    expect(ledger.revokeWhere((value) => value !== 'b')).toBe(0);
    const statuses = () => ['a', 'b', 'spent', 'old'].map((key) => ledger.look(key).status);
    expect(statuses()).toEqual(['revoked', 'live', 'spent', 'expired']);
    ledger.revoke('spent');
    ledger.revoke('never');
    ledger.cap('b', 20);
    expect(ledger.look('b')).toMatchObject({ expiresAt: 10_000 });
    ledger.cap('b', 5);
    ledger.cap('never', 5);
    expect(ledger.look('b')).toMatchObject({ expiresAt: 6000 });
    ledger.revoke('b');
    expect(statuses()).toEqual(['revoked', 'revoked', 'spent', 'expired']);
  });

  it('keeps a bounded number of dead entries, the latest of them, and every living one', () => {
    const ledger = new Ledger<number>(new EmulatorClock({ now: () => 0 }), { dead: 100, total: 100_000 });
    ledger.put('living', 0, 60);
    for (let each = 0; each < 20_000; each++) {
      ledger.put(`${each}`, each, 60);
      ledger.spend(`${each}`);
    }
    expect(ledger.size).toBeLessThan(2000);
    expect(ledger.look('living').status).toBe('live');
    expect(ledger.look('0').status).toBe('unknown');
    expect(ledger.look('19999').status).toBe('spent');
  });

  it('keeps a bounded number of entries at all, the latest of them', () => {
    const ledger = new Ledger<number>(new EmulatorClock({ now: () => 0 }), { dead: 100, total: 1000 });
    for (let each = 0; each < 5000; each++) ledger.put(`${each}`, each, 60);
    expect(ledger.size).toBeLessThanOrEqual(1000);
    expect(ledger.look('0').status).toBe('unknown');
    expect(ledger.look('4999').status).toBe('live');
  });
});
