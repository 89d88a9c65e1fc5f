import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createPlatformEmulator, type PlatformEmulator } from 'platform-emulator';
import { Browser } from './support/browser.js';
import { freePort } from './support/plain-app.js';
import { Program, type Settings } from './surface/program.js';
import { listens } from './surface/raw.js';

/** The variables that have a meaning today. */
const variables = [
  ...['NODE_ENV', 'HOST', 'PORT', 'PUBLIC_URL'],
  ...['HUAWEI_CLIENT_ID', 'HUAWEI_CLIENT_SECRET', 'WPS_CLIENT_ID', 'WPS_CLIENT_SECRET'],
  ...['ANYWEB_APP_ID', 'ANYWEB_SECRET', 'YUANZHIBANG_APP_ID', 'YUANZHIBANG_SECRET'],
  ...['HUAWEI_BASE_URL', 'WPS_BASE_URL', 'ANYWEB_BASE_URL', 'YUANZHIBANG_BASE_URL'],
  ...['HUAWEI_SCOPE', 'WPS_SCOPE', 'ANYWEB_SCOPE', 'ANYWEB_SDK_URL', 'YUANZHIBANG_SDK_URL'],
  ...['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
  ...['OAUTH_STORE', 'SQLITE_FILE', 'REDIS_URL', 'DATABASE_URL', 'DATA_DIR', 'CLUSTER_PROCESSES'],
  ...['OAUTH_ENCRYPTION_KEYS', 'OAUTH_LOOKUP_KEY', 'SESSION_SECRET', 'LOGIN_RATE_LIMIT'],
  ...['YUANZHIBANG_SIGN_ORIGINS', 'BROKER_KEY', 'REFRESH_ADVISORY_SECONDS', 'REFRESH_MANDATORY_SECONDS'],
  ...['REFRESH_TICK_MS', 'REFRESH_CONCURRENCY', 'EMULATOR_TOKEN_SECONDS'],
  ...['EMULATOR_PORT', 'EMULATOR_URL', 'EMULATOR_AUTO_APPROVE', 'EMULATOR_PORTS', 'EMULATOR_CLIENTS'],
];

/** The programs as they are started: from a shell, with an environment, in a folder. */
describe('the programs', () => {
  let folder: string;
  let running: Program[];
  let port: number;
  let site: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'programs-'));
    running = [];
    port = await freePort();
    site = `http://127.0.0.1:${port}`;
  });
  afterEach(async () => {
    await Promise.all(running.map((program) => program.stop()));
    await rm(folder, { recursive: true });
  });

  async function start(...parameters: Parameters<typeof Program.start>): Promise<Program> {
    const program = await Program.start(...parameters);
    running.push(program);
    return program;
  }

  const startSample = (settings: Settings = {}): Promise<Program> =>
    start('sample', { PORT: String(port), EMULATOR_URL: 'http://127.0.0.1:9', ...settings }, { folder });

  const modeOf = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o777;

  it('need no variable: the sample says where it is and keeps everything in data/, for its owner alone', async () => {
    const sample = await startSample();
    expect(sample.stdout).toBe(`sample ready at ${site}\n`);
    expect(await readdir(folder)).toEqual(['data']);
    const files = await readdir(join(folder, 'data'));
    expect(files).toEqual(expect.arrayContaining(['demo-secrets.json', 'sample.db']));
    for (const file of files) expect([file, await modeOf(`data/${file}`)]).toEqual([file, 0o600]);
    expect(await modeOf('data')).toBe(0o700);
    expect((await readFile('.gitignore', 'utf8')).split('\n')).toContain('data/');
    expect(await sample.stop('SIGINT')).toBe(0);
    expect(sample.stderr).toBe('');
  });

  it('listen on loopback unless HOST says otherwise, and never where nobody asked them to', async () => {
    await startSample();
    expect([await listens('127.0.0.1', port), await listens('127.0.0.2', port)]).toEqual([true, false]);
    const other = await freePort();
    const elsewhere = await startSample({ PORT: String(other), HOST: '127.0.0.2', DATA_DIR: 'other' });
    expect(elsewhere.stdout).toBe(`sample ready at http://127.0.0.1:${other}\n`);
    expect([await listens('127.0.0.1', other), await listens('127.0.0.2', other)]).toEqual([false, true]);
  });

  it('print the public URL, wherever they listen', async () => {
    const sample = await startSample({ PUBLIC_URL: 'https://app.example.com/' });
    expect(sample.stdout).toBe('sample ready at https://app.example.com\n');
  });

  it('keep the database where they are told to', async () => {
    await startSample({ SQLITE_FILE: 'kept/here.db', DATA_DIR: 'secrets' });
    expect(await readdir(join(folder, 'secrets'))).toEqual(['demo-secrets.json']);
    expect(await readdir(join(folder, 'kept'))).toContain('here.db');
  });

  it('make nothing up where everything is said, in production too', async () => {
    await startSample({
      NODE_ENV: 'production',
      OAUTH_STORE: 'memory',
      OAUTH_ENCRYPTION_KEYS: `k2:${Buffer.alloc(32, 2).toString('base64')}, k1:${Buffer.alloc(32, 1).toString('base64')}`,
      OAUTH_LOOKUP_KEY: Buffer.alloc(32, 3).toString('base64'),
      SESSION_SECRET: 'a secret of sixteen characters or more',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('read .env, which the environment overrules, and take what is empty for unset', async () => {
    await writeFile(join(folder, '.env'), `PORT=1\nPUBLIC_URL=https://from-file.example\nOAUTH_STORE=\n`);
    const sample = await startSample({ DATA_DIR: '', WPS_CLIENT_ID: '' });
    expect(sample.stdout).toBe('sample ready at https://from-file.example\n');
    expect(await listens('127.0.0.1', port)).toBe(true);
    expect(await readdir(join(folder, 'data'))).toContain('sample.db');
  });

  it('start with .env.example as it is, which names every variable once', async () => {
    const lines = (await readFile('.env.example', 'utf8')).split('\n');
    const named = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect([...named].sort()).toEqual([...variables].sort());
    await copyFile('.env.example', join(folder, '.env'));
    expect((await startSample()).stdout).toBe(`sample ready at ${site}\n`);
  });

  it.each(['sqlite', 'memory'])(
    'know a visitor after a restart exactly when the store is %s',
    async (store) => {
      const emulator: PlatformEmulator = await createPlatformEmulator();
      try {
        const settings = { OAUTH_STORE: store, EMULATOR_URL: emulator.url };
        const first = await startSample(settings);
        const browser = new Browser({ accept: 'application/json' });
        const begun = await browser.visit(`${site}/auth/anyweb/attempts`, { json: {} });
        const { state } = JSON.parse(begun.text) as { state: string };
        const json = { state, code: emulator.issueCode('anyweb') };
        expect((await browser.visit(`${site}/auth/anyweb/callback`, { json })).status).toBe(200);
        expect(await first.stop()).toBe(0);
        await startSample(settings);
        expect((await browser.visit(`${site}/api/me`)).status).toBe(store === 'sqlite' ? 200 : 401);
      } finally {
        await emulator.close();
      }
    },
  );

  it('are called by the scripts of the package', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Settings };
    expect(scripts).toMatchObject({
      'start:sample': 'node dist/apps/sample/main.js',
      'start:emulator': 'node dist/apps/emulator/main.js',
      start: 'node tools/start.mjs',
    });
  });

  it('run together, and stop together at Ctrl-C', async () => {
    const emulatorPort = await freePort();
    const settings = { PORT: String(port), EMULATOR_PORT: String(emulatorPort), DATA_DIR: folder };
    const words = ['sample ready at ', 'emulator ready at '];
    const both = await start('start', settings, { words });
    expect(both.stdout.split('\n').sort()).toEqual([
      '',
      `emulator ready at http://127.0.0.1:${emulatorPort}`,
      `sample ready at ${site}`,
    ]);
    const browser = new Browser();
    expect((await browser.visit(`${site}/auth/wps`)).headers.get('location')).toContain(`:${emulatorPort}/`);
    expect(await both.stop('SIGINT')).toBe(0);
    expect([await listens('127.0.0.1', port), await listens('127.0.0.1', emulatorPort)]).toEqual([
      false,
      false,
    ]);
  });

  it.each([
    ['there is one already', { EMULATOR_URL: 'http://127.0.0.1:9' }],
    [
      'every platform is elsewhere',
      Object.fromEntries(
        ['HUAWEI', 'WPS', 'ANYWEB', 'YUANZHIBANG'].map((name) => [`${name}_BASE_URL`, 'http://127.0.0.1:9']),
      ),
    ],
  ])('start no emulator when %s', async (_why, settings) => {
    const emulatorPort = await freePort();
    const ports = { PORT: String(port), EMULATOR_PORT: String(emulatorPort), DATA_DIR: folder };
    const alone = await start('start', { ...ports, ...settings }, { words: ['sample ready at '] });
    expect(alone.stdout).toBe(`sample ready at ${site}\n`);
    expect(await listens('127.0.0.1', emulatorPort)).toBe(false);
  });

  it('load .env once for both', async () => {
    const emulatorPort = await freePort();
    await writeFile(join(folder, '.env'), `PORT=${port}\nEMULATOR_PORT=${emulatorPort}\n`);
    const both = await start('start', {}, { folder, words: ['sample ready at ', 'emulator ready at '] });
    expect(both.stdout).toContain(`emulator ready at http://127.0.0.1:${emulatorPort}\n`);
    expect(await readdir(resolve(folder, 'data'))).toContain('sample.db');
  });
});
