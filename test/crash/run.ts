import { transformFile } from '@swc/core';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Platform, platforms } from './platforms.js';
import { type Persona, type Recovery, type Task } from './task.js';
import { Wiretap } from './wiretap.js';

/** When the process is killed, in the order of a renewal. */
export const moments = ['claimed', 'marked', 'sent', 'replied', 'saved'] as const;
export type Moment = (typeof moments)[number];

/** One cell of the table. */
export interface Outcome {
  /** How the first process ended. */
  readonly signal: NodeJS.Signals | null;
  readonly callsBefore: number;
  readonly calls: number;
  readonly counters: { readonly refreshes: number; readonly reuse: number };
  readonly recovery: Recovery;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** The script of the process as JavaScript: Node 20 runs no TypeScript. */
const { code: script } = await transformFile('test/crash/worker.ts', {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
});

function spawnWorker(task: Task): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
}

/** One column of the table, from top to bottom. */
export async function crashes(persona: Persona): Promise<Readonly<Record<Moment, Outcome>>> {
  const platform = await platforms[persona]();
  try {
    const column: Partial<Record<Moment, Outcome>> = {};
    for (const moment of moments) {
      platform.reset();
      column[moment] = await crash(persona, platform, moment);
    }
    return column as Record<Moment, Outcome>;
  } finally {
    await platform.close();
  }
}

/** Signs in, renews, is killed at `moment`, starts again, and goes on until the record is settled. */
async function crash(persona: Persona, platform: Platform, moment: Moment): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'crash-'));
  try {
    const { client, origin } = platform;
    const task = { persona, ...client, origin, steering: origin, file: join(directory, 'tokens.db') };
    const signal = await killed({ ...task, code: platform.code() }, moment);
    const callsBefore = platform.calls();
    const next = await endOf(spawnWorker(task));
    if (next.code !== 0) throw new Error(`the next start ended with ${String(next.code)}: ${next.errors}`);
    return {
      ...{ signal, callsBefore, calls: platform.calls(), counters: platform.counters() },
      recovery: JSON.parse(next.output) as Recovery,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Runs the first process to its end; what ended it. Four moments lie in the process itself: it has a failpoint there.
 * The fifth, `sent`, lies on the platform: the process is killed from the outside when the answer is on its way.
 */
async function killed(task: Task, moment: Moment): Promise<NodeJS.Signals> {
  if (moment !== 'sent') return signalOf(await endOf(spawnWorker({ ...task, killAt: moment })));
  const victim: { child?: ChildProcess } = {};
  const tap = await Wiretap.before(task.origin, () => victim.child?.kill('SIGKILL'));
  try {
    victim.child = spawnWorker({ ...task, origin: tap.url });
    return signalOf(await endOf(victim.child));
  } finally {
    await tap.close();
  }
}

/** A process that went wrong, or came to its end unharmed, says so here instead of in a riddle later. */
function signalOf({ signal, output, errors }: Ended): NodeJS.Signals {
  if (signal === null)
    throw new Error(`the process was not killed (is the build up to date?): ${output}${errors}`);
  return signal;
}
