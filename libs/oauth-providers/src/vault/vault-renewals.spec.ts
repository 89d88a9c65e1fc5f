import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import {
  generateKey,
  KeyRing,
  memoryStore,
  type OpenStore,
  type RecordChange,
  type RecordIdentity,
  reservationBytes,
  type StoreEngine,
  Vault,
} from './index.js';

const randomness = { bytes: (size: number) => randomBytes(size) };
const start = 1_700_000_000_000;
const leaseMs = 30_000;
const [one, two] = [randomBytes(16), randomBytes(16)];

const client = { provider: 'wps', clientId: 'app-1' };
const ada = { ...client, subject: 'ada' };
const adaRecord: RecordIdentity = { kind: 'user', ...ada };
const degraded: RecordChange = {
  state: 'degraded',
  cause: { reason: 'refused', errorClass: 'unknown', platformCode: '40001' },
  failures: 3,
  refusals: 2,
  refusedSince: start - 1,
  dueAt: start + 1_000.75,
  spending: 'clear',
};

function tokens(access: string): TokenSet {
  return { accessToken: new Secret(access), expiresAt: start + 3_600_000, scope: [] };
}

function ring(...ids: string[]): string {
  return ids.map((id) => generateKey(id, randomness).reveal()).join(',');
}

describe('Vault, for whoever renews', () => {
  let now: number;
  let engine: StoreEngine;
  let store: OpenStore;
  let keys: string;
  let vault: Vault;
  const clock = { now: () => now };
  const open = (encryptionKeys: string) =>
    Vault.open({
      engine,
      keys: KeyRing.parse({ encryptionKeys }),
      clock,
      timers: { monotonic: clock.now },
      randomness,
    });
  const claimDue = (limit = 9, spending = false) =>
    vault.claimDue({ ...client, owner: one, leaseMs, limit, spending });

  /** Changes a byte of what is sealed, as only somebody with the store's file could. */
  async function tamper(identity: RecordIdentity): Promise<Buffer> {
    const key = vault.hasher.recordKey(identity);
    const { sealed, generation } = (await store.tokens.get(key))!;
    const forged = Buffer.from(sealed);
    forged.writeUInt8(forged.readUInt8(forged.length - 1) ^ 1, forged.length - 1);
    await store.tokens.reseal({ key, generation, sealed: forged });
    return key;
  }

  beforeEach(async () => {
    now = start;
    store = await memoryStore().open(clock);
    engine = { kind: 'memory', embedded: true, open: () => Promise.resolve(store) };
    keys = ring('k1');
    vault = await open(keys);
    await vault.saveLogin({ ...ada, tokens: tokens('one'), renewsAt: start + 0.5 });
  });

  it('claims a record for one at a time, until it is given back', async () => {
    const { claimed, record } = await vault.claim(adaRecord, one, leaseMs);
    expect(claimed).toBe(true);
    expect(record).toMatchObject({ identity: adaRecord, dueAt: start, leasedUntil: start + leaseMs });
    expect(await vault.claim(adaRecord, two, leaseMs)).toEqual({ claimed: false, record });
    expect(await vault.claim(adaRecord, one, leaseMs)).toEqual({ claimed: true, record });
    await vault.release(record!, one);
    expect((await vault.claim(adaRecord, two, leaseMs)).claimed).toBe(true);
    expect(await vault.claim({ ...adaRecord, subject: 'eve' }, one, leaseMs)).toEqual({
      claimed: false,
      record: undefined,
    });
  });

  it('does not keep the lease of a record that does not open', async () => {
    const key = await tamper(adaRecord);
    await expect(vault.claim(adaRecord, one, leaseMs)).rejects.toMatchObject({ failure: 'forged' });
    expect((await store.tokens.get(key))?.lease).toBeNull();
  });

  it('claims what is due of one client, and hands what does not open to nobody', async () => {
    await vault.saveLogin({ ...ada, subject: 'bob', tokens: tokens('two'), renewsAt: start - 2 });
    await vault.saveLogin({ ...ada, subject: 'eve', tokens: tokens('three'), renewsAt: start - 1 });
    await vault.saveLogin({ ...ada, clientId: 'app-2', tokens: tokens('four'), renewsAt: start });
    await vault.saveFirst(vault.prepareFirst({ ...client, kind: 'app' }, tokens('five'), start + 1));
    const key = await tamper({ ...adaRecord, subject: 'eve' });
    expect(await vault.due('wps', 'app-1')).toEqual({ count: 3, oldest: start - 2 });
    const due = await claimDue();
    expect(due.records.map(({ identity }) => identity.subject)).toEqual(['bob', 'ada']);
    expect(due.broken).toMatchObject([{ key, error: { failure: 'forged' } }]);
    expect(await claimDue()).toEqual({ records: [], broken: [] });
    expect(await vault.due('wps', 'app-1')).toEqual({ count: 0, oldest: null });
    now += 1;
    expect((await claimDue()).records.map(({ identity }) => identity.kind)).toEqual(['app']);
  });

  it('tells what was due as it was before the claim marked it, and leaves no mark on what does not open', async () => {
    await vault.saveLogin({ ...ada, subject: 'bob', tokens: tokens('two'), renewsAt: start - 2 });
    await vault.saveLogin({ ...ada, subject: 'eve', tokens: tokens('three'), renewsAt: start - 1 });
    const key = await tamper({ ...adaRecord, subject: 'eve' });
    const { record } = await vault.claim(adaRecord, two, leaseMs);
    await vault.markSpending(record!, two);
    await vault.release(record!, two);
    const due = await claimDue(9, true);
    expect(due.records.map(({ inSpending }) => inSpending)).toEqual([false, true]);
    expect(due.broken).toMatchObject([{ key }]);
    expect((await vault.load({ ...adaRecord, subject: 'bob' }))?.inSpending).toBe(true);
    expect(await store.tokens.get(key)).toMatchObject({ spending: null, lease: { owner: one } });
  });

  it('leaves on what does not open the mark that was there before', async () => {
    const { record } = await vault.claim(adaRecord, two, leaseMs);
    await vault.markSpending(record!, two);
    await vault.release(record!, two);
    const key = await tamper(adaRecord);
    expect((await claimDue(9, true)).broken).toMatchObject([{ key }]);
    expect((await store.tokens.get(key))?.spending).toEqual(record?.generation);
  });

  it('does not hand a record to another client, whose lane somebody put it in', async () => {
    const key = vault.hasher.recordKey(adaRecord);
    const stored = (await store.tokens.get(key))!;
    const lane = vault.laneOf('wps', 'app-2');
    await store.tokens.replace({ ...stored, lane, owner: null, writeId: randomBytes(12) });
    const due = await vault.claimDue({
      ...{ ...client, clientId: 'app-2', owner: one, leaseMs, limit: 9, spending: false },
    });
    expect(due).toMatchObject({ records: [], broken: [{ key, error: { failure: 'mismatch' } }] });
  });

  it('tells that a refresh token is being spent until somebody settles it', async () => {
    const { record } = await vault.claim(adaRecord, one, leaseMs);
    expect(record?.inSpending).toBe(false);
    expect(await vault.markSpending(record!, two)).toBe(false);
    expect(await vault.markSpending(record!, one)).toBe(true);
    expect((await vault.load(adaRecord))?.inSpending).toBe(true);
    expect(await vault.settle(record!, one, { ...degraded, spending: 'keep' })).toBe(true);
    expect((await vault.load(adaRecord))?.inSpending).toBe(true);
    expect(await vault.settle(record!, null, degraded)).toBe(true);
    expect((await vault.load(adaRecord))?.inSpending).toBe(false);
  });

  it('settles how it went, cause and all', async () => {
    const { record } = await vault.claim(adaRecord, one, leaseMs);
    expect(await vault.settle(record!, two, degraded)).toBe(false);
    expect(await vault.settle(record!, one, degraded)).toBe(true);
    expect(await vault.settle(record!, one, degraded)).toBe(true);
    const { state, cause, failures, refusals, refusedSince } = degraded;
    expect(await vault.load(adaRecord)).toStrictEqual({
      ...record,
      ...{ state, cause, failures, refusals, refusedSince },
      dueAt: start + 1_000,
      leasedUntil: null,
    });
  });

  it('shortens a long platform code, and takes what is no cause for none', async () => {
    const record = (await vault.load(adaRecord))!;
    const platformCode = '\0'.repeat(500);
    await vault.settle(record, null, { ...degraded, cause: { ...degraded.cause!, platformCode } });
    expect((await vault.load(adaRecord))?.cause?.platformCode).toBe('\0'.repeat(64));
    await vault.settle(record, null, { ...degraded, cause: { reason: 'timeout', errorClass: 'transient' } });
    expect((await vault.load(adaRecord))?.cause).toStrictEqual({
      reason: 'timeout',
      errorClass: 'transient',
    });
    for (const cause of ['{', 'null', '[]', '{"reason":1}', '']) {
      await store.tokens.settle({ ...record, owner: null, change: { ...degraded, cause, dueAt: null } });
      expect((await vault.load(adaRecord))?.cause).toBeNull();
    }
  });

  it('makes a record fresh with what a renewal brought, whoever holds the lease by then', async () => {
    const { record } = await vault.claim(adaRecord, one, leaseMs);
    await vault.settle(record!, null, degraded);
    await vault.settle(record!, one, degraded);
    await vault.claim(adaRecord, two, leaseMs);
    await vault.saveRenewal(vault.prepareRenewal(record!, tokens('two'), start + 9.5));
    expect(await vault.load(adaRecord)).toMatchObject({
      state: 'fresh',
      cause: null,
      failures: 0,
      refusals: 0,
      refusedSince: null,
      dueAt: start + 9,
      leasedUntil: null,
    });
  });

  it('keeps quotas and cool-downs of each client apart', async () => {
    const draw = { ...client, name: 'exchanges', amount: 2, ceiling: 3 };
    const daily = { ...draw, window: '2023-11-14', expiresAt: start + 9 };
    const reservation = () => ({ reservation: randomBytes(reservationBytes) });
    const sliding = { ...draw, windowMs: 60_000 };
    for (const more of [{}, { name: 'other' }, { clientId: 'app-2' }, { provider: 'huawei' }]) {
      const granted = { granted: true, used: 2 };
      expect(await vault.quotas.take({ ...daily, ...more, ...reservation() })).toEqual(granted);
      expect(await vault.quotas.takeSliding({ ...sliding, ...more, ...reservation() })).toEqual(granted);
    }
    expect((await vault.quotas.take({ ...daily, ...reservation() })).granted).toBe(false);
    expect((await vault.quotas.takeSliding({ ...sliding, ...reservation() })).granted).toBe(false);
    expect(await vault.quotas.used(daily)).toBe(2);
    await vault.coolDowns.set('wps', 'app-1', start + 5);
    expect(await vault.coolDowns.get('wps', 'app-1')).toBe(start + 5);
    expect(await vault.coolDowns.get('wps', 'app-2')).toBeNull();
  });

  describe('sealing anew', () => {
    const subjects = Array.from({ length: 10 }, (_, i) => `user ${i}`);
    const identities = subjects.map((subject): RecordIdentity => ({ ...adaRecord, subject }));
    let rotated: Vault;

    beforeEach(async () => {
      await vault.remove(adaRecord);
      for (const subject of subjects) await vault.saveLogin({ ...ada, subject, tokens: tokens(subject) });
      rotated = await open(`${ring('k2')},${keys}`);
    });

    /** How many records somebody can open who has the newest key alone. */
    async function openWithNewest(): Promise<number> {
      const rows = await Promise.all(
        identities.map((each) => store.tokens.get(vault.hasher.recordKey(each))),
      );
      return rows.filter((row) => row !== undefined && !rotated.sealer.needsReseal(row.sealed)).length;
    }

    it('brings every record under the newest key, once, and changes nothing else', async () => {
      const before = await Promise.all(identities.map((each) => vault.load(each)));
      const seen: number[] = [];
      const all = await rotated.reseal({ batch: 4, onProgress: (progress) => seen.push(progress.seen) });
      expect(all).toEqual({ seen: 10, resealed: 10, broken: 0, share: 1, next: undefined });
      expect([...new Set(seen)]).toEqual([4, 8, 10]);
      expect(await openWithNewest()).toBe(10);
      expect(await Promise.all(identities.map((each) => rotated.load(each)))).toEqual(before);
      expect(await rotated.reseal()).toMatchObject({ seen: 10, resealed: 0 });
    });

    it('can be stopped and goes on where it was', async () => {
      const stop = new AbortController();
      const first = await rotated.reseal({ batch: 3, signal: stop.signal, onProgress: () => stop.abort() });
      expect(first).toMatchObject({ seen: 3, resealed: 3 });
      expect(await rotated.reseal({ after: first.next })).toMatchObject({ seen: 7, resealed: 7 });
      expect(await openWithNewest()).toBe(10);
    });

    it('leaves what does not open, and goes on', async () => {
      await tamper(identities[4]!);
      expect(await rotated.reseal({ batch: 2 })).toMatchObject({ seen: 10, resealed: 9, broken: 1 });
    });

    it('never undoes a save that comes in between', async () => {
      const pages = store.tokens.page.bind(store.tokens);
      const record = (await rotated.load(identities[5]!))!;
      store.tokens.page = async (request) => {
        const page = await pages(request);
        await rotated.saveRenewal(rotated.prepareRenewal(record, tokens('renewed')));
        await rotated.remove(identities[6]!);
        return page;
      };
      expect(await rotated.reseal()).toMatchObject({ seen: 10, resealed: 8 });
      expect((await rotated.load(identities[5]!))?.tokens.accessToken.reveal()).toBe('renewed');
      expect(await rotated.load(identities[6]!)).toBeUndefined();
      expect(await openWithNewest()).toBe(9);
    });
  });
});
