import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { readEnvironment } from './environment.js';
import { secretsOf } from './secrets.js';
import { chooseStore } from './store-choice.js';
import { storeUrls } from './store-urls.js';

const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const other = `k2:${Buffer.alloc(32, 8).toString('base64')}`;
const example = {
  redis: 'redis://127.0.0.1:6379',
  postgres: 'postgres://user:password@127.0.0.1:5432/tokens',
};

describe('a store that processes share', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shared-store-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const environment = (env: NodeJS.ProcessEnv) =>
    readEnvironment({ DATA_DIR: join(folder, 'data'), OAUTH_STORE: 'redis', ...env });

  async function sentenceFor(env: NodeJS.ProcessEnv): Promise<string> {
    const settings = environment(env);
    const error: unknown = await chooseStore(settings)
      .then(() => secretsOf(settings))
      .catch((reason: unknown) => reason);
    return error instanceof ConfigError ? error.message : '(no complaint)';
  }

  it.each([
    [
      { OAUTH_STORE: 'redis' },
      `REDIS_URL is missing although OAUTH_STORE is redis: set it to a URL such as ${example.redis}.`,
    ],
    [
      { OAUTH_STORE: 'postgres', REDIS_URL: example.redis },
      `DATABASE_URL is missing although OAUTH_STORE is postgres: set it to a URL such as ${example.postgres}.`,
    ],
    ...['hunter2', 'http://hunter2', 'redis://', 'redis://a.example,hunter2', ','].map(
      (url): [NodeJS.ProcessEnv, string] => [
        { REDIS_URL: url },
        `REDIS_URL must be a URL such as ${example.redis}, or several separated by commas for the nodes of one Redis Cluster.`,
      ],
    ),
    ...['hunter2', 'mysql://me:hunter2@db/x', 'postgres:///hunter2'].map(
      (url): [NodeJS.ProcessEnv, string] => [
        { OAUTH_STORE: 'postgres', DATABASE_URL: url },
        `DATABASE_URL must be a URL such as ${example.postgres}.`,
      ],
    ),
    [
      { REDIS_URL: example.redis },
      'OAUTH_ENCRYPTION_KEYS is required with OAUTH_STORE=redis, since all processes need the same keys: set it to k1: followed by 32 random bytes in base64 (openssl rand -base64 32).',
    ],
  ])('answers %j with one sentence', async (env, sentence) => {
    expect(await sentenceFor(env)).toBe(sentence);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not looked for where another one is used', () => {
    expect(
      environment({ OAUTH_STORE: 'memory', REDIS_URL: 'elsewhere', DATABASE_URL: 'mysql://db' }),
    ).toMatchObject({
      OAUTH_STORE: 'memory',
    });
  });

  it('is one server, or for Redis the nodes of a cluster', () => {
    const urls = 'redis://a.example:6379, rediss://me:pw@b.example';
    expect(storeUrls(environment({ REDIS_URL: urls }), 'redis')).toEqual(urls.split(', '));
    const url = 'postgresql://me:p%2Cw@db.example/tokens?sslmode=require';
    expect(storeUrls(environment({ DATABASE_URL: url }), 'postgres')).toEqual([url]);
  });

  it.each([
    ['redis', 'REDIS_URL', example.redis],
    ['redis', 'REDIS_URL', 'redis://a.example,redis://b.example'],
    ['postgres', 'DATABASE_URL', example.postgres],
  ])('is opened by its own engine: %s', async (kind, variable, url) => {
    const store = await chooseStore(environment({ OAUTH_STORE: kind, [variable]: url }));
    expect(store).toMatchObject({ kind, embedded: false });
  });

  it('needs no word about the session secret: all processes derive the same one', async () => {
    const secrets = (env: NodeJS.ProcessEnv) => secretsOf(environment({ REDIS_URL: example.redis, ...env }));
    const first = await secrets({ OAUTH_ENCRYPTION_KEYS: key });
    expect(first.sessionSecret).toMatch(/^[\w-]{43}$/);
    expect(key).not.toContain(first.sessionSecret);
    // The first step of a rotation changes nothing, and no more does the second where the lookup key is set.
    expect(await secrets({ OAUTH_ENCRYPTION_KEYS: `${other},${key}` })).toMatchObject({
      sessionSecret: first.sessionSecret,
    });
    const lookup = { OAUTH_LOOKUP_KEY: Buffer.alloc(32, 9).toString('base64') };
    const [before, after] = [
      await secrets({ ...lookup, OAUTH_ENCRYPTION_KEYS: key }),
      await secrets({ ...lookup, OAUTH_ENCRYPTION_KEYS: other }),
    ];
    expect(after.sessionSecret).toBe(before.sessionSecret);
    expect(await readdir(folder)).toEqual([]);
  });

  it('wants the session secret said in production', async () => {
    const env = { NODE_ENV: 'production', REDIS_URL: example.redis, OAUTH_ENCRYPTION_KEYS: key };
    expect(await sentenceFor(env)).toMatch(/^SESSION_SECRET is required with NODE_ENV=production: /);
    expect(await sentenceFor({ ...env, SESSION_SECRET: 'a session secret of its own' })).toBe(
      '(no complaint)',
    );
  });
});
