import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What can be started: the two built applications alone, and both as `npm start` does. */
const scripts = {
  sample: resolve('dist/apps/sample/main.js'),
  emulator: resolve('dist/apps/emulator/main.js'),
  start: resolve('tools/start.mjs'),
} as const;

export type ProgramName = keyof typeof scripts;
export type Settings = Readonly<Record<string, string>>;

/** How a program ended, and everything it printed. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of ours as a process of its own, with nothing of this process's environment. */
export class Program {
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close');
  }

  private static spawn(name: ProgramName, settings: Settings, folder: string): Program {
    return new Program(
      spawn(process.execPath, [scripts[name]], {
        cwd: folder,
        env: { PATH: process.env['PATH'], ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  /** Starts it and waits until it has said all of `words`. */
  static async start(
    name: ProgramName,
    settings: Settings,
    { folder = '.', words = [`${name} ready at `] }: { folder?: string; words?: readonly string[] } = {},
  ): Promise<Program> {
    const program = Program.spawn(name, settings, folder);
    const child = program.child;
    await new Promise<void>((said, failed) => {
      child.stdout?.on('data', () => {
        if (words.every((word) => program.stdout.includes(word))) said();
      });
      void program.ended.then(() => failed(new Error(`${name} has ended: ${program.stderr}`)));
    });
    return program;
  }

  /** Runs it to its end. One that starts after all is ended at once, and has no exit code then. */
  static async run(name: ProgramName, settings: Settings, folder = '.'): Promise<Ending> {
    const program = Program.spawn(name, settings, folder);
    program.child.stdout?.on('data', () => {
      if (program.stdout.includes('ready at')) program.child.kill('SIGKILL');
    });
    await program.ended;
    return { code: program.child.exitCode, stdout: program.stdout, stderr: program.stderr };
  }

  /** Asks it to stop; its exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.ended;
    return this.child.exitCode;
  }
}
