import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { generateKey, KeyRing, memoryStore, type RecordIdentity, type StoreEngine, Vault } from './index.js';
import { SealError } from './seal-error.js';
import { type OpenStore } from './store-engine.port.js';

const randomness = { bytes: (size: number) => randomBytes(size) };
const clock = { now: () => 1_000_000 };
const minute = 60_000;

/** An engine that keeps its store when it is opened again, as a real one does. */
function lastingEngine(time = clock): StoreEngine & { store: Promise<OpenStore> } {
  const store = memoryStore().open(time);
  return { kind: 'memory', embedded: true, store, open: () => store };
}

function tokens(access: string, more: Partial<TokenSet> = {}): TokenSet {
  return { accessToken: new Secret(access), expiresAt: 2_000_000, scope: ['openid'], ...more };
}

const ada = { provider: 'huawei', clientId: 'app-1', subject: 'ada' };
const adaRecord: RecordIdentity = { kind: 'user', ...ada };
const appRecord = { kind: 'app', provider: 'yuanzhibang', clientId: 'app-2' } as const;

function ring(...ids: string[]): string {
  return ids.map((id) => generateKey(id, randomness).reveal()).join(',');
}

describe('Vault', () => {
  let engine: ReturnType<typeof lastingEngine>;
  let keys: string;
  let vault: Vault;
  const open = (encryptionKeys: string, lookupKey?: string) =>
    Vault.open({
      engine,
      keys: KeyRing.parse({ encryptionKeys, lookupKey }),
      clock,
      timers: { monotonic: clock.now },
      randomness,
    });

  beforeEach(async () => {
    engine = lastingEngine();
    keys = ring('k1');
    vault = await open(keys);
  });

  it('gives back what a login saved, to the last field', async () => {
    const saved = tokens('at', {
      tokenType: 'Bearer',
      refreshToken: new Secret('rt'),
      refreshExpiresAt: 3_000_000,
      idToken: new Secret('id'),
    });
    const { key, generation } = await vault.saveLogin({ ...ada, tokens: saved, renewsAt: 1_900_000 });
    expect(await vault.load(adaRecord)).toStrictEqual({
      identity: adaRecord,
      owner: undefined,
      tokens: saved,
      key,
      generation,
      state: 'fresh',
      cause: null,
      dueAt: 1_900_000,
      failures: 0,
      refusals: 0,
      refusedSince: null,
      leasedUntil: null,
      inSpending: false,
    });
  });

  it('draws a new generation at each login', async () => {
    const first = await vault.saveLogin({ ...ada, tokens: tokens('one') });
    const second = await vault.saveLogin({ ...ada, tokens: tokens('two') });
    expect(second.key).toEqual(first.key);
    expect(second.generation).not.toEqual(first.generation);
    expect((await vault.load(adaRecord))?.tokens.accessToken.reveal()).toBe('two');
  });

  it('keeps tokens of the client itself apart from those of users', async () => {
    await vault.saveFirst(vault.prepareFirst(appRecord, tokens('server token')));
    expect((await vault.load(appRecord))?.tokens.accessToken.reveal()).toBe('server token');
    expect(await vault.load({ ...appRecord, kind: 'ticket' })).toBeUndefined();
    expect(await vault.load({ ...appRecord, type: 'other' })).toBeUndefined();
  });

  it('saves a renewal over the generation it spent, as often as it is repeated', async () => {
    await vault.saveLogin({ ...ada, owner: 'user 7', tokens: tokens('one') });
    const before = (await vault.load(adaRecord))!;
    const renewal = vault.prepareRenewal(before, tokens('two'), 1_500_000);
    expect(await vault.saveRenewal(renewal)).toEqual({ saved: true });
    expect(await vault.saveRenewal(renewal)).toEqual({ saved: true });
    const after = (await vault.load(adaRecord))!;
    expect(after).toMatchObject({
      owner: 'user 7',
      dueAt: 1_500_000,
      generation: renewal.write.generation,
    });
    expect(after.tokens.accessToken.reveal()).toBe('two');
  });

  it('refuses a renewal that comes home after another save, and says what is there now', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('one') });
    const before = (await vault.load(adaRecord))!;
    await vault.saveLogin({ ...ada, tokens: tokens('login') });
    const outcome = await vault.saveRenewal(vault.prepareRenewal(before, tokens('late')));
    expect(outcome).toMatchObject({ saved: false, current: { identity: adaRecord } });
    expect((await vault.load(adaRecord))?.tokens.accessToken.reveal()).toBe('login');
  });

  it('refuses a renewal that comes home after a removal', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('one') });
    const before = (await vault.load(adaRecord))!;
    await vault.remove(adaRecord);
    const outcome = await vault.saveRenewal(vault.prepareRenewal(before, tokens('late')));
    expect(outcome).toEqual({ saved: false, current: undefined });
    expect(await vault.load(adaRecord)).toBeUndefined();
  });

  it('lists the records of one owner over all providers, page by page', async () => {
    for (const provider of ['huawei', 'wps', 'anyweb']) {
      await vault.saveLogin({ ...ada, provider, owner: 'user 7', tokens: tokens(provider) });
    }
    await vault.saveLogin({ ...ada, provider: 'oidc', owner: 'user 8', tokens: tokens('other') });
    const first = await vault.list('user 7', 2);
    const second = await vault.list('user 7', 2, first.next);
    const providers = [...first.records, ...second.records].map((record) => record.identity.provider);
    expect(first.records).toHaveLength(2);
    expect(second.next).toBeUndefined();
    expect(providers.sort()).toEqual(['anyweb', 'huawei', 'wps']);
  });

  it('lists a login without an owner under who signed in', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('one') });
    expect((await vault.list(ada)).records).toHaveLength(1);
    expect((await vault.list({ ...ada, clientId: 'app-9' })).records).toHaveLength(0);
  });

  it('refuses a row that was moved under another key or owner', async () => {
    const { tokens: rows } = await engine.store;
    await vault.saveLogin({ ...ada, owner: 'user 7', tokens: tokens('one') });
    const stored = (await rows.get(vault.hasher.recordKey(adaRecord)))!;
    const eve: RecordIdentity = { ...adaRecord, subject: 'eve' };
    const forged = { ...stored, owner: null, writeId: randomBytes(12), key: vault.hasher.recordKey(eve) };
    await rows.replace(forged);
    await expect(vault.load(eve)).rejects.toMatchObject({ name: 'SealError', failure: 'forged' });
    await rows.replace({ ...stored, writeId: randomBytes(12), owner: vault.hasher.hash('owner', 'user 8') });
    await expect(vault.list('user 8')).rejects.toMatchObject({ failure: 'mismatch' });
  });

  it('refuses an older generation that was put back under a newer fence', async () => {
    const { tokens: rows } = await engine.store;
    await vault.saveLogin({ ...ada, tokens: tokens('old') });
    const old = (await rows.get(vault.hasher.recordKey(adaRecord)))!;
    const { generation } = await vault.saveLogin({ ...ada, tokens: tokens('new') });
    await rows.replace({ ...old, owner: null, generation, writeId: randomBytes(12) });
    await expect(vault.load(adaRecord)).rejects.toBeInstanceOf(SealError);
  });

  it('spends a mark once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => vault.spend('state-1', minute)));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await vault.spend('state-2', minute)).toBe(true);
  });

  it('keeps finding and opening everything while the ring rotates', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('one') });
    const both = await open(`${ring('k2')},${keys}`);
    expect((await both.load(adaRecord))?.tokens.accessToken.reveal()).toBe('one');
  });

  it('does not start with another lookup key, and says which setting it is', async () => {
    await expect(open(ring('k2'))).rejects.toThrow(/OAUTH_LOOKUP_KEY.* is not the one/);
    await expect(open(keys, randomBytes(32).toString('base64'))).rejects.toThrow(/OAUTH_LOOKUP_KEY/);
  });

  it('lets the oldest key go once its lookup key is set by itself', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('one') });
    const lookupKey = KeyRing.parse({ encryptionKeys: keys }).exportLookupKey().reveal();
    const later = await open(ring('k2'), lookupKey);
    await expect(later.load(adaRecord)).rejects.toMatchObject({ failure: 'unknown_key', keyId: 'k1' });
  });

  it('shows no secret when it or what it gives is printed', async () => {
    await vault.saveLogin({ ...ada, tokens: tokens('canary-at', { refreshToken: new Secret('canary-rt') }) });
    const record = await vault.load(adaRecord);
    const printed = [vault, record].map(
      (value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value),
    );
    expect(printed.join()).not.toMatch(/canary/);
    const [, master = ''] = keys.split(':');
    expect(printed.join()).not.toContain(master);
  });
});

