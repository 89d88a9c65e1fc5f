import { describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { VirtualTime } from '../testing-support/virtual-time.js';
import { type OpenedRecord, type RecordIdentity } from '../vault/index.js';
import { type CacheSettings, defaultCache, TokenCache } from './token-cache.js';

const minute = 60_000;
const user = (subject: string, clientId = 'c'): RecordIdentity & { kind: 'user' } => ({
  ...{ kind: 'user', provider: 'p', clientId, subject },
});

function cacheOf(settings: Partial<CacheSettings> = {}) {
  const time = new VirtualTime();
  const cache = new TokenCache({ ...defaultCache, ...settings }, time, time);
  const put = (identity: RecordIdentity, change: Partial<OpenedRecord> = {}, length = 10): void => {
    const tokens = {
      accessToken: new Secret('x'.repeat(length)),
      refreshToken: new Secret('refresh'),
      expiresAt: time.now() + 60 * minute,
      scope: [],
    };
    const generation = Buffer.alloc(16);
    cache.set(identity, {
      ...{ identity, tokens, key: Buffer.alloc(32), generation, state: 'fresh', cause: null, dueAt: null },
      ...{ failures: 0, refusals: 0, refusedSince: null, leasedUntil: null, inSpending: false },
      ...change,
    });
  };
  const has = (identity: RecordIdentity): boolean => cache.get(identity) !== undefined;
  return { time, cache, put, has };
}

describe('the cache of tokens', () => {
  it('believes a record for its age, and not longer', async () => {
    const { time, put, has } = cacheOf();
    put(user('a'));
    await time.advance(4_999);
    expect(has(user('a'))).toBe(true);
    await time.advance(1);
    expect(has(user('a'))).toBe(false);
  });

  it('gives out nothing that is due, dead or not fresh', async () => {
    const { time, cache, put, has } = cacheOf();
    put(user('due'), { dueAt: time.now() + 1_000 });
    put(user('degraded'), { state: 'degraded' });
    expect([has(user('due')), has(user('degraded'))]).toEqual([true, false]);
    expect(cache.lastKnown(user('degraded'))).toBeDefined();
    await time.advance(1_000);
    expect(has(user('due'))).toBe(false);
    await time.advance(60 * minute);
    expect(cache.lastKnown(user('degraded'))).toBeUndefined();
  });

  it('finds users by their subject alone, each client for itself', () => {
    const { cache, put } = cacheOf();
    put(user('a', 'one'), {}, 11);
    const [one, two] = [cache.usersOf('p', 'one'), cache.usersOf('p', 'two')];
    const found = one.get('a');
    expect(found?.accessToken.reveal()).toHaveLength(11);
    expect(two.get('a')).toBeUndefined();
    put(user('a', 'two'), {}, 12);
    expect(two.get('a')?.accessToken.reveal()).toHaveLength(12);
    expect(one.get('a')).toBe(found);
    cache.delete(user('a', 'one'));
    expect(one.get('a')).toBeUndefined();
    expect(two.get('a')).toBeDefined();
  });

  it('shows of a user’s record the token and nothing that could be changed or read too much', () => {
    const { cache, put } = cacheOf();
    put(user('a'));
    const token = cache.usersOf('p', 'c').get('a');
    expect(Object.isFrozen(token)).toBe(true);
    expect(Object.keys(token ?? {})).toEqual(['accessToken', 'expiresAt', 'scope']);
    expect(JSON.stringify(token)).not.toContain('xxx');
  });

  it('does not take another kind of record for a user’s token', () => {
    const { cache, put, has } = cacheOf();
    put({ kind: 'app', provider: 'p', clientId: 'c' });
    put({ ...user('a'), type: 'of-another-kind' });
    put({ ...user('b'), tenant: 'of-a-tenant' });
    const users = cache.usersOf('p', 'c');
    expect([users.get(''), users.get('a'), users.get('b')]).toEqual([undefined, undefined, undefined]);
    expect(has({ ...user('a'), type: 'of-another-kind' })).toBe(true);
    // An absent part and an empty one are the same.
    put({ ...user('d'), type: '', tenant: '' });
    expect(users.get('d')).toBeDefined();
  });

  it('keeps so many records, and those that are used longest', () => {
    const { put, has } = cacheOf({ entries: 3 });
    for (const subject of ['a', 'b', 'c']) put(user(subject));
    expect(has(user('a'))).toBe(true);
    put(user('d'));
    expect(['a', 'b', 'c', 'd'].filter((subject) => has(user(subject)))).toEqual(['a', 'c', 'd']);
    // All of them were used: the one whose turn it is goes, and never the new one.
    put(user('e'));
    expect(has(user('e'))).toBe(true);
  });

  it('keeps so many bytes, and nothing that is larger than all of them', () => {
    const { put, has } = cacheOf({ bytes: 3_000 });
    for (const subject of ['a', 'b', 'c', 'd']) put(user(subject), {}, 1_000);
    expect(['a', 'b', 'c', 'd'].filter((subject) => has(user(subject)))).toEqual(['c', 'd']);
    put(user('c'), {}, 3_000);
    expect(has(user('c'))).toBe(false);
    expect(has(user('d'))).toBe(true);
    // What was dropped counts no more.
    put(user('c'), {}, 1_000);
    expect([has(user('c')), has(user('d'))]).toEqual([true, true]);
  });

  it('keeps nothing where it is switched off', () => {
    const { cache, put, has } = cacheOf({ entries: 0 });
    put(user('a'));
    expect(has(user('a'))).toBe(false);
    expect(cache.lastKnown(user('a'))).toBeUndefined();
  });
});
