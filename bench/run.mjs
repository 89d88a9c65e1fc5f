// `npm run bench`: measures the product beside what one would otherwise use, and writes docs/performance.md.
//   --quick             short rounds, under five minutes (the default)
//   --full              long rounds, and stores of a million records
//   --only=login,sweep  some of the benchmarks; prints them and leaves the page alone
//   --update            with --only: writes the page, with what it had of the others
//   --json=file         also writes all figures to a file
//   --profile=folder    leaves a CPU profile of every measured process there; the figures are worse for it
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../tools/build.mjs';
import { markdownTable, packageVersions, pageOf } from './lib/page.mjs';
import { plot } from './lib/plot.mjs';
import { reasonOf } from './lib/rounds.mjs';
import { Servers } from './lib/servers.mjs';
import { scratchFolders } from './lib/stores.mjs';
import { claimRows } from './lib/targets.mjs';
import { profileInto, stopWorkers } from './lib/workers.mjs';

const benchmarks = [
  ...[
    'login',
    'for-user',
    'sweep',
    'sweep-latency',
    'sweep-memory',
    'stampede',
    'due-scan',
    'size',
    'start-up',
  ],
];
const here = fileURLToPath(new URL('.', import.meta.url));
const docs = fileURLToPath(new URL('../docs/', import.meta.url));

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    full: { type: 'boolean' },
    only: { type: 'string' },
    update: { type: 'boolean' },
    json: { type: 'string' },
    profile: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const chosen = options.only?.split(',') ?? benchmarks;
const unknown = chosen.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${benchmarks.join(', ')}.`);
  process.exit(2);
}

if (options.profile) profileInto(resolve(options.profile));
installPeers();
ensureBuilt();

const mode = options.full ? 'full' : 'quick';
const folders = scratchFolders(tmpdir());
const context = {
  full: mode === 'full',
  /** A number for the quick mode, and one for the full one. */
  pick: (quick, full) => (mode === 'full' ? full : quick),
  seed: Number(options.seed),
  servers: new Servers(),
  scratch: () => folders.make(),
  say: (text) => process.stderr.write(`${text}\n`),
};

// Servers end by themselves with this process; what lies on the disk does not.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    stopWorkers();
    folders.remove();
    process.exit(code);
  });
}

const pageData = join(docs, 'performance.json');
/** What the page has, where only a part of it is measured again. */
const earlier = options.update ? JSON.parse(readFileSync(pageData, 'utf8')) : undefined;
if (earlier !== undefined && earlier.mode !== mode) {
  console.error(`The page is of the ${earlier.mode} mode: give --${earlier.mode}, or measure everything.`);
  process.exit(2);
}

const results = {};
const began = performance.now();
try {
  for (const name of chosen) {
    const start = performance.now();
    context.say(`${name} …`);
    const benchmark = await import(`./${name}/index.mjs`);
    results[name] = {
      title: benchmark.title,
      ...(await benchmark.run(context).catch((error) => ({
        ...{ tables: [], targets: [], notes: [] },
        failures: [`not measured: ${reasonOf(error)}`],
      }))),
    };
    context.say(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  await report();
} finally {
  await context.servers.stop();
  stopWorkers();
  folders.remove();
}

async function report() {
  const seconds = Math.round((performance.now() - began) / 1000);
  for (const { title, tables, failures } of Object.values(results)) {
    for (const table of tables) console.log(`\n${title} · ${table.title}\n\n${markdownTable(table)}`);
    for (const failure of failures) console.log(`\nFAILED ${failure}`);
  }
  const measured = Object.values(results).flatMap(({ targets }) => targets);
  const rows = claimRows(measured).filter((row) => options.only === undefined || row[5] !== 'not measured');
  console.log(
    `\n${markdownTable({ columns: ['what', 'compared with', 'must', 'aim', 'measured', 'verdict', 'command'], rows })}`,
  );
  const names = [
    '@nestjs/core',
    '@nestjs/passport',
    'passport-oauth2',
    'express',
    'express-session',
    'undici',
  ];
  const stores = ['axios', 'libsql', 'ioredis', 'pg'];
  const peers = [
    'grant',
    'openid-client',
    '@auth/express',
    'better-auth',
    'simple-oauth2',
    '@badgateway/oauth2-client',
  ];
  const versions = {
    ...packageVersions([...names, ...stores, ...peers], join(here, 'run.mjs')),
    ...(await context.servers.versions()),
  };
  if (options.json) writeFileSync(options.json, JSON.stringify({ mode, versions, results }, null, 2));
  if (options.only === undefined || options.update) writePage(versions);
  context.say(`${mode} mode, ${seconds} s.`);
}

function writePage(versions) {
  for (const result of Object.values(results)) result.later = options.update === true;
  // In the order in which everything is measured.
  const all = Object.fromEntries(
    benchmarks.flatMap((name) => {
      const result = results[name] ?? earlier?.results[name];
      return result === undefined ? [] : [[name, result]];
    }),
  );
  writeFileSync(pageData, `${JSON.stringify({ mode, versions, results: all })}\n`);
  writeFileSync(join(docs, 'performance.md'), pageOf({ mode, results: all, versions }));
  writeFileSync(join(docs, 'performance.svg'), plot(Object.values(all).flatMap(({ bars = [] }) => bars)));
  context.say('docs/performance.md, .json and .svg are written.');
}

function installPeers() {
  if (existsSync(join(here, 'node_modules', 'simple-oauth2'))) return;
  console.error('Installing what the product is compared with (bench/package.json), once.');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: here,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('The peers could not be installed: see above.');
    process.exit(1);
  }
}
