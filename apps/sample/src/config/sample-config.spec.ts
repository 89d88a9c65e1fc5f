import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { readConfig } from './sample-config.js';

const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const secret = 'a session secret of its own';

describe('the configuration', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sample-config-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const read = (env: NodeJS.ProcessEnv) => readConfig({ DATA_DIR: join(folder, 'data'), ...env });

  async function sentenceFor(env: NodeJS.ProcessEnv): Promise<string> {
    const error: unknown = await read(env).catch((reason: unknown) => reason);
    return error instanceof ConfigError ? error.message : '(no complaint)';
  }

  it('reaches browsers at the address it listens on, unless told otherwise', async () => {
    expect((await read({ PORT: '3456' })).publicUrl.origin).toBe('http://127.0.0.1:3456');
    expect((await read({ PUBLIC_URL: 'https://a.example' })).publicUrl.secure).toBe(true);
  });

  it('makes up secrets once, for nobody else to read', async () => {
    const first = await read({});
    const again = await read({});
    expect(again).toMatchObject({
      encryptionKeys: first.encryptionKeys,
      sessionSecret: first.sessionSecret,
    });
    const { mode } = await stat(join(folder, 'data', 'demo-secrets.json'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('makes up the same secrets for all who start at once', async () => {
    const configs = await Promise.all(Array.from({ length: 8 }, () => read({})));
    expect(new Set(configs.map(({ encryptionKeys }) => encryptionKeys)).size).toBe(1);
    expect(await readdir(join(folder, 'data'))).toEqual(['demo-secrets.json']);
  });

  it('makes nothing up where everything is said', async () => {
    const config = await read({ OAUTH_ENCRYPTION_KEYS: key, SESSION_SECRET: secret });
    expect(config).toMatchObject({ encryptionKeys: key, sessionSecret: secret });
    await expect(readdir(join(folder, 'data'))).rejects.toThrow('ENOENT');
  });

  it('takes one secret from the environment and makes up the other', async () => {
    const config = await read({ SESSION_SECRET: secret });
    expect(config.sessionSecret).toBe(secret);
    expect(config.encryptionKeys).toMatch(/^demo:/);
  });

  it('wants its secrets said in production', async () => {
    expect(await sentenceFor({ NODE_ENV: 'production' })).toMatch(
      /^OAUTH_ENCRYPTION_KEYS is required with NODE_ENV=production: /,
    );
    expect(await sentenceFor({ NODE_ENV: 'production', OAUTH_ENCRYPTION_KEYS: key })).toMatch(
      /^SESSION_SECRET is required with NODE_ENV=production: /,
    );
  });

  it('refuses keys that are too short or no keys, without showing them', async () => {
    const short = Buffer.alloc(8, 7).toString('base64');
    expect(await sentenceFor({ OAUTH_ENCRYPTION_KEYS: `k1:${short}` })).toMatch(
      /OAUTH_ENCRYPTION_KEYS.* 8 bytes long.* must be exactly 32/,
    );
    expect(await sentenceFor({ OAUTH_ENCRYPTION_KEYS: 'hunter2' })).not.toContain('hunter2');
    expect(await sentenceFor({ OAUTH_LOOKUP_KEY: short })).toMatch(/OAUTH_LOOKUP_KEY/);
  });

  it('never overwrites a file of secrets that it cannot read', async () => {
    await read({});
    const file = join(folder, 'data', 'demo-secrets.json');
    await writeFile(file, 'half a fi');
    expect(await sentenceFor({})).toMatch(/^DATA_DIR holds .* which is damaged: /);
    expect(await readFile(file, 'utf8')).toBe('half a fi');
  });

  it('says which folder it cannot use', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await sentenceFor({ DATA_DIR: join(folder, 'file') })).toMatch(
      /^DATA_DIR cannot hold the demo's secrets \(\w+\): make .* writable or set another folder\.$/,
    );
  });

  it('keeps everything in one file, in memory, or where it is told', async () => {
    expect((await read({})).store.kind).toBe('sqlite');
    expect((await read({ OAUTH_STORE: 'memory' })).store.kind).toBe('memory');
  });
});
