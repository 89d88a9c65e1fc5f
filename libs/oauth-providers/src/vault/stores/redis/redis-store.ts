import { type StoreEngine } from '../../store-engine.port.js';
import { checkOptions, type RedisStoreOptions } from './options.js';
import { openRedisStore } from './redis-engine.js';

/**
 * A store in Redis 6.2 or newer (or Valkey), for any number of processes. Store time is the server's, every
 * decision is made in one script, and all keys of a decision share a slot, so it runs on a Redis Cluster as well.
 * Needs the package `ioredis`.
 *
 * What survives is up to the server: with `appendonly yes` and `appendfsync always` nothing that was acknowledged
 * is lost in a crash, with `everysec` about a second of writes. `maxmemory-policy` must be `noeviction`. Where it
 * is set up otherwise, a warning and `health().risks` say so. Replication is asynchronous: a failover can lose the
 * last writes whatever these settings are, and a refresh token that was rotated in them.
 *
 * @throws OAuthConfigurationError when the options are wrong
 */
export function redisStore(options: RedisStoreOptions): StoreEngine {
  const settings = checkOptions(options);
  return { kind: 'redis', embedded: false, open: () => openRedisStore(settings) };
}
