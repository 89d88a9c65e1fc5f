// Builds the workspace when a source is newer than what was built from it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = [
  ...['apps/emulator', 'apps/sample', 'libs/oauth-providers', 'libs/platform-emulator'],
  ...['nest-cli.json', 'package.json', 'package-lock.json', 'tsconfig.json'],
];
const outputs = [
  'libs/oauth-providers/dist/index.js',
  'libs/platform-emulator/dist/index.js',
  'dist/apps/emulator/main.js',
  'dist/apps/sample/main.js',
];
const isSource = (path) => !/\.(spec\.ts|md)$/.test(path);

/** Builds if needed; ends the process with a sentence when that fails. */
export function ensureBuilt() {
  if (isBuilt()) return;
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  // Nothing but the result belongs on standard output.
  const stdio = ['ignore', process.stderr, process.stderr];
  const { status } = spawnSync(process.execPath, [nest, 'build', '--all'], { cwd: root, stdio });
  if (status !== 0) {
    console.error('The build has failed: see above.');
    process.exit(1);
  }
}

function isBuilt() {
  const built = outputs.map((path) => join(root, path));
  if (!built.every((path) => existsSync(path))) return false;
  const oldest = Math.min(...built.map((path) => statSync(path).mtimeMs));
  return sources.every((path) => changedAt(join(root, path)) <= oldest);
}

function changedAt(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return isSource(path) ? stats.mtimeMs : 0;
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules');
  return Math.max(0, ...names.map((name) => changedAt(join(path, name))));
}
