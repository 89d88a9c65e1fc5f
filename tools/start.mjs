// Builds what is out of date, then runs the sample and, if any platform is left to it, the emulator.
import { fork, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { setInterval } from 'node:timers';
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
const stopAfterMs = 8000;
// A child that loses this process, however it ended, stops by itself.
const stopWithParent =
  'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"));process.channel.unref()';

const running = new Set();
let stopping = false;

function changedAt(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return isSource(path) ? stats.mtimeMs : 0;
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules');
  return Math.max(0, ...names.map((name) => changedAt(join(path, name))));
}

function isBuilt() {
  const built = outputs.map((path) => join(root, path));
  if (!built.every((path) => existsSync(path))) return false;
  const oldest = Math.min(...built.map((path) => statSync(path).mtimeMs));
  return sources.every((path) => changedAt(join(root, path)) <= oldest);
}

function build() {
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build', '--all'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail('The build has failed: see above.');
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs one of the built applications; resolves when it says that it is ready. */
function run(name) {
  const child = fork(join(root, `dist/apps/${name}/main.js`), {
    execArgv: ['--import', stopWithParent],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  running.add(child);
  const ready = new Promise((resolve) => {
    let line = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      line += chunk;
      if (line.includes(`${name} ready at `)) resolve();
      line = line.slice(line.lastIndexOf('\n') + 1);
    });
  });
  child.once('close', () => {
    running.delete(child);
    // Neither is of use without the other.
    if (!stopping) stop(1);
    if (running.size === 0) process.exit();
  });
  return ready;
}

function stop(code) {
  stopping = true;
  process.exitCode = code;
  if (running.size === 0) process.exit();
  for (const child of running) child.kill('SIGTERM');
  setTimeout(() => {
    for (const child of running) child.kill('SIGKILL');
  }, stopAfterMs).unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping || stop(0));

// npm passes signals to its shell, which passes them on to nobody.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => process.ppid === parent || stopping || stop(0), 250).unref();
}

if (existsSync('.env')) loadEnvFile();
if (!isBuilt()) build();
const { readEnvironment } = await import('../dist/apps/sample/config/environment.js');
const { needsEmulator } = await import('../dist/apps/sample/config/wiring.js');
try {
  const env = readEnvironment(process.env);
  if (env.EMULATOR_URL === undefined && needsEmulator(env)) await run('emulator');
  if (!stopping) await run('sample');
} catch (error) {
  fail(error.name === 'ConfigError' ? error.message : error);
}
