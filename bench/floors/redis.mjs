// Sealed tokens as strings in Redis over ioredis, with automatic pipelining; claim and save are a script each.
import { Redis } from 'ioredis';

const scripts = {
  floorClaim: {
    numberOfKeys: 1,
    lua: `
      local t = redis.call('TIME')
      local now = t[1] * 1000 + math.floor(t[2] / 1000)
      local found = {}
      for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
        redis.call('ZADD', KEYS[1], now + 30000, key)
        redis.call('SET', 'floor:l:' .. key, ARGV[2], 'PX', 30000)
        found[#found + 1] = key
        found[#found + 1] = redis.call('GET', 'floor:r:' .. key)
      end
      return found`,
  },
  floorSave: {
    numberOfKeys: 3,
    lua: `
      if redis.call('GET', KEYS[3]) ~= ARGV[3] then return 0 end
      redis.call('SET', KEYS[2], ARGV[1])
      redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
      redis.call('DEL', KEYS[3])
      return 1`,
  },
};

const due = 'floor:due';
const keyed = (prefix, key) => Buffer.concat([Buffer.from(prefix), key]);

export function openFloor({ url }) {
  const redis = new Redis(url, { enableAutoPipelining: true, scripts });
  return {
    async fill(records) {
      await Promise.all(
        records.flatMap(({ key, sealed, dueAt }) => [
          redis.set(keyed('floor:r:', key), sealed),
          redis.del(keyed('floor:l:', key)),
          redis.zadd(due, dueAt, key),
        ]),
      );
    },
    get: (key) => redis.getBuffer(keyed('floor:r:', key)),
    async claim(limit, owner) {
      const found = await redis.floorClaimBuffer(due, limit, owner);
      return Array.from({ length: found.length / 2 }, (_, at) => ({
        key: found[at * 2],
        sealed: found[at * 2 + 1],
      }));
    },
    async save(key, sealed, dueAt, owner) {
      const [record, lease] = [keyed('floor:r:', key), keyed('floor:l:', key)];
      if ((await redis.floorSave(due, record, lease, sealed, dueAt, owner, key)) !== 1) {
        throw new Error('the lease is gone');
      }
    },
    async close() {
      await redis.quit();
    },
  };
}
