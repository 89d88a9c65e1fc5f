import { existsSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const workspace = {
  'nestjs-oauth-providers': 'libs/oauth-providers/src/index.ts',
  'nestjs-oauth-providers/redis': 'libs/oauth-providers/src/vault/stores/redis/index.ts',
  'nestjs-oauth-providers/postgres': 'libs/oauth-providers/src/vault/stores/postgres/index.ts',
  'platform-emulator': 'libs/platform-emulator/src/index.ts',
  'platform-emulator/demo-clients': 'libs/platform-emulator/src/demo-clients.ts',
};

/** Resolves `./x.js` to `./x.ts` and the workspace packages to their sources, for the import rules of ESLint. */
export function resolve(source, file) {
  const target = workspace[source]
    ? resolvePath(root, workspace[source])
    : source.startsWith('.')
      ? resolvePath(dirname(file), source.replace(/\.js$/, '.ts'))
      : undefined;
  return target && existsSync(target) ? { found: true, path: target } : { found: false };
}
