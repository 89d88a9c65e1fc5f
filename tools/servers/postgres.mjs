// Real PostgreSQL servers on loopback, for tests, the cluster script and benchmarks.
import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, chownSync, existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const debian = '/usr/lib/postgresql';
const startDeadlineMs = 60_000;

/** What to do where there is no PostgreSQL. */
export const howToInstall = 'PostgreSQL is not installed: apt-get install postgresql';

/** The server ends and its folder goes when standard input does, however this process ends. */
const keeper = `
  "$1/postgres" -D "$2/data" >>"$2/log" 2>&1 &
  server=$!
  word=''
  read -r word
  if [ "$word" = keep ]; then kill -INT $server 2>/dev/null; wait $server; exit; fi
  kill -QUIT $server 2>/dev/null
  wait $server
  rm -rf "$2"
`;

/** Whether a server can be started here. */
export function postgresAvailable() {
  return binFolder() !== undefined;
}

/** Starts a server of one's own and resolves when it answers. */
export async function startPostgres({ settings = {}, password, tls } = {}) {
  const bin = binFolder();
  if (bin === undefined) throw new Error(howToInstall);
  const owner = await ownerOf();
  const dir = await mkdtemp(join(tmpdir(), 'postgres-'));
  chown(dir, owner);
  const server = new Server({ bin, owner, dir, password });
  try {
    await server.create(settings, tls);
    await server.start();
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return server;
}

class Server {
  #bin;
  #owner;
  #password;
  #keeper;

  constructor({ bin, owner, dir, password }) {
    this.dir = dir;
    this.port = 0;
    this.#bin = bin;
    this.#owner = owner;
    this.#password = password;
  }

  /** Of the database `postgres`, as its superuser. */
  get url() {
    return this.urlOf('postgres');
  }

  urlOf(database) {
    const secret = this.#password === undefined ? '' : `:${encodeURIComponent(this.#password)}`;
    return `postgres://postgres${secret}@127.0.0.1:${this.port}/${database}`;
  }

  async create(settings, tls) {
    const data = join(this.dir, 'data');
    const secret = join(this.dir, 'password');
    await this.#own(secret, this.#password ?? '');
    const method =
      this.#password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', '--pwfile', secret];
    const flags = ['-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    await this.#tool('initdb', ['-D', data, ...flags, ...method]);
    await rm(secret);
    this.port = await freePort();
    const all = {
      listen_addresses: '127.0.0.1',
      port: this.port,
      unix_socket_directories: this.dir,
      max_connections: 200,
      ...(tls && {
        ssl: 'on',
        ssl_cert_file: join(data, 'server.crt'),
        ssl_key_file: join(data, 'server.key'),
      }),
      ...settings,
    };
    if (tls) {
      await this.#own(join(data, 'server.crt'), await readFile(tls.cert));
      await this.#own(join(data, 'server.key'), await readFile(tls.key));
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`);
    await appendFile(join(data, 'postgresql.conf'), lines.join(''));
  }

  /** Starts it again after {@link kill} or {@link halt}. */
  async start() {
    const deadline = performance.now() + startDeadlineMs;
    for (;;) {
      const keeperOfThis = this.#spawn();
      if (await this.#ready(keeperOfThis, deadline)) return;
      await letGo(keeperOfThis, 'keep\n');
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not start: ${await this.log()}`);
    }
  }

  /** Shuts it down in an orderly way and keeps its data. */
  async halt() {
    if (this.#keeper !== undefined) await letGo(this.#keeper, 'keep\n');
    this.#keeper = undefined;
  }

  async restart() {
    await this.halt();
    await this.start();
  }

  /** Kills the server and all its processes, as a failing machine would. Its data stays. */
  async kill() {
    const [pid] = (await readFile(join(this.dir, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', pid]).catch(() => ({ stdout: '' }));
    for (const each of [pid, ...stdout.split('\n')]) signal(Number(each), 'SIGKILL');
    await this.halt();
  }

  /** Ends it and removes its folder. */
  async stop() {
    if (this.#keeper === undefined) await rm(this.dir, { recursive: true, force: true });
    else await letGo(this.#keeper, '');
    this.#keeper = undefined;
  }

  /** Runs SQL and gives what it answers, unaligned and without headers. */
  async psql(sql, database = 'postgres') {
    const to = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres', '-d', database];
    const { stdout } = await this.#tool('psql', [
      ...to,
      '-X',
      '-q',
      '-t',
      '-A',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      sql,
    ]);
    return stdout.trim();
  }

  /** What it has said. */
  async log() {
    return readFile(join(this.dir, 'log'), 'utf8').catch(() => '');
  }

  #spawn() {
    const child = spawn('/bin/sh', ['-c', keeper, 'keeper', this.#bin, this.dir], {
      ...this.#owner,
      cwd: this.dir,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    child.stdin.on('error', () => undefined);
    child.unref();
    child.stdin.unref();
    this.#keeper = child;
    return child;
  }

  /** False when it has ended instead. */
  async #ready(child, deadline) {
    const pidFile = join(this.dir, 'data', 'postmaster.pid');
    while (performance.now() < deadline) {
      const ready = await this.#tool('pg_isready', ['-q', '-h', '127.0.0.1', '-p', String(this.port)])
        .then(() => readFile(pidFile, 'utf8'))
        .catch(() => '');
      if (/\bready\b/.test(ready)) return true;
      const said = await this.log();
      if (/FATAL:.*(in use|lock file)/.test(said.split('\n').slice(-6).join('\n')) && !existsSync(pidFile))
        return false;
      if (child.exitCode !== null) return false;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  async #own(file, content) {
    await writeFile(file, content, { mode: 0o600 });
    chown(file, this.#owner);
  }

  #tool(name, args) {
    const env = { PATH: process.env.PATH, HOME: this.dir, LC_ALL: 'C', PGPASSWORD: this.#password ?? '' };
    return run(join(this.#bin, name), args, { ...this.#owner, cwd: this.dir, env, maxBuffer: 64 << 20 });
  }
}

/** Tells a keeper how to end, and resolves when it has. */
async function letGo(child, word) {
  const ended =
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve()
      : new Promise((resolve) => child.once('exit', resolve));
  child.ref();
  child.stdin.end(word);
  await ended;
}

function binFolder() {
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newest = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(debian, version, 'bin'));
  const path = (process.env.PATH ?? '').split(delimiter);
  return [...newest, ...path].find((folder) =>
    ['postgres', 'initdb', 'psql'].every((name) => isProgram(join(folder, name))),
  );
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root. */
async function ownerOf() {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function chown(file, { uid, gid }) {
  if (uid !== undefined) chownSync(file, uid, gid);
}

function signal(pid, name) {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // It has gone by itself.
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
