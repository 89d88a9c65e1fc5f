import { beforeEach, describe, expect, it } from '@jest/globals';
import session, { type SessionData } from 'express-session';
import { SealError, type SealedSessions } from 'nestjs-oauth-providers';
import { SealedSessionStore } from './sealed-session-store.js';

const lifetime = 1000 * 60 * 60;

/** What a vault does with sessions, written down. */
class FakeSessions {
  readonly kept = new Map<string, { session: unknown; expiresAt: number }>();
  readonly touches: [string, number][] = [];
  failure: Error | undefined;

  get(id: string): Promise<unknown> {
    return this.failure === undefined
      ? Promise.resolve(this.kept.get(id)?.session)
      : Promise.reject(this.failure);
  }

  set(id: string, value: object, expiresAt: number): Promise<void> {
    this.kept.set(id, { session: value, expiresAt });
    return Promise.resolve();
  }

  touch(id: string, expiresAt: number): Promise<void> {
    this.touches.push([id, expiresAt]);
    return Promise.resolve();
  }

  destroy(id: string): Promise<void> {
    this.kept.delete(id);
    return Promise.resolve();
  }
}

const data: SessionData = { cookie: new session.Cookie() };

describe('the session store', () => {
  let now: number;
  let fake: FakeSessions;
  let store: SealedSessionStore;

  beforeEach(() => {
    now = 1_800_000_000_000;
    fake = new FakeSessions();
    store = new SealedSessionStore(fake as unknown as SealedSessions, lifetime, () => now);
  });

  const get = (id: string) =>
    new Promise((resolve, reject) => {
      store.get(id, (error, found) => {
        if (error instanceof Error) reject(error);
        else resolve(found);
      });
    });
  const done = (act: (callback: (error?: unknown) => void) => void) =>
    new Promise<unknown>((resolve) => act((error) => resolve(error)));

  it('keeps sessions until their lifetime has passed', async () => {
    expect(await done((callback) => store.set('id', data, callback))).toBeUndefined();
    expect(fake.kept.get('id')?.expiresAt).toBe(now + lifetime);
    expect(await get('id')).toBe(data);
  });

  it('knows nothing of ids nobody set, and nothing of destroyed ones', async () => {
    expect(await get('other')).toBeNull();
    await done((callback) => store.set('id', data, callback));
    await done((callback) => store.destroy('id', callback));
    expect(await get('id')).toBeNull();
  });

  it('takes a session that was tampered with for none, and an outage for an error', async () => {
    fake.failure = new SealError('mismatch');
    expect(await get('id')).toBeNull();
    fake.failure = new Error('the store is gone');
    await expect(get('id')).rejects.toThrow('the store is gone');
  });

  it('moves the expiry at most once a minute, each session for itself', async () => {
    const touch = (id: string) => done((callback) => store.touch(id, data, callback));
    await touch('a');
    now += 30_000;
    await touch('a');
    await touch('b');
    now += 30_000;
    await touch('a');
    expect(fake.touches).toEqual([
      ['a', now - 60_000 + lifetime],
      ['b', now - 30_000 + lifetime],
      ['a', now + lifetime],
    ]);
  });

  it('survives a missing callback', async () => {
    store.set('id', data);
    await new Promise(setImmediate);
    expect(fake.kept.has('id')).toBe(true);
  });
});
