// `npm run cluster`: several processes of the sample behind one address, on one Redis or PostgreSQL. Builds what is
// out of date first; Ctrl-C stops everything and removes what was made for this run.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { ChildEnded, startChild } from './cluster/children.mjs';
import { freePorts } from './cluster/ports.mjs';
import { createProxy, drain } from './cluster/proxy.mjs';
import { sharedSecrets } from './cluster/secrets.mjs';
import { openStore } from './cluster/store.mjs';
import { Sentence } from './cluster/sentence.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const mostProcesses = 64;

let stopping = false;
/** What has to be stopped or removed at the end. */
const made = { proxy: undefined, samples: [], emulator: undefined, store: undefined, folder: undefined };
/** Who takes requests. */
const backends = [];

async function start() {
  const wanted = wantedStore();
  if (existsSync('.env')) loadEnvFile();
  const count = countOf(process.env.CLUSTER_PROCESSES?.trim() || '4');
  ensureBuilt();
  const { readEnvironment } = await import('../dist/apps/sample/config/environment.js');
  const { needsEmulator } = await import('../dist/apps/sample/config/wiring.js');
  const { demoSecrets } = await import('../dist/apps/sample/config/demo-secrets.js');
  const env = readEnvironment(process.env);
  const publicUrl = env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`;

  // First of all: whether the address can be had should not take half a minute to find out.
  made.proxy = await listen(env);
  goOn();
  made.store = await openStore(
    wanted ?? (process.env.OAUTH_STORE?.trim() ? env.OAUTH_STORE : undefined),
    env,
  );
  goOn();
  const { kind, variable, url, own } = made.store;
  if (own) made.folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  const secrets = await sharedSecrets(env, { own, kept: () => demoSecrets(env.DATA_DIR) });
  goOn();
  if (env.EMULATOR_URL === undefined && needsEmulator(env)) await startEmulator();
  const ports = await freePorts(env.PORT + 1, count);
  goOn();
  const processes = ports.map((port, index) =>
    startSample(index + 1, {
      ...secrets,
      OAUTH_STORE: kind,
      [variable]: url,
      PUBLIC_URL: publicUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: join(made.folder ?? env.DATA_DIR, `process-${index + 1}`),
    }),
  );
  await Promise.all(processes.map(({ ready }) => ready));
  goOn();
  const lines = processes.map(
    ({ pid }, index) => `process ${index + 1} at http://127.0.0.1:${ports[index]} (pid ${pid})`,
  );
  lines.push(`store ${kind} ${own ? 'of this run alone' : `named by ${variable}`}`);
  console.log([...lines, `cluster ready at ${publicUrl}`].join('\n'));
}

async function startEmulator() {
  made.emulator = startChild(root, 'emulator', { label: '' });
  await made.emulator.ready;
  goOn();
  void made.emulator.ended.then((how) => end(1, `The emulator has ended (${how}).`));
}

function startSample(id, env) {
  const child = startChild(root, 'sample', { label: `[${id}] `, env, quiet: true });
  made.samples.push(child);
  const backend = { id, port: Number(env.PORT) };
  const added = child.ready.then(() => {
    backends.push(backend);
    backends.sort((one, other) => one.id - other.id);
    void child.ended.then((how) => lose(backend, `process ${id} (pid ${child.pid}) has ended (${how})`));
  });
  return { pid: child.pid, ready: added };
}

/**
 * Says that a process is gone. It is not started again: what becomes of what it was doing is the matter of those that
 * are left, and here one can watch them.
 */
function lose(backend, what) {
  backends.splice(backends.indexOf(backend), 1);
  if (stopping) return;
  if (backends.length === 0) void end(1, `${what}, and none is left.`);
  else console.error(`${what}; the others go on.`);
}

async function listen({ HOST: host, PORT: port }) {
  const proxy = createProxy(backends);
  try {
    proxy.listen(port, host);
    await once(proxy, 'listening');
    return proxy;
  } catch (error) {
    throw new Sentence(
      `HOST ${host} with PORT ${port} cannot be listened on (${error.code}): set them to an address and a free port of this machine.`,
    );
  }
}

function wantedStore() {
  try {
    return parseArgs({ options: { store: { type: 'string' } } }).values.store;
  } catch {
    throw new Sentence('The one option is --store=redis or --store=postgres.');
  }
}

function countOf(text) {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostProcesses) return count;
  throw new Sentence(`CLUSTER_PROCESSES must be a whole number from 1 to ${mostProcesses}.`);
}

function goOn() {
  if (stopping) throw new Sentence('Stopped while starting.');
}

/** Stops everything, whoever is asked before whomever it asks, and ends this process. */
async function end(code, sentence) {
  if (stopping) return;
  stopping = true;
  if (sentence !== undefined) console.error(sentence);
  const steps = [
    () => made.proxy && drain(made.proxy),
    () => Promise.all(made.samples.map((sample) => sample.stop())),
    () => made.emulator?.stop(),
    // What was just being started is there now, or will never be.
    () => starting.catch(() => undefined),
    () => made.store?.stop(),
    () => made.folder && rm(made.folder, { recursive: true, force: true }),
  ];
  let result = code;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      console.error(error);
      result = 1;
    }
  }
  process.exit(result);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(0));

// npm passes signals to its shell, which passes them on to nobody.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => process.ppid === parent || end(0), 250).unref();
}

const starting = start();
starting.catch((error) => {
  const told = error instanceof Sentence || error instanceof ChildEnded || error.name === 'ConfigError';
  return end(1, told ? error.message : error);
});
