import { describe, expect, it } from '@jest/globals';
import { maySettleAs } from './lease.js';

describe('a change without new tokens', () => {
  it.each([
    ['fresh', 'degraded', true],
    ['fresh', 'in_doubt', true],
    ['degraded', 'fresh', false],
    ['in_doubt', 'fresh', false],
    ['in_doubt', 'needs_login', true],
    ['needs_login', 'degraded', false],
    ['needs_login', 'fresh', false],
    ['needs_login', 'revoked', true],
    ['revoked', 'needs_login', false],
    ['revoked', 'degraded', false],
  ] as const)('from %s to %s: %s', (from, to, allowed) => {
    expect(maySettleAs(from, to)).toBe(allowed);
  });
});
