// The stores that are servers, started when something first needs them, at the durability that both sides get.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pin } from './workers.mjs';

const tools = {
  redis: new URL('../../tools/servers/redis.mjs', import.meta.url),
  postgres: new URL('../../tools/servers/postgres.mjs', import.meta.url),
};

const starters = {
  async redis({ startRedis, redisAvailable }) {
    if (!redisAvailable()) throw new Error('redis-server is not installed');
    const server = await startRedis({ appendfsync: 'always' });
    pin(server.pid, 'rest');
    const info = await server.cli(['info', 'server']);
    return { server, version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown' };
  },
  async postgres({ startPostgres, postgresAvailable }) {
    if (!postgresAvailable()) throw new Error('PostgreSQL is not installed');
    const server = await startPostgres({ settings: { fsync: 'on', synchronous_commit: 'on' } });
    const [pid] = (await readFile(join(server.dir, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    pin(Number(pid), 'rest');
    const version = await server.psql('SHOW server_version');
    return { server, version: version.split(' ')[0] };
  },
};

const databases = {
  async redis(server, number) {
    // There are sixteen; what used one before is done with it.
    const database = String(number % 16);
    await server.cli(['-n', database, 'flushdb']);
    return { url: `${server.url}/${database}`, database };
  },
  async postgres(server, number) {
    const database = `bench_${number}`;
    await server.psql(`CREATE DATABASE ${database}`);
    return { url: server.urlOf(database), database };
  },
};

/** The servers of one run. */
export class Servers {
  #started = new Map();
  #places = 0;

  /** Starts one, or says in `missing` why there is none. */
  async get(kind) {
    if (!this.#started.has(kind)) this.#started.set(kind, this.#start(kind));
    return this.#started.get(kind);
  }

  /** A database in which nothing is. */
  async emptyPlace(kind) {
    const { server } = await this.get(kind);
    this.#places += 1;
    return databases[kind](server, this.#places);
  }

  /** What ran, by name. */
  async versions() {
    const all = await Promise.all([...this.#started].map(async ([kind, started]) => [kind, await started]));
    return Object.fromEntries(all.flatMap(([kind, { version }]) => (version ? [[kind, version]] : [])));
  }

  async stop() {
    for (const started of this.#started.values()) await (await started).server?.stop();
    this.#started.clear();
  }

  async #start(kind) {
    try {
      const { server, version } = await starters[kind](await import(tools[kind].href));
      return { server, url: server.url, version };
    } catch (error) {
      return { missing: error instanceof Error ? error.message.split('\n')[0] : String(error) };
    }
  }
}
