// Processes of the benchmark. Every contender has its own, so that the garbage and the compiled code of one do not
// disturb another; what is measured has a core to itself where there are several.
import { fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./worker.mjs', import.meta.url));
const cores = availableParallelism();
const canPin = cores > 1 && spawnSync('taskset', ['--version']).status === 0;

/** How processes are placed, in words. */
export const placement = canPin
  ? 'the measured process on a core of its own, everything else on the rest'
  : 'wherever the system puts processes';

/** `measured`: the first core; `rest`: all others. */
const coresOf = (role) => (role === 'measured' ? '0' : cores === 2 ? '1' : `1-${cores - 1}`);

/** Moves a server that others started to the cores of `role`; its later children follow. */
export function pin(pid, role) {
  if (canPin && pid) spawnSync('taskset', ['-a', '-p', '-c', coresOf(role), String(pid)]);
}

const alive = new Set();
let profiles;
let started = 0;

/** From now on every measured process leaves a CPU profile in `folder` when it ends. */
export function profileInto(folder) {
  profiles = folder;
}

/**
 * Starts a process with the exports of a module.
 *
 * @param module - a `file:` URL
 */
export async function startWorker(module, { role = 'measured', env = {}, nodeArgs = [] } = {}) {
  const profile = profiles !== undefined && role === 'measured';
  started += 1;
  const name = `${basename(fileURLToPath(module), '.mjs')}-${started}.cpuprofile`;
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}`];
  const flags = profile ? [...nodeArgs, ...profiling] : nodeArgs;
  const command = canPin
    ? { execPath: 'taskset', execArgv: ['-c', coresOf(role), process.execPath, ...flags] }
    : { execArgv: flags };
  const child = fork(entry, [fileURLToPath(module)], {
    ...command,
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  alive.add(child);
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2000)));
  const waiting = new Map();
  let id = 0;
  const gone = (why) =>
    new Error(`${why}${said === '' ? '' : `: ${said.trim().split('\n').slice(-6).join(' | ')}`}`);
  await new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message.ready) return resolve();
      if (message.broken) return reject(new Error(message.broken));
      const { value, error } = message;
      const { done, failed } = waiting.get(message.id);
      waiting.delete(message.id);
      if (error === undefined) done(value);
      else failed(new Error(error));
    });
    child.once('exit', (code, signal) => {
      alive.delete(child);
      const error = gone(`the process ended (${signal ?? code})`);
      reject(error);
      for (const { failed } of waiting.values()) failed(error);
      waiting.clear();
    });
  });
  return {
    pid: child.pid,
    /** Calls an export of the module. */
    call: (name, input) =>
      new Promise((done, failed) => {
        if (!child.connected) return failed(gone('the process is gone'));
        id += 1;
        waiting.set(id, { done, failed });
        child.send({ id, name, input });
      }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Ends whatever is still running. */
export function stopWorkers() {
  for (const child of alive) child.kill('SIGKILL');
}

/** Runs `use` with a worker and ends it. */
export async function withWorker(module, options, use) {
  const worker = await startWorker(module, options);
  try {
    return await use(worker);
  } finally {
    await worker.stop();
  }
}
