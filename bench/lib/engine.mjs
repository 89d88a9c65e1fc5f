// The product's stores as its users write them.
import { memoryStore, sqliteStore } from 'nestjs-oauth-providers';

/** The engine for a place; the servers' entry points are loaded only where they are used. */
export async function engineOf({ kind, file, url }) {
  switch (kind) {
    case 'sqlite':
      return sqliteStore({ file });
    case 'redis':
      return (await import('nestjs-oauth-providers/redis')).redisStore({ url });
    case 'postgres':
      return (await import('nestjs-oauth-providers/postgres')).postgresStore({ url });
    default:
      return memoryStore();
  }
}
