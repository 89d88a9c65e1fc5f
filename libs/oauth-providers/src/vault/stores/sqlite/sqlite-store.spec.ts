import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OAuthConfigurationError } from '../../../core/errors.js';
import { Secret } from '../../../core/secret.js';
import { generateKey, KeyRing } from '../../key-ring.js';
import { type OpenStore } from '../../store-engine.port.js';
import { Vault } from '../../vault.js';
import { describeLastingStoreContract, describeStoreContract, type StoreSubject } from '../store-contract.js';
import { loadDriver } from './driver.js';
import { sqliteStore } from './sqlite-store.js';

const clock = { now: () => 1_700_000_000_000 };

async function makeSubject(file?: string): Promise<StoreSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-'));
  const opened: OpenStore[] = [];
  let now = 1_700_000_000_000;
  return {
    async open() {
      const store = await sqliteStore({ file: file ?? join(folder, 'new', 'tokens.db') }).open({
        now: () => now,
      });
      opened.push(store);
      return store;
    },
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
      await rm(folder, { recursive: true });
    },
  };
}

describeStoreContract('sqliteStore', () => makeSubject());
describeStoreContract('sqliteStore in memory', () => makeSubject(':memory:'));
describeLastingStoreContract('sqliteStore', () => makeSubject());

describe('sqliteStore', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-'));
    file = join(folder, 'deep', 'er', 'tokens.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes files that only their owner can read', async () => {
    const store = await sqliteStore({ file }).open(clock);
    await store.marks.spendOnce(randomBytes(32), 1_000);
    const names = await readdir(join(folder, 'deep', 'er'));
    expect(names.sort()).toEqual(['tokens.db', 'tokens.db-shm', 'tokens.db-wal']);
    for (const name of names) {
      expect((await stat(join(folder, 'deep', 'er', name))).mode & 0o777).toBe(0o600);
    }
    await store.close();
  });

  it('takes the log into the file when it closes, so that the file alone is a backup', async () => {
    const store = await sqliteStore({ file }).open(clock);
    await store.blobs.put('a', Buffer.from('key'), Buffer.from('value'), null);
    await store.close();
    const copy = join(folder, 'copy.db');
    await writeFile(copy, await readFile(file));
    const again = await sqliteStore({ file: copy }).open(clock);
    expect(await again.blobs.get('a', Buffer.from('key'))).toEqual(Buffer.from('value'));
    await again.close();
  });

  it('says in a sentence what keeps it from opening', async () => {
    await writeFile(join(folder, 'plain'), 'no database at all, but longer than its header'.repeat(9));
    const refuse = async (bad: string) => {
      await expect(sqliteStore({ file: bad }).open(clock)).rejects.toBeInstanceOf(OAuthConfigurationError);
      await expect(sqliteStore({ file: bad }).open(clock)).rejects.toThrow(`cannot open the file ${bad}`);
    };
    await refuse(join(folder, 'plain'));
    await refuse(join(folder, 'plain', 'under-a-file.db'));
    const { mode } = await stat(folder);
    await expect(sqliteStore({ file: folder }).open(clock)).rejects.toThrow(`${folder} is a directory`);
    // Nothing has happened to it.
    expect((await stat(folder)).mode).toBe(mode);
  });

  it('names the package that is missing', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    await expect(loadDriver(load)).rejects.toThrow(/needs the package "libsql".*npm install libsql/);
  });

  it('refuses a file of a newer version', async () => {
    const Driver = await loadDriver();
    await (await sqliteStore({ file }).open(clock)).close();
    const db = new Driver(file, { timeout: 0 });
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(sqliteStore({ file }).open(clock)).rejects.toThrow(/newer version of this library.*99/);
  });

  it('holds nothing in clear that says who somebody is or lets one act for them', async () => {
    const randomness = { bytes: (size: number) => randomBytes(size) };
    const key = generateKey('k1', randomness).reveal();
    const keys = KeyRing.parse({ encryptionKeys: key });
    const vault = await Vault.open({
      engine: sqliteStore({ file }),
      keys,
      clock,
      timers: { monotonic: clock.now },
      randomness,
    });
    const canary = (name: string) => `canary-${name}-4f2a`;
    const expiresAt = 1_712_345_678_901;
    await vault.saveLogin({
      provider: canary('provider'),
      clientId: canary('client'),
      subject: canary('subject'),
      tenant: canary('tenant'),
      owner: canary('owner'),
      tokens: {
        accessToken: new Secret(canary('access')),
        refreshToken: new Secret(canary('refresh')),
        idToken: new Secret(canary('id')),
        expiresAt,
        refreshExpiresAt: expiresAt,
        scope: [canary('scope')],
      },
    });
    await vault.spend(canary('state'), 60_000);
    await vault.sessions.set(canary('sid'), { user: canary('session') }, expiresAt + 1);
    await vault.directory.put(canary('user'), canary('profile'), null);
    const folderOfFile = join(folder, 'deep', 'er');
    const dump = async () =>
      Buffer.concat(
        await Promise.all((await readdir(folderOfFile)).map((name) => readFile(join(folderOfFile, name)))),
      );
    const stamp = Buffer.alloc(8);
    stamp.writeBigInt64BE(BigInt(expiresAt));
    for (const bytes of [await dump(), await vault.close().then(dump)]) {
      expect(bytes.length).toBeGreaterThan(10_000);
      for (const encoding of ['latin1', 'utf16le'] as const) {
        expect(bytes.includes(Buffer.from('canary', encoding))).toBe(false);
      }
      expect(bytes.includes(Buffer.from('canary').toString('base64'))).toBe(false);
      expect(bytes.includes(stamp.subarray(2))).toBe(false);
      expect(bytes.includes(Buffer.from(key.split(':')[1] ?? '', 'base64'))).toBe(false);
    }
  });
});