describe('Vault.directory', () => {
  it('creates an entry for exactly one of those who try, and tells the time they share', async () => {
    const keys = KeyRing.parse({ encryptionKeys: ring('k1') });
    const vault = await Vault.open({
      engine: memoryStore(),
      keys,
      clock,
      timers: { monotonic: clock.now },
      randomness,
    });
    const tries = ['one', 'two', 'three'].map((value) => vault.directory.putIfAbsent('ada', value, null));
    expect(await Promise.all(tries)).toEqual([true, false, false]);
    expect(await vault.directory.get('ada')).toBe('one');
    expect(await vault.directory.get('eve')).toBeUndefined();
    await vault.directory.delete('ada');
    expect(await vault.directory.get('ada')).toBeUndefined();
    expect(vault.clock.now()).toBe(1_000_000);
  });
});

describe('Vault.sessions', () => {
  it('keeps sessions until they expire or are destroyed', async () => {
    let now = 1_000;
    const vault = await Vault.open({
      engine: memoryStore(),
      keys: KeyRing.parse({ encryptionKeys: ring('k1') }),
      clock: { now: () => now },
      timers: { monotonic: () => now },
      randomness,
    });
    await vault.sessions.set('sid', { user: 'ada' }, 2_000);
    expect(await vault.sessions.get('sid')).toEqual({ user: 'ada' });
    await vault.sessions.touch('sid', 3_000);
    now = 2_500;
    expect(await vault.sessions.get('sid')).toEqual({ user: 'ada' });
    now = 3_000;
    expect(await vault.sessions.get('sid')).toBeUndefined();
    await vault.sessions.touch('sid', 9_000);
    expect(await vault.sessions.get('sid')).toBeUndefined();
    await vault.sessions.set('sid', {}, 9_000);
    await vault.sessions.destroy('sid');
    expect(await vault.sessions.get('sid')).toBeUndefined();
  });

  it('does not open a session under another id, nor as something else', async () => {
    const engine = lastingEngine();
    const keys = KeyRing.parse({ encryptionKeys: ring('k1') });
    const vault = await Vault.open({ engine, keys, clock, timers: { monotonic: clock.now }, randomness });
    const { blobs } = await engine.store;
    await vault.sessions.set('ada', { user: 'ada' }, 9_000_000);
    const sealed = (await blobs.get('session', vault.hasher.hash('session', 'ada')))!;
    await blobs.put('session', vault.hasher.hash('session', 'eve'), sealed, null);
    await blobs.put('directory', vault.hasher.hash('directory', 'ada'), sealed, null);
    await expect(vault.sessions.get('eve')).rejects.toMatchObject({ failure: 'forged' });
    await expect(vault.directory.get('ada')).rejects.toMatchObject({ failure: 'forged' });
  });

  it('sweeps expired sessions while others are written', async () => {
    let now = 1_000;
    const engine = lastingEngine({ now: () => now });
    const keys = KeyRing.parse({ encryptionKeys: ring('k1') });
    const vault = await Vault.open({ engine, keys, clock, timers: { monotonic: clock.now }, randomness });
    for (let i = 0; i < 30; i += 1) await vault.sessions.set(`short ${i}`, {}, 2_000);
    now = 3_000;
    for (let i = 0; i < 64; i += 1) await vault.sessions.set('lasting', {}, 9_000);
    expect(await (await engine.store).blobs.sweep(100)).toBe(0);
    expect(await vault.sessions.get('lasting')).toEqual({});
  });
});
