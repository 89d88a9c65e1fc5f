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
});
