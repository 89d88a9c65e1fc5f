// Real Redis servers on loopback, for tests, the cluster script and benchmarks.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const host = '127.0.0.1';

// However the process that started it ends, the server does not outlive it: then its end of the pipe closes.
const guarded = `
  folder=$1; shift
  exec 3<&0
  "$@" 3<&- &
  server=$!
  ( read -r _ <&3
    kill -9 $server || exit
    while kill -0 $server; do sleep 0.1; done
    rm -rf "$folder" ) >/dev/null 2>&1 &
  echo "pid $server"
  wait $server`;

let available;

/** Whether there is a redis-server to start. */
export function redisAvailable() {
  available ??= spawnSync('redis-server', ['--version']).status === 0;
  return available;
}

/** What to say where there is none. */
export const redisMissing = 'redis-server is not installed: apt-get install redis-server';

/** Starts a server of one's own and waits until it answers. */
export async function startRedis({ appendfsync, password, tls = false, extra = [] } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'redis-'));
  const certificate = tls ? await makeCertificate(dir) : undefined;
  const fixed = [
    ...['--dir', dir, '--bind', host, '--save', '', '--appendonly', appendfsync ? 'yes' : 'no'],
    ...(appendfsync ? ['--appendfsync', appendfsync] : []),
    ...(password ? ['--requirepass', password] : []),
    ...(certificate ? certificate.settings : []),
  ];
  let settings = extra;
  let server;
  let port;
  for (let attempt = 1; server === undefined; attempt += 1) {
    port = await freePort();
    try {
      server = await launch(dir, [...fixed, ...portSettings(port, tls), ...settings]);
    } catch (error) {
      // Somebody else may have taken the port in between.
      if (attempt === 5) throw error;
    }
  }
  const credentials = password ? `:${encodeURIComponent(password)}@` : '';

  return {
    url: `${tls ? 'rediss' : 'redis'}://${credentials}${host}:${port}`,
    port,
    dir,
    ca: certificate?.ca,
    get pid() {
      return server?.pid;
    },
    async cli(args) {
      const access = [...(password ? ['-a', password, '--no-auth-warning'] : [])];
      const secure = certificate ? ['--tls', '--cacert', certificate.file] : [];
      const { stdout } = await run('redis-cli', ['-h', host, '-p', `${port}`, ...access, ...secure, ...args]);
      return stdout.trim();
    },
    async kill() {
      await server?.end('SIGKILL');
      server = undefined;
    },
    /** Starts it again on its port: with its data, or `empty`. */
    async restart({ empty = false, extra: changed = settings } = {}) {
      await server?.end('SIGKILL');
      for (const name of empty ? ['appendonlydir', 'dump.rdb'] : []) {
        await rm(join(dir, name), { recursive: true, force: true });
      }
      settings = changed;
      server = await launch(dir, [...fixed, ...portSettings(port, tls), ...settings]);
    },
    async stop() {
      await server?.end('SIGTERM');
      server = undefined;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Starts masters that share all slots, and waits until each of them says that the cluster is complete. */
export async function startRedisCluster({ masters = 3, appendfsync, extra = [] } = {}) {
  const nodes = await Promise.all(
    Array.from({ length: masters }, async () => {
      const bus = await freePort();
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${bus}`, '--cluster-announce-ip', host];
      const timeout = ['--cluster-node-timeout', '2000'];
      return { bus, server: await startRedis({ appendfsync, extra: [...cluster, ...timeout, ...extra] }) };
    }),
  );
  const slots = 16_384;
  for (const [i, { server }] of nodes.entries()) {
    const [first, next] = [i, i + 1].map((at) => Math.floor((at * slots) / masters));
    await server.cli(['cluster', 'set-config-epoch', `${i + 1}`]);
    await server.cli(['cluster', 'addslotsrange', `${first}`, `${next - 1}`]);
    if (i > 0) await server.cli(['cluster', 'meet', host, `${nodes[0].server.port}`, `${nodes[0].bus}`]);
  }
  for (const { server } of nodes) {
    await until(async () => {
      const state = await server.cli(['cluster', 'info']);
      return state.includes('cluster_state:ok') && state.includes(`cluster_known_nodes:${masters}`);
    });
  }
  return {
    urls: nodes.map(({ server }) => server.url),
    nodes: nodes.map(({ server }) => server),
    stop: () => Promise.all(nodes.map(({ server }) => server.stop())),
  };
}

async function launch(dir, settings) {
  const child = spawn('sh', ['-c', guarded, 'sh', dir, 'redis-server', ...settings], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C in a terminal goes to a whole group: who uses the server wants to finish with it first.
    detached: true,
  });
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit');
  const said = [];
  let pid;
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('pid ')) pid = Number(line.slice(4));
      else if (pid !== undefined) said.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
    exited.then(() => reject(new Error(`redis-server did not start:\n${said.slice(-5).join('\n')}`)), reject);
  });
  await ready;
  let ended = false;
  return {
    pid,
    async end(signal) {
      if (ended) return;
      ended = true;
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
      await exited;
    },
  };
}

function portSettings(port, tls) {
  return tls ? ['--port', '0', '--tls-port', `${port}`] : ['--port', `${port}`];
}

async function makeCertificate(dir) {
  const [key, file] = [join(dir, 'server.key'), join(dir, 'server.crt')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const names = ['-addext', `subjectAltName=DNS:localhost,IP:${host}`];
  await run('openssl', [...request, ...names, '-keyout', key, '-out', file]);
  const files = ['--tls-cert-file', file, '--tls-key-file', key, '--tls-ca-cert-file', file];
  return { file, ca: await readFile(file, 'utf8'), settings: [...files, '--tls-auth-clients', 'no'] };
}

async function freePort() {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
