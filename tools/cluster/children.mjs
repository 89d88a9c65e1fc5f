// Runs the built applications as processes of their own.
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const stopAfterMs = 15_000;
// A child that loses this process, however it ended, stops by itself.
const stopWithParent =
  'data:text/javascript,process.once("disconnect",()=>process.kill(process.pid,"SIGTERM"));process.channel.unref()';

/**
 * Starts `dist/apps/<name>`. Its lines are printed behind `label`, except the ready line where `quiet`.
 *
 * @returns its `pid`; `ready`, which rejects when it ends before it says so; `ended`, the exit code or signal; `stop()`
 */
export function startChild(root, name, { label, env = {}, quiet = false }) {
  const child = fork(join(root, `dist/apps/${name}/main.js`), {
    execArgv: ['--import', stopWithParent],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // In a group of its own, so that Ctrl-C reaches it through us and in the right order.
    detached: true,
  });
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const isReady = line.startsWith(`${name} ready at `);
      if (isReady) resolve();
      if (!isReady || !quiet) process.stdout.write(`${label}${line}\n`);
    });
    void ended.then((how) => reject(new ChildEnded(`${label}The ${name} did not start (${how}).`)));
  });
  // Whoever stops it while it starts does not wait for this.
  ready.catch(() => undefined);
  createInterface({ input: child.stderr }).on('line', (line) => process.stderr.write(`${label}${line}\n`));
  return { pid: child.pid, ready, ended, stop: () => stopChild(child, ended) };
}

/** It has said why itself. */
export class ChildEnded extends Error {}

async function stopChild(child, ended) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopAfterMs);
  await ended;
  clearTimeout(timer);
}
