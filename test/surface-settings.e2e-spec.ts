import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { createSampleApp } from '../apps/sample/src/app.js';
import { reasonOf } from '../apps/sample/src/start/reason.js';
import { Program, type ProgramName, type Settings } from './surface/program.js';

/** Stands for something secret in the wrong place. */
const secret = 'hunter2-hunter2-hunter2';
const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

const port = 'must be a port number from 1 to 65535';
const origin = 'must be an origin such as https://example.com, without a path or query';
const secure = 'must begin with https:// unless it is on this machine';
const address = 'must be an absolute URL such as https://example.com/sdk.js';
const scopes = 'must be scopes separated by blanks or commas';
const count = 'must be a whole number of at least';
const length = 'must be at least 16 characters long';
const stores = 'sqlite or memory';
const inside = 'set it to a public https address, or to one of this machine';
const keys = 'npm run keys';

/** Settings, the variable that is to be blamed, and the fix that is to be named. */
type Wrong = readonly [Settings, string, string];

const platforms: readonly (readonly [string, string])[] = [
  ['HUAWEI_CLIENT_ID', 'HUAWEI_CLIENT_SECRET'],
  ['WPS_CLIENT_ID', 'WPS_CLIENT_SECRET'],
  ['ANYWEB_APP_ID', 'ANYWEB_SECRET'],
  ['YUANZHIBANG_APP_ID', 'YUANZHIBANG_SECRET'],
];

const ofTheSample: readonly Wrong[] = [
  ...platforms.flatMap(([id, other]): Wrong[] => [
    [{ [id]: secret }, other, `set ${id} and ${other}, or none of them`],
    [{ [other]: secret, [id]: ' ' }, id, `set ${id} and ${other}, or none of them`],
  ]),
  ...['HUAWEI', 'WPS', 'ANYWEB', 'YUANZHIBANG'].map((name): Wrong => [
    { [`${name}_BASE_URL`]: `https://${secret}/v1` },
    `${name}_BASE_URL`,
    origin,
  ]),
  [{ PORT: secret }, 'PORT', port],
  [{ PUBLIC_URL: secret }, 'PUBLIC_URL', origin],
  [{ WPS_BASE_URL: 'http://example.com' }, 'WPS_BASE_URL', secure],
  [{ WPS_BASE_URL: `https://me:${secret}@example.com` }, 'WPS_BASE_URL', origin],
  [{ HUAWEI_BASE_URL: 'https://10.0.0.1' }, 'HUAWEI_BASE_URL', inside],
  [{ EMULATOR_URL: 'http://example.com' }, 'EMULATOR_URL', secure],
  [{ EMULATOR_PORT: secret }, 'EMULATOR_PORT', port],
  [{ HUAWEI_SCOPE: ' , ' }, 'HUAWEI_SCOPE', scopes],
  [{ WPS_SCOPE: `"${secret}"` }, 'WPS_SCOPE', scopes],
  [{ ANYWEB_SCOPE: '作用域' }, 'ANYWEB_SCOPE', scopes],
  [{ OIDC_CLIENT_SECRET: secret }, 'OIDC_ISSUER', 'or none of them'],
  [{ OIDC_ISSUER: secret }, 'OIDC_ISSUER', 'must be a URL such as https://sso.example.com'],
  [
    { OIDC_ISSUER: 'https://10.0.0.1', OIDC_CLIENT_ID: 'me', OIDC_CLIENT_SECRET: secret },
    'OIDC_ISSUER',
    inside,
  ],
  [{ ANYWEB_SDK_URL: secret }, 'ANYWEB_SDK_URL', address],
  [{ YUANZHIBANG_SDK_URL: 'javascript:alert(1)' }, 'YUANZHIBANG_SDK_URL', address],
  [{ YUANZHIBANG_SIGN_ORIGINS: `https://${secret}/x` }, 'YUANZHIBANG_SIGN_ORIGINS', origin],
  [{ OAUTH_STORE: secret }, 'OAUTH_STORE', stores],
  [{ OAUTH_ENCRYPTION_KEYS: secret }, 'OAUTH_ENCRYPTION_KEYS', keys],
  [{ OAUTH_ENCRYPTION_KEYS: `k1:${secret}` }, 'OAUTH_ENCRYPTION_KEYS', keys],
  [{ OAUTH_ENCRYPTION_KEYS: `${key},${key}` }, 'OAUTH_ENCRYPTION_KEYS', 'give each key an id of its own'],
  [{ OAUTH_LOOKUP_KEY: secret }, 'OAUTH_LOOKUP_KEY', keys],
  [{ SESSION_SECRET: 'hunter2' }, 'SESSION_SECRET', length],
  [{ BROKER_KEY: 'hunter2' }, 'BROKER_KEY', length],
  [{ LOGIN_RATE_LIMIT: secret }, 'LOGIN_RATE_LIMIT', count],
  [{ REFRESH_ADVISORY_SECONDS: secret }, 'REFRESH_ADVISORY_SECONDS', count],
  [{ REFRESH_MANDATORY_SECONDS: '1.5' }, 'REFRESH_MANDATORY_SECONDS', count],
  [{ REFRESH_TICK_MS: '0' }, 'REFRESH_TICK_MS', count],
  [{ REFRESH_CONCURRENCY: '0' }, 'REFRESH_CONCURRENCY', count],
  [{ NODE_ENV: 'production' }, 'OAUTH_ENCRYPTION_KEYS', 'openssl rand -base64 32'],
  [
    { NODE_ENV: 'production', OAUTH_ENCRYPTION_KEYS: key },
    'SESSION_SECRET',
    'set it to a random text (openssl rand -base64 32)',
  ],
];

