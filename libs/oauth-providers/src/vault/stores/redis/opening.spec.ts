import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { OAuthConfigurationError } from '../../../core/errors.js';
import { loadDriver } from './driver.js';
import { redisStore, type RedisStoreOptions } from './index.js';
import { aPrefix, clusterForAll, describeWithRedis, serverForAll } from './subject/store-contract.js';

const clock = { now: () => 0 };
const secret = 'canary-pa55';

async function refusalOf(options: RedisStoreOptions): Promise<string> {
  const error = await Promise.resolve()
    .then(() => redisStore(options).open(clock))
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(OAuthConfigurationError);
  const { message, cause } = error as Error;
  expect(`${message} ${JSON.stringify(cause ?? null)}`).not.toContain('canary');
  return message;
}

describe('redisStore', () => {
  it('is known as a store of several processes', () => {
    expect(redisStore({ url: 'redis://localhost' })).toMatchObject({ kind: 'redis', embedded: false });
  });

  it.each<[string, object]>([
    ['looks like redis://', { url: `http://:${secret}@localhost` }],
    ['looks like redis://', { url: `localhost:6379/${secret}` }],
    ['number of the database', { url: `redis://:${secret}@localhost/canary` }],
    ['has no query', { url: `redis://localhost?password=${secret}` }],
    ['percent-encoded', { url: 'redis://:%canary@localhost' }],
    ['either "url" or "cluster"', {}],
    ['either "url" or "cluster"', { url: 'redis://a', cluster: ['redis://b'] }],
    ['at least one node', { cluster: [] }],
    ['only database 0', { cluster: ['redis://a/1'] }],
    ['"tls" is for rediss://', { url: 'redis://a', tls: {} }],
    ['"prefix" is', { url: 'redis://a', prefix: 'a{b}' }],
    ['"buckets" is a power of two', { url: 'redis://a', buckets: 12 }],
    ['"buckets" is a power of two', { url: 'redis://a', buckets: 2048 }],
  ])('says in a sentence what is wrong with its options: %s', async (sentence, options) => {
    expect(await refusalOf(options as RedisStoreOptions)).toContain(sentence);
  });

  it('names the package that is missing', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    await expect(loadDriver(load)).rejects.toThrow(/needs the package "ioredis".*npm install ioredis/);
  });

  it('says where there is no server', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const url = `redis://:${secret}@127.0.0.1:${port}`;
    expect(await refusalOf({ url })).toMatch(`127.0.0.1:${port}: it cannot be reached (ECONNREFUSED)`);
    expect(await refusalOf({ cluster: [url] })).toMatch(`127.0.0.1:${port}: it cannot be reached`);
    expect(await refusalOf({ url: 'redis://no-such-host.invalid' })).toMatch(/nobody knows that host/);
  });

  it('says when it is no Redis that answers', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    expect(await refusalOf({ url: `redis://127.0.0.1:${port}` })).toMatch(/what answers there is not Redis/);
    web.close();
  });
});

