import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../support/plain-app.js';

/** A process of the sample in a cluster. */
export interface Member {
  readonly id: string;
  readonly url: string;
  readonly pid: number;
}

const script = resolve('tools/cluster.mjs');
const member = /^process (\d+) at (\S+) \(pid (\d+)\)$/gm;

/** `tools/cluster.mjs` as it is run from a shell, in a terminal of its own and with a folder for temporary files. */
export class Cluster {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<unknown>,
    readonly url: string,
    readonly emulator: string,
    readonly folder: string,
  ) {}

  /** Starts it and waits until it is ready. */
  static async start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    processes = 3,
  ): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-test-'));
    // As /tmp is: PostgreSQL does not run as root, and makes and removes its files itself.
    await chmod(folder, 0o1777);
    const [port, emulatorPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, [script, ...args], {
      env: {
        PATH: process.env['PATH'],
        TMPDIR: folder,
        PORT: String(port),
        EMULATOR_PORT: String(emulatorPort),
        CLUSTER_PROCESSES: String(processes),
        LOGIN_RATE_LIMIT: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const ended = once(child, 'close');
    const urls = [port, emulatorPort].map((each) => `http://127.0.0.1:${each}`) as [string, string];
    const cluster = new Cluster(child, ended, ...urls, folder);
    const ready = new Promise<void>((said) => {
      const read = (text: string): void => {
        cluster.output += text;
        if (cluster.output.includes('cluster ready at ')) said();
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
    });
    const never = ended.then(() => Promise.reject(new Error(`the cluster has ended: ${cluster.output}`)));
    await Promise.race([ready, never]);
    never.catch(() => undefined);
    return cluster;
  }

  /** Its processes, as it names them. */
  get members(): readonly Member[] {
    return [...this.output.matchAll(member)].map(([, id = '', url = '', pid = '']) => ({
      id,
      url,
      pid: Number(pid),
    }));
  }

  /** Presses Ctrl-C, which reaches everything that belongs to the terminal; the exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGINT');
    await this.ended;
    return this.child.exitCode;
  }

  /** What lies around that was not there before. */
  leftovers(): Promise<string[]> {
    return readdir(this.folder);
  }

  /** Stops what still runs, and removes the folder. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
