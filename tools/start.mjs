// Builds what is out of date, then runs the sample and, if any platform is left to it, the emulator.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stopAfterMs = 8000;
// A child that loses this process, however it ended, stops by itself.
const stopWithParent =
  'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"));process.channel.unref()';

const running = new Set();
let stopping = false;

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
ensureBuilt();
const { readEnvironment } = await import('../dist/apps/sample/config/environment.js');
const { needsEmulator } = await import('../dist/apps/sample/config/wiring.js');
try {
  const env = readEnvironment(process.env);
  if (env.EMULATOR_URL === undefined && needsEmulator(env)) await run('emulator');
  if (!stopping) await run('sample');
} catch (error) {
  fail(error.name === 'ConfigError' ? error.message : error);
}