describeWithRedis('redisStore on a server with a password', () => {
  const server = serverForAll({ appendfsync: 'always', password: 'canary right' });

  it('opens with it, and says when it is wrong', async () => {
    const store = await redisStore({ url: server().url }).open(clock);
    expect(await store.health()).toEqual({ up: true, risks: [] });
    await store.close();
    const { port } = server();
    for (const url of [`redis://127.0.0.1:${port}`, `redis://:${secret}@127.0.0.1:${port}`]) {
      expect(await refusalOf({ url })).toMatch('it refuses the user or password of the URL');
      expect(await refusalOf({ cluster: [url] })).toMatch(/refuses the user or password/);
    }
  });

  it('opens for a user with few rights, and says what it could not check', async () => {
    const rights = ['+@all', '-config', '-@dangerous', '~*', '&*'];
    await server().cli(['acl', 'setuser', 'app', 'on', '>canary', ...rights]);
    const quiet = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const url = `redis://app:canary@127.0.0.1:${server().port}`;
    const store = await redisStore({ url, prefix: aPrefix() }).open(clock);
    const { up, risks } = await store.health();
    expect(up).toBe(true);
    expect(risks.join(' ')).toMatch(/could not be checked/);
    await store.close();
    await server().cli(['acl', 'setuser', 'app', '+info']);
    const again = await redisStore({ url, prefix: aPrefix() }).open(clock);
    expect((await again.health()).risks).toEqual([
      expect.stringMatching(/^appendfsync could not be checked/),
    ]);
    await again.close();
    quiet.mockRestore();
  });

  it('refuses a database that is not there', async () => {
    expect(await refusalOf({ url: `${server().url}/99` })).toMatch('no database of the number in the URL');
  });

  it('keeps to its database and its prefix', async () => {
    const prefix = aPrefix();
    const store = await redisStore({ url: `${server().url}/3`, prefix }).open(clock);
    await store.blobs.put('a', Buffer.from('key'), Buffer.from('value'), null);
    await store.close();
    const keys = await server().cli(['-n', '3', '--raw', 'keys', '*']);
    expect(keys.split('\n').every((key) => key.startsWith(`${prefix}:`))).toBe(true);
  });

  it('refuses data that is laid out otherwise', async () => {
    const options = { url: server().url, prefix: aPrefix() };
    await (await redisStore({ ...options, buckets: 4 }).open(clock)).close();
    await (await redisStore({ ...options, buckets: 4 }).open(clock)).close();
    expect(await refusalOf(options)).toMatch(
      /told to use 16 buckets, but the data .* lies in 4: set "buckets" to 4/,
    );
    await server().cli(['set', `${options.prefix}:layout`, '9 4']);
    expect(await refusalOf(options)).toMatch(/of another version of this library .*layout 9/);
  });
});

describeWithRedis('redisStore with TLS', () => {
  const server = serverForAll({ appendfsync: 'always', tls: true, password: 'p' });

  it('opens when it knows the certificate, and says when it does not', async () => {
    const store = await redisStore({ url: server().url, tls: { ca: server().ca } }).open(clock);
    expect(await store.health()).toEqual({ up: true, risks: [] });
    await store.close();
    expect(await refusalOf({ url: server().url })).toMatch(/no TLS connection comes about .*check rediss:/);
    const { port } = server();
    expect(await refusalOf({ url: `redis://127.0.0.1:${port}` })).toMatch(
      `cannot use Redis at 127.0.0.1:${port}`,
    );
  });
});

describeWithRedis('redisStore and the risks of a server', () => {
  const server = serverForAll({ appendfsync: 'always' });

  it('says everything that could be lost in its health, and what it knew when it cannot ask', async () => {
    const store = await redisStore({ url: server().url }).open(clock);
    expect((await store.health()).risks).toEqual([]);
    const risks = async (...setting: string[]) => {
      await server().cli(['config', 'set', ...setting]);
      return (await store.health()).risks;
    };
    expect(await risks('appendfsync', 'everysec')).toEqual([
      expect.stringMatching(/everysec: .* a second of writes/),
    ]);
    expect(await risks('appendfsync', 'no')).toEqual([expect.stringMatching(/appendfsync is no/)]);
    expect(await risks('appendonly', 'no')).toEqual([expect.stringMatching(/writes nothing to its disk/)]);
    expect(await risks('save', '60 1')).toEqual([expect.stringMatching(/since the last snapshot/)]);
    expect(await risks('maxmemory-policy', 'allkeys-lru')).toEqual([
      expect.stringMatching(/maxmemory-policy is allkeys-lru: .*sign in again/),
      expect.stringMatching(/since the last snapshot/),
    ]);
    await store.close();
    const again = await redisStore({ url: server().url }).open(clock);
    await again.close();
    const { up, risks: known } = await again.health();
    expect([up, known.length]).toEqual([false, 2]);
  });
});

describeWithRedis('redisStore and the two kinds of Redis', () => {
  const server = serverForAll();
  const cluster = clusterForAll();

  it('says when it was told the wrong one', async () => {
    expect(await refusalOf({ cluster: [server().url] })).toMatch(/it is no cluster: name it as "url"/);
    expect(await refusalOf({ url: cluster().urls[0] ?? '' })).toMatch(
      /was given a node of a cluster as "url"/,
    );
  });
});
