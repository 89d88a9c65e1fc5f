// The stores that are compared, and where each contender keeps its things in them.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** All stores, in the order of the tables. */
export const storeKinds = ['memory', 'sqlite', 'redis', 'postgres'];

/** What people call them. */
export const storeTitles = { memory: 'memory', sqlite: 'SQLite', redis: 'Redis', postgres: 'PostgreSQL' };

/** Whether the product's build has this store. */
function isBuilt(kind) {
  if (kind === 'memory' || kind === 'sqlite') return true;
  const root = join(require.resolve('nestjs-oauth-providers/package.json'), '..');
  return existsSync(join(root, 'dist/vault/stores', kind, 'index.js'));
}

/**
 * A place for one contender in each store that can be used; `missing` says why another one cannot.
 *
 * @returns `[{ kind, title, place }]`, where `place` makes an empty place that `engine.mjs` and the floors open
 */
export async function openPlaces(context, kinds = storeKinds) {
  const places = [];
  const missing = [];
  for (const kind of kinds) {
    const title = storeTitles[kind];
    if (!isBuilt(kind)) {
      missing.push(`${title}: not measured, the build has no such store`);
    } else if (kind === 'memory' || kind === 'sqlite') {
      places.push({ kind, title, place: async () => ({ kind, file: join(context.scratch(), 'store.db') }) });
    } else {
      const { missing: reason } = await context.servers.get(kind);
      if (reason !== undefined) missing.push(`${title}: not measured, ${reason}`);
      else
        places.push({
          kind,
          title,
          place: async () => ({ kind, ...(await context.servers.emptyPlace(kind)) }),
        });
    }
  }
  return { places, missing };
}

/** Folders that go when the run ends. */
export function scratchFolders(base) {
  const made = [];
  return {
    make() {
      const folder = mkdtempSync(join(base, 'bench-'));
      made.push(folder);
      return folder;
    },
    remove() {
      for (const folder of made) rmSync(folder, { recursive: true, force: true });
    },
  };
}
