// From the start of the process to an application that listens; every sample is a fresh process.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { interleave } from '../lib/rounds.mjs';
import { median, ratios } from '../lib/stats.mjs';
import { shown } from '../lib/table.mjs';

export const title = 'Start-up';

const reference = 'bare Nest (floor)';
const oursInMemory = 'nestjs-oauth-providers, 12 providers, memory store';
const contenders = [
  { name: reference, kind: 'bare' },
  { name: 'Nest + 12 Passport strategies by hand', kind: 'passport' },
  { name: oursInMemory, kind: 'ours' },
  { name: 'nestjs-oauth-providers, 12 providers, SQLite store', kind: 'ours-sqlite' },
];
const app = fileURLToPath(new URL('./app.mjs', import.meta.url));
const inverse = ({ ms }) => ms;

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const options = { rounds: context.pick(6, 30), warmUps: 1, seed: context.seed };
  const folder = context.scratch();
  const { samples, failures } = await interleave(contenders, options, ({ kind }) => startOnce(kind, folder));
  for (const [name, reason] of failures) result.failures.push(`${name}: ${reason}`);
  const base = samples.get(reference);
  result.tables.push({
    title: 'Fresh processes',
    columns: ['contender', 'ms to listening', `× ${reference}`, 'middle half', 'CPU ms', 'CPU ratio'],
    rows: contenders.map(({ name }) => rowOf(name, samples.get(name), base)),
  });
  const cpu = ratios(samples.get(oursInMemory), base, ({ cpuUs }) => cpuUs).median;
  const value = ratios(samples.get(oursInMemory), base, inverse).median;
  result.targets.push({ id: 'start-up', value, note: `CPU ${shown(cpu, 2)}x` });
  result.notes.push(
    'Smaller is better. Everything an application has besides is left out on both sides.',
    'Left out, too, is what the product loads a second later, or with the first login or call if that comes first: the HTTP client, @nestjs/passport, cockatiel; jose and the validator where providers need them. A contract of the application’s own loads the validator at the start.',
  );
  return result;
}

function rowOf(name, samples, base) {
  if (samples.length === 0) return [name, 'failed', '–', '–', '–', '–'];
  const ratio = ratios(samples, base, inverse);
  return [
    name,
    shown(median(samples.map(inverse))),
    `${shown(ratio.median, 2)}x`,
    `${shown(ratio.low, 2)}–${shown(ratio.high, 2)}`,
    shown(median(samples.map(({ cpuUs }) => cpuUs)) / 1000),
    `${shown(ratios(samples, base, ({ cpuUs }) => cpuUs).median, 2)}x`,
  ];
}

function startOnce(kind, folder) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_ENV: 'production', BENCH_FOLDER: folder };
    const child = spawn(process.execPath, [app, kind], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    let sample;
    lines.on('line', (line) => (sample = JSON.parse(line)));
    child.once('error', reject);
    // Its last line has been read when its output is closed.
    child.once('close', (code) => {
      if (sample === undefined) reject(new Error(`it ended with ${code} and never listened`));
      else resolve(sample);
    });
  });
}
