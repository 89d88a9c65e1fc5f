import { transformFile } from '@swc/core';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Orders, type Task } from './task.js';

/** A script as JavaScript: Node 20 runs no TypeScript. */
export async function scriptOf(file: string): Promise<string> {
  const { code } = await transformFile(`test/processes/${file}`, {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return code;
}

const script = await scriptOf('worker.ts');
const shifts = `data:text/javascript;base64,${Buffer.from(await scriptOf('shifts.ts')).toString('base64')}`;

type Message =
  | { readonly ready: true }
  | { readonly cut: string; readonly id: number }
  | { readonly id: number; readonly result?: unknown; readonly error?: string };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One process of a fleet: a real one. */
export class Member {
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  private errors = '';
  /** Called before a store call whose answer is to be lost; the process goes on when it resolves. */
  onCut: (method: string) => Promise<void> = () => Promise.resolve();

  private constructor(private readonly child: ChildProcess) {}

  static async start(task: Task): Promise<Member> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: process.env['PATH'], TASK: JSON.stringify(task), SHIFTS: shifts },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const member = new Member(child);
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => (member.errors += chunk.toString()));
      child.on('message', (message: Message) => {
        if ('ready' in message) resolve();
        else member.hear(message);
      });
      child.on('close', (code, signal) => {
        const error = new Error(
          `the process ended (${String(code ?? signal)}; is the build up to date?): ${member.errors}`,
        );
        reject(error);
        for (const { reject: fail } of member.waiting.values()) fail(error);
      });
    });
    return member;
  }

  /** What it has written to its standard error: nothing, if all is well. */
  get complaints(): string {
    return this.errors;
  }

  /** Has it do something. */
  tell<Name extends keyof Orders>(
    name: Name,
    order: Parameters<Orders[Name]>[0],
  ): Promise<ReturnType<Orders[Name]>> {
    const id = (this.count += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve, reject });
      this.child.send({ id, name, order });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the process has ended; with the signal that ended it. */
  async ended(): Promise<NodeJS.Signals | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.signalCode;
  }

  /** The process as the system sees it: `T` is stopped. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  async stop(): Promise<void> {
    this.waiting.clear();
    if (this.child.connected) this.child.disconnect();
    // One that is stopped would never notice.
    this.child.kill('SIGCONT');
    await this.ended();
  }

  private hear(message: Exclude<Message, { ready: true }>): void {
    if ('cut' in message) {
      void this.onCut(message.cut).then(() => this.child.send({ id: message.id }));
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.error));
  }
}

/** Several processes on one store. */
export async function fleetOf(size: number, task: Task): Promise<readonly Member[]> {
  return Promise.all(Array.from({ length: size }, () => Member.start(task)));
}
