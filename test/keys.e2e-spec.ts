import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, KeyRing, Secret, sqliteStore, Vault } from 'nestjs-oauth-providers';

const records = 120;
const script = join(process.cwd(), 'tools', 'keys.mjs');
const randomness = { bytes: (size: number) => randomBytes(size) };
const expiresAt = Date.parse('2100-01-01T00:00:00Z');
const user = (n: number) => ({ provider: 'wps', clientId: 'app', subject: `user ${n}` });
const numbers = Array.from({ length: records }, (_, n) => n);

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Rotating the key ring of a store that is in use, with the commands as an operator types them. Needs the build. */
describe('npm run keys', () => {
  let folder: string;
  let file: string;
  let first: string;
  let vaults: Vault[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
    file = join(folder, 'sample.db');
    first = generateKey('k1', randomness).reveal();
    vaults = [];
  });
  afterEach(async () => {
    await Promise.all(vaults.map((vault) => vault.close()));
    await rm(folder, { recursive: true });
  });

  async function keys(command: string, env: Readonly<Record<string, string>>): Promise<Run> {
    // From a folder of its own, so that nobody's .env is read.
    const child = spawn(process.execPath, [script, ...command.split(' ')], {
      cwd: folder,
      env: { PATH: process.env['PATH'], DATA_DIR: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    const values = Object.fromEntries([...out.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, k, v]) => [k, v]));
    return { code, out, err, values };
  }

  async function open(encryptionKeys: string, lookupKey?: string): Promise<Vault> {
    const vault = await Vault.open({
      engine: sqliteStore({ file }),
      keys: KeyRing.parse({ encryptionKeys, lookupKey }),
      clock: { now: () => Date.parse('2026-05-01T08:00:00Z') },
      timers: { monotonic: () => 0 },
      randomness,
    });
    vaults.push(vault);
    return vault;
  }

  async function write(vault: Vault, n: number, text: string): Promise<void> {
    const accessToken = new Secret(`access ${n} ${text}`);
    await vault.saveLogin({ ...user(n), tokens: { accessToken, expiresAt, scope: [] } });
    await vault.sessions.set(`sid ${n}`, { text }, expiresAt);
    await vault.directory.put(`person ${n}`, text, null);
  }

  /** Everything about somebody, as it opens. */
  async function read(vault: Vault, n: number): Promise<unknown[]> {
    const record = await vault.load({ kind: 'user', ...user(n) });
    const session = await vault.sessions.get(`sid ${n}`);
    return [record?.tokens.accessToken.reveal(), session, await vault.directory.get(`person ${n}`)];
  }

  it('adds a key, promotes it, seals everything anew beside a writer and retires the old one', async () => {
    const old = await open(first);
    for (const n of numbers) await write(old, n, 'filled');
    const added = await keys('rotate add', { OAUTH_ENCRYPTION_KEYS: first });
    expect(added.code).toBe(0);
    const env = { ...added.values };
    expect(env).toEqual({ OAUTH_ENCRYPTION_KEYS: expect.any(String), OAUTH_LOOKUP_KEY: expect.any(String) });
    expect(env['OAUTH_ENCRYPTION_KEYS']?.startsWith(`${first},`)).toBe(true);
    const promoted = await keys('rotate promote', env);
    Object.assign(env, promoted.values);
    expect(env['OAUTH_ENCRYPTION_KEYS']?.endsWith(`,${first}`)).toBe(true);

    const live = await open(env['OAUTH_ENCRYPTION_KEYS'] ?? '', env['OAUTH_LOOKUP_KEY']);
    const resealing = keys('reseal', env);
    const end = { over: false };
    void resealing.finally(() => (end.over = true));
    const written = new Set<number>();
    for (let n = 0; !end.over; n = (n + 7) % records) {
      await write(live, n, 'written meanwhile');
      written.add(n);
    }
    const resealed = await resealing;
    expect(resealed).toMatchObject({ code: 0, err: '' });
    expect(resealed.out).toContain(`${3 * records} records seen`);

    const retired = await keys('retire', env);
    expect(retired.values['OAUTH_ENCRYPTION_KEYS']).not.toContain('k1:');
    const after = await open(retired.values['OAUTH_ENCRYPTION_KEYS'] ?? '', env['OAUTH_LOOKUP_KEY']);
    expect(written.size).toBeGreaterThan(0);
    for (const n of numbers) {
      const text = written.has(n) ? 'written meanwhile' : 'filled';
      expect(await read(after, n)).toEqual([`access ${n} ${text}`, { text }, text]);
    }
  });

  it('seals each record once, however often it is run, and prints no bar where nobody watches', async () => {
    const old = await open(first);
    for (const n of [1, 2, 3]) await write(old, n, 'filled');
    const lookup = KeyRing.parse({ encryptionKeys: first }).exportLookupKey().reveal();
    const ring = `${generateKey('k2', randomness).reveal()},${first}`;
    const env = { OAUTH_ENCRYPTION_KEYS: ring, OAUTH_LOOKUP_KEY: lookup };
    expect((await keys('reseal', env)).out).toContain('9 records seen, 9 sealed anew with "k2"');
    const again = await keys('reseal', { ...env, SQLITE_FILE: file, DATA_DIR: join(folder, 'none') });
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toContain('9 records seen, 0 sealed anew');
    expect(again.out).not.toContain('\r');
  });

  it('takes a demo’s own keys from its folder', async () => {
    await write(await open(first), 1, 'demo');
    await writeFile(join(folder, 'demo-secrets.json'), JSON.stringify({ encryptionKeys: first }));
    expect((await keys('reseal', {})).out).toContain('3 records seen, 0 sealed anew with "k1"');
  });

  it('says what does not open or is not there yet, leaves it, and does not call it done', async () => {
    await write(await open(first), 1, 'kept');
    const lookup = KeyRing.parse({ encryptionKeys: first }).exportLookupKey().reveal();
    const stranger = { OAUTH_ENCRYPTION_KEYS: generateKey('k9', randomness).reveal() };
    const broken = await keys('reseal', { ...stranger, OAUTH_LOOKUP_KEY: lookup });
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.err).toContain('3 records do not open');
    const spool = join(folder, 'unsaved-grants.json');
    await writeFile(spool, '[]');
    const waiting = await keys('reseal', { OAUTH_ENCRYPTION_KEYS: first });
    expect(waiting).toMatchObject({ code: 1 });
    expect(waiting.err).toContain('unsaved-grants.json');
    expect(await readFile(spool, 'utf8')).toBe('[]');
    expect(await read(await open(first), 1)).toEqual(['access 1 kept', { text: 'kept' }, 'kept']);
  });

  it('makes no store where there is none, and refuses another lookup key', async () => {
    const missing = await keys('reseal', { OAUTH_ENCRYPTION_KEYS: first });
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('SQLITE_FILE') });
    await write(await open(first), 1, 'kept');
    const other = await keys('reseal', { OAUTH_ENCRYPTION_KEYS: generateKey('k1', randomness).reveal() });
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('OAUTH_LOOKUP_KEY') });
    const redis = await keys('reseal', { OAUTH_ENCRYPTION_KEYS: first, OAUTH_STORE: 'memory' });
    expect(redis).toMatchObject({ code: 1, err: expect.stringContaining('OAUTH_STORE') });
  });
});
