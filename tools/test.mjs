// `npm test`: everything that fits twelve minutes on two cores, in the order in which it fails fastest.
// `npm run test:full`: the same with the long runs: more seeds of the simulation, the fleet at its full size.
// A suite whose program is missing is named at the end, with how to run it; that fails nothing.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresAvailable } from './servers/postgres.mjs';
import { redisAvailable } from './servers/redis.mjs';

if (process.argv.includes('--full'))
  Object.assign(process.env, { FULL: '1', SIM_SEEDS: process.env.SIM_SEEDS ?? '50000' });

const results = mkdtempSync(join(tmpdir(), 'test-results-'));
const chromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path && existsSync(path),
);
const again = 'and run `npm test` again';
const missing = [
  ...(chromium
    ? []
    : [`browser: no Chromium found; install Debian’s \`chromium\` (or set CHROMIUM_PATH) ${again}`]),
  ...(redisAvailable()
    ? []
    : [
        `store contract, processes and cluster on Redis: no redis-server found; install Debian’s \`redis-server\` ${again}`,
      ]),
  ...(postgresAvailable()
    ? []
    : [
        `store contract, processes and cluster on PostgreSQL: no PostgreSQL found; install Debian’s \`postgresql\` ${again}`,
      ]),
];

const jest = (name, ...args) => ({
  name,
  command: process.execPath,
  args: [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${join(results, `${name}.json`)}`,
    ...args,
  ],
  report: join(results, `${name}.json`),
});
const node = (name, ...args) => ({ name, command: process.execPath, args });

const steps = [
  node('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  node('types', 'node_modules/typescript-7/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  node('lint', 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'),
  node('build', 'node_modules/@nestjs/cli/bin/nest.js', 'build', '--all'),
  jest('unit', '--selectProjects', 'unit'),
  jest('e2e', '--selectProjects', 'e2e'),
  node('docs', 'tools/docs-table.mjs', '--check', '--report', join(results, 'conformance.json')),
  ...(chromium ? [jest('browser', '--selectProjects', 'browser', '--maxWorkers', '1')] : []),
  node('smoke', 'tools/smoke.mjs'),
];

let passed = 0;
let failed = 0;
for (const step of steps) {
  const began = process.hrtime.bigint();
  console.log(`\n== ${step.name}`);
  const code = await run(step);
  const seconds = Number((process.hrtime.bigint() - began) / 1_000_000n) / 1000;
  const counts =
    step.report && existsSync(step.report) ? JSON.parse(readFileSync(step.report, 'utf8')) : undefined;
  passed += counts?.numPassedTests ?? (code === 0 ? 1 : 0);
  failed += Math.max(counts?.numFailedTests ?? 0, code === 0 ? 0 : 1);
  console.log(
    `== ${step.name}: ${code === 0 ? 'ok' : `failed (exit code ${code})`}, ${seconds.toFixed(1)} s`,
  );
  // What the later steps would say of code that does not build is noise.
  if (code !== 0 && step.name === 'build') break;
}
rmSync(results, { recursive: true, force: true });
for (const line of missing) console.log(`not run: ${line}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function run({ command, args }) {
  const env = { ...process.env, CONFORMANCE_REPORT: join(results, 'conformance.json') };
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(signal ? 128 : (code ?? 1)));
  });
}
