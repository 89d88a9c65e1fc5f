import { startPostgres } from '../../tools/servers/postgres.mjs';
import { startRedis } from '../../tools/servers/redis.mjs';
import { type StorePlace } from './task.js';

/** A durable store server of one's own that tells how much it holds and writes. */
export interface MeasuredServer {
  readonly place: StorePlace;
  /** Bytes of everything it stores now: of memory in Redis, of tables and indexes in PostgreSQL. */
  size(): Promise<number>;
  /** Bytes of its log of changes up to now: the append-only file, or the WAL. */
  written(): Promise<number>;
  stop(): Promise<void>;
}

export const measuredServers = {
  redis: async (): Promise<MeasuredServer> => {
    // A log that is written anew in between would say nothing about what was added to it.
    const extra = ['--auto-aof-rewrite-percentage', '0'];
    const server = await startRedis({ appendfsync: 'always', extra });
    const figure = async (section: string, name: string): Promise<number> => {
      const info = await server.cli(['info', section]);
      return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    };
    return {
      place: { kind: 'redis', url: server.url },
      size: () => figure('memory', 'used_memory'),
      written: () => figure('persistence', 'aof_current_size'),
      stop: () => server.stop(),
    };
  },
  postgres: async (): Promise<MeasuredServer> => {
    const server = await startPostgres();
    return {
      place: { kind: 'postgres', url: server.url },
      size: async () =>
        Number(
          await server.psql(
            `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname = 'oauth_providers'`,
          ),
        ),
      written: async () => Number(await server.psql("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")),
      stop: () => server.stop(),
    };
  },
};