/** One of each kind, seen from the shell. */
const ofTheProcess: readonly Wrong[] = [
  ...ofTheSample.filter(([settings]) =>
    ['PORT', 'WPS_CLIENT_ID', 'OAUTH_STORE', 'OAUTH_ENCRYPTION_KEYS', 'NODE_ENV'].includes(
      Object.keys(settings).join(),
    ),
  ),
  [{ HOST: 'no such host' }, 'HOST', 'set HOST to an address of this machine'],
  [{ HOST: '192.0.2.1' }, 'HOST', 'set HOST to one that is'],
];

const ofTheEmulator: readonly Wrong[] = [
  [{ EMULATOR_PORT: '65536' }, 'EMULATOR_PORT', 'set it to a port number'],
  [{ EMULATOR_PORTS: 'wps' }, 'EMULATOR_PORTS', 'write entries like huawei:4001,wps:4002'],
  [{ EMULATOR_PORTS: 'nobody:4001' }, 'EMULATOR_PORTS', 'write entries like huawei:4001,wps:4002'],
  [{ EMULATOR_PORTS: 'wps:4001,huawei:4001' }, 'EMULATOR_PORTS', 'name every platform and every port once'],
  [{ EMULATOR_TOKEN_SECONDS: '0' }, 'EMULATOR_TOKEN_SECONDS', 'set it to a whole number of seconds'],
  [{ EMULATOR_AUTO_APPROVE: 'maybe' }, 'EMULATOR_AUTO_APPROVE', 'set it to 1 or leave it unset'],
  [{ EMULATOR_CLIENTS: `wps:${secret}` }, 'EMULATOR_CLIENTS', 'write entries like'],
  [{ EMULATOR_CLIENTS: `huawei:abc:${secret}` }, 'EMULATOR_CLIENTS', 'use digits only'],
];

describe('a wrong setting', () => {
  let folder: string;
  let server: Server;
  let taken: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-'));
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    taken = String((server.address() as AddressInfo).port);
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  function expectOneSentence(said: string, variable: string, fix: string): void {
    expect(said).toContain(fix);
    expect(said).toMatch(new RegExp(`\\b${variable}\\b`));
    expect(said).toMatch(/^[^\n]+\.\n$/);
    expect(said).not.toContain('hunter2');
  }

  async function expectSentence(
    program: ProgramName,
    settings: Settings,
    variable: string,
    fix: string,
  ): Promise<void> {
    const defaults: Settings = program === 'sample' ? { DATA_DIR: join(folder, 'data') } : {};
    const { code, stdout, stderr } = await Program.run(program, { ...defaults, ...settings }, folder);
    expect(stdout).not.toContain('ready at');
    expectOneSentence(stderr, variable, fix);
    expect(code).toBe(1);
  }

  it.each(ofTheSample)('of the sample: %j blames %s and says %j', async (settings, variable, fix) => {
    const started = createSampleApp({ DATA_DIR: join(folder, 'data'), ...settings }, folder);
    const reason = await started.then((app) => app.close().then(() => 'it has started'), reasonOf);
    expectOneSentence(`${reason}\n`, variable, fix);
  });

  it.each(ofTheProcess)('is one line and exit code 1: %j blames %s and says %j', (settings, variable, fix) =>
    expectSentence('sample', settings, variable, fix),
  );

  it.each(ofTheEmulator)(
    'of the emulator is one sentence: %j blames %s and says %j',
    (settings, variable, fix) => expectSentence('emulator', settings, variable, fix),
  );

  it('is a port that is taken, and no other is used', async () => {
    await expectSentence('sample', { PORT: taken, EMULATOR_PORT: '1' }, 'PORT', 'set PORT to a free port');
    await expectSentence('emulator', { EMULATOR_PORT: taken }, 'EMULATOR_PORT', 'choose another port');
    await expectSentence(
      'emulator',
      { EMULATOR_PORT: '0', EMULATOR_PORTS: `wps:${taken}` },
      'EMULATOR_PORTS',
      'choose another port',
    );
  });

  it('is a place where nothing can be kept', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'this is no database, and no folder either');
    await mkdir(join(folder, 'empty'), { recursive: true });
    await expectSentence('sample', { DATA_DIR: file }, 'DATA_DIR', 'set another folder');
    await expectSentence('sample', { SQLITE_FILE: file }, 'SQLITE_FILE', 'file is not a database');
    await expectSentence('sample', { SQLITE_FILE: join(folder, 'empty') }, 'SQLITE_FILE', 'directory');
    await expectSentence('sample', { SQLITE_FILE: join(file, 'x.db') }, 'SQLITE_FILE', 'cannot be used');
  });

  it('ends npm start in the same way, before anything is started', async () => {
    const settings = { PORT: secret, DATA_DIR: join(folder, 'data') };
    const { code, stdout, stderr } = await Program.run('start', settings, folder);
    expect([code, stdout, stderr]).toEqual([1, '', `PORT ${port}.\n`]);
  });
});
