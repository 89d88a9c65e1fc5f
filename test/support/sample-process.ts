import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The built sample as a process of its own, as a deployment runs it. */
export class SampleProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: string[],
  ) {}

  /** Everything it has printed. */
  get output(): string {
    return this.lines.join('');
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(env: Readonly<Record<string, string>>): Promise<SampleProcess> {
    const child = spawn(process.execPath, ['dist/apps/sample/main.js'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const sample = new SampleProcess(child, lines);
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        lines.push(chunk.toString());
        if (sample.output.includes('sample ready at')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) =>
        reject(new Error(`the sample ended with ${String(code)}: ${sample.output}`)),
      );
    });
    return sample;
  }

  /** Runs it until it ends by itself; what it printed and its exit code. */
  static async run(env: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, ['dist/apps/sample/main.js'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output: lines.join('') };
  }

  /** Ends it without a chance to tidy up. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Asks it to stop; its exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const [code] = (await once(this.child, 'exit')) as [number | null];
    return code;
  }
}
