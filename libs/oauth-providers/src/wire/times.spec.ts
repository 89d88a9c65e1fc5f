import { describe, expect, it } from '@jest/globals';
import { type TimeUnit } from '../core/contract.js';
import { type Answer } from './answer.js';
import { readTime } from './times.js';

const sentAt = Date.parse('2024-05-01T08:00:00Z');
const stamp = sentAt / 1000;
const year = 365 * 86_400;

function answerWith(value: unknown, more: Partial<Answer> = {}): Answer {
  return { status: 200, headers: {}, root: { t: value }, sentAt, receivedAt: sentAt, ...more };
}

/** Milliseconds from when the request was sent, or undefined when the value was not believed. */
function life(value: unknown, unit: TimeUnit, more: Partial<Answer> = {}): number | undefined {
  const moment = readTime(answerWith(value, more), undefined, [{ path: 't', unit }]);
  return moment === undefined ? undefined : moment - sentAt;
}

describe('readTime', () => {
  it.each<[string, unknown, TimeUnit, number]>([
    ['seconds', 7200, 'seconds', 7_200_000],
    ['seconds as text', '7200', 'seconds', 7_200_000],
    ['seconds as text with blanks', ' 7200 ', 'seconds', 7_200_000],
    ['a fraction of a second', 1.5, 'seconds', 1500],
    ['a fraction of a millisecond, rounded down', 0.0019, 'seconds', 1],
    ['ten years exactly', 10 * year, 'seconds', 10 * year * 1000],
    ['a stamp', stamp + 60, 'stamp', 60_000],
    ['a stamp as text', String(stamp + 60), 'stamp', 60_000],
    ['a stamp in milliseconds', sentAt + 1234, 'stamp-ms', 1234],
    ['a duration where both are possible', 7200, 'seconds-or-stamp', 7_200_000],
    ['a stamp where both are possible', stamp + 60, 'seconds-or-stamp', 60_000],
  ])('reads %s', (_, value, unit, expected) => {
    expect(life(value, unit)).toBe(expected);
  });

  it.each<[string, unknown, TimeUnit]>([
    ['zero', 0, 'seconds'],
    ['a negative duration', -1, 'seconds'],
    ['more than ten years', 10 * year + 1, 'seconds'],
    ['a stamp declared as seconds', stamp, 'seconds'],
    ['a stamp of the past', stamp - 1, 'stamp'],
    ['a stamp of this very moment', stamp, 'stamp'],
    ['a duration declared as a stamp', 7200, 'stamp'],
    ['a stamp in seconds declared as milliseconds', stamp + 60, 'stamp-ms'],
    ['a stamp in milliseconds declared as seconds', sentAt, 'stamp'],
    ['exactly 10⁹, which is a duration of 31 years', 1e9, 'seconds-or-stamp'],
    ['a number without end', 1e308, 'seconds'],
    ['infinity', Infinity, 'seconds'],
    ['no number', NaN, 'seconds'],
    ['NaN as text', 'NaN', 'seconds'],
    ['an exponent as text', '1e3', 'seconds'],
    ['a hexadecimal text', '0x10', 'seconds'],
    ['a negative text', '-7200', 'seconds'],
    ['a very long text', '9'.repeat(16), 'seconds'],
    ['words', 'two hours', 'seconds'],
    ['an empty text', '', 'seconds'],
    ['null', null, 'seconds'],
    ['nothing', undefined, 'seconds'],
    ['true', true, 'seconds'],
    ['a list', [7200], 'seconds'],
    ['an object', { valueOf: 7200 }, 'seconds'],
  ])('does not believe %s', (_, value, unit) => {
    expect(life(value, unit)).toBeUndefined();
  });

  it('takes the first field that holds a believable moment', () => {
    const answer = answerWith(undefined, { root: { data: { a: -5, b: '90', c: 30 } } });
    const fields = ['x', 'a', 'b', 'c'].map((path) => ({ path, unit: 'seconds' as const }));
    expect(readTime(answer, 'data', fields)).toBe(sentAt + 90_000);
    expect(readTime(answer, 'data', [])).toBeUndefined();
  });

  it('counts from when the request was sent, however late the answer came', () => {
    expect(life(60, 'seconds', { receivedAt: sentAt + 9_000 })).toBe(60_000);
  });
});

describe('the platform’s clock', () => {
  /** The answer arrives two seconds after it was asked for; the platform's clock differs by `ahead`. */
  const withClock = (ahead: number): Partial<Answer> => ({
    receivedAt: sentAt + 2000,
    headers: { date: new Date(sentAt + 2000 + ahead).toUTCString() },
  });

  it.each([
    ['ahead by 5 s exactly: they agree', 5000, 3_600_000],
    ['behind by 5 s exactly: they agree', -5000, 3_600_000],
    ['ahead by 6 s', 6000, 3_594_000],
    ['behind by 6 s', -6000, 3_606_000],
    ['ahead by an hour', 3_600_000, undefined],
    ['ahead by half an hour', 1_800_000, 1_800_000],
    ['behind by an hour', -3_600_000, 7_200_000],
  ])('%s', (_, ahead, expected) => {
    expect(life(stamp + 3600, 'stamp', withClock(ahead))).toBe(expected);
    expect(life((stamp + 3600) * 1000, 'stamp-ms', withClock(ahead))).toBe(expected);
    expect(life(stamp + 3600, 'seconds-or-stamp', withClock(ahead))).toBe(expected);
  });

  it('has no say in durations', () => {
    expect(life(60, 'seconds', withClock(3_600_000))).toBe(60_000);
    expect(life(60, 'seconds-or-stamp', withClock(3_600_000))).toBe(60_000);
  });

  it.each([['words'], [''], ['0000-00-00']])('is not read from the header %j', (date) => {
    expect(life(stamp + 60, 'stamp', { headers: { date } })).toBe(60_000);
  });
});
