import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { KeyRing } from './key-ring.js';
import { type ResealProgress } from './resealing.js';
import { type OpenStore, type StoreEngine } from './store-engine.port.js';
import { memoryStore } from './stores/memory/memory-store.js';
import { Vault } from './vault.js';

const start = 1_700_000_000_000;
const hour = 3_600_000;
const each = 7;
const numbers = Array.from({ length: each }, (_, index) => index);
const randomness = { bytes: (size: number) => randomBytes(size) };
const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const lookupKey = randomBytes(32).toString('base64');
const user = (n: number) => ({ provider: 'wps', clientId: 'app', subject: `user ${n}` });

describe('sealing everything anew', () => {
  let now: number;
  let store: OpenStore;
  let older: string;
  let newer: string;
  let before: Vault;
  let rotated: Vault;

  async function open(encryptionKeys: string): Promise<Vault> {
    const engine: StoreEngine = { kind: 'memory', embedded: true, open: () => Promise.resolve(store) };
    const keys = KeyRing.parse({ encryptionKeys, lookupKey });
    return Vault.open({
      engine,
      keys,
      clock: { now: () => now },
      timers: { monotonic: () => now },
      randomness,
    });
  }

  beforeEach(async () => {
    now = start;
    store = await memoryStore().open({ now: () => now });
    [older, newer] = [key('k1'), key('k2')];
    before = await open(older);
    for (const n of numbers) {
      const tokens = { accessToken: new Secret(`access ${n}`), expiresAt: start + hour, scope: [] };
      await before.saveLogin({ ...user(n), tokens });
      await before.sessions.set(`sid ${n}`, { n }, start + hour);
      await before.directory.put(`person ${n}`, `profile ${n}`, null);
    }
    rotated = await open(`${newer},${older}`);
  });

  /** What somebody can open who has the newest key alone. */
  async function opened(): Promise<number> {
    const alone = await open(newer);
    const all = numbers.flatMap((n) => [
      alone.load({ kind: 'user', ...user(n) }),
      alone.sessions.get(`sid ${n}`),
      alone.directory.get(`person ${n}`),
    ]);
    const ends = await Promise.allSettled(all);
    return ends.filter((end) => end.status === 'fulfilled' && end.value !== undefined).length;
  }

  it('leaves nothing under the older key: no token, no session, nothing of the directory', async () => {
    expect(await opened()).toBe(0);
    expect(await rotated.reseal({ batch: 3 })).toMatchObject({ seen: 3 * each, resealed: 3 * each });
    expect(await opened()).toBe(3 * each);
    expect(await rotated.reseal()).toMatchObject({ seen: 3 * each, resealed: 0, broken: 0 });
  });

  it('says how far it is, never less than before, and all of it in the end', async () => {
    const shares: number[] = [];
    await rotated.reseal({ batch: 2, onProgress: ({ share }) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(0)).toBeLessThan(1 / 3);
    expect(shares.at(-1)).toBe(1);
  });

  it.each([1, 3, 7, 100])('goes on where it was stopped after every batch of %i', async (batch) => {
    let last: ResealProgress | undefined;
    let resealed = 0;
    do {
      const stop = new AbortController();
      last = await rotated.reseal({
        batch,
        signal: stop.signal,
        after: last?.next,
        onProgress: () => stop.abort(),
      });
      expect(last.seen).toBeLessThanOrEqual(batch);
      resealed += last.resealed;
    } while (last.next !== undefined);
    expect(resealed).toBe(3 * each);
    expect(await opened()).toBe(3 * each);
  });

  it('leaves what was changed, and what does not open, and goes on', async () => {
    const place = rotated.hasher.hash('directory', 'person 4');
    const forged = Buffer.from((await store.blobs.get('directory', place)) ?? '');
    forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
    await store.blobs.put('directory', place, forged, null);
    const pages = store.blobs.page.bind(store.blobs);
    store.blobs.page = async (request) => {
      const page = await pages(request);
      await rotated.sessions.set('sid 0', { n: 'changed' }, start + hour);
      await rotated.sessions.destroy('sid 1');
      return page;
    };
    expect(await rotated.reseal()).toMatchObject({ seen: 3 * each, resealed: 3 * each - 3, broken: 1 });
    expect(await rotated.sessions.get('sid 0')).toEqual({ n: 'changed' });
    expect(await rotated.sessions.get('sid 1')).toBeUndefined();
    expect(await store.blobs.get('directory', place)).toEqual(forged);
    expect(await opened()).toBe(3 * each - 2);
  });

  it('leaves the time of a session as it was', async () => {
    await rotated.reseal();
    now = start + hour - 1;
    expect(await rotated.sessions.get('sid 3')).toEqual({ n: 3 });
    now = start + hour;
    expect(await rotated.sessions.get('sid 3')).toBeUndefined();
  });
});
