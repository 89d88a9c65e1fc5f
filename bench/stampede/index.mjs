// Everybody wants one expired token at once, in four processes; the refresh token works a single time.
import { randomBytes } from 'node:crypto';
import { reasonOf } from '../lib/rounds.mjs';
import { median } from '../lib/stats.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { shown } from '../lib/table.mjs';
import { startWorker } from '../lib/workers.mjs';
import { startStandIn } from '../stand-in/index.mjs';
import { ours } from '../sweep/index.mjs';

export const title = 'Stampede on an expired token';

const processes = 4;
const callers = 250;
const latencyMs = 30;
/** Modules are loaded and connections opened by then; after so many rounds most of what they run is compiled. */
const settlingMs = 1_500;
const unmeasured = 12;
const peers = new URL('../contenders/stampeders.mjs', import.meta.url);

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const standIn = await startStandIn();
  await standIn.set({ latencyMs, tokenBytes: 512 });
  const { places, missing } = await openPlaces(context, ['redis', 'postgres']);
  result.failures.push(...missing);
  const contenders = [
    ...places.map(({ title: store, place }) => ({
      ...{ name: `nestjs-oauth-providers on ${store}`, claim: store, module: ours, place },
      fill: { count: 1, bytes: 1024, dueInMs: -60_000, lifeMs: -1000 },
    })),
    ...places
      .filter(({ kind }) => kind === 'redis')
      .map(({ place }) => ({
        name: 'single flight + Redis lock by hand (floor)',
        ...{ module: peers, kind: 'lock', place },
      })),
    ...['simple-oauth2', 'openid-client', '@badgateway/oauth2-client'].map((kind) => ({
      name: kind,
      module: peers,
      kind,
    })),
  ];
  const rows = [];
  try {
    for (const contender of contenders) {
      try {
        const samples = await stampedes(context, standIn, contender);
        rows.push(rowOf(contender.name, samples));
        if (contender.claim) result.targets.push(targetOf(contender.claim, samples));
      } catch (error) {
        result.failures.push(`${contender.name}: ${reasonOf(error)}`);
      }
    }
  } finally {
    await standIn.stop();
  }
  result.tables.push({
    title: `${processes} processes × ${callers} callers, provider with ${latencyMs} ms latency`,
    columns: [
      'contender',
      'provider calls',
      'with a spent token',
      'callers that fail',
      'ms from first to last',
      'ms over the latency',
    ],
    rows,
  });
  result.notes.push(
    'Worst of the rounds for calls, spent tokens and failures; the middle round for times. What the clocks of the processes say is compared: they are on one machine.',
    `Processes that have run for a while: all contenders had ${unmeasured} rounds before those that count.`,
    'simple-oauth2 and openid-client leave sharing to the application: each caller refreshes what it read. @badgateway/oauth2-client shares one refresh within an object, so within a process.',
  );
  return result;
}

async function stampedes(context, standIn, { module, place, kind, fill }) {
  const workers = await Promise.all(
    Array.from({ length: processes }, () => startWorker(module, { role: 'measured' })),
  );
  const samples = [];
  try {
    const where = await place?.();
    for (const worker of workers) await worker.call('start', { place: where, kind, standIn: standIn.url });
    await new Promise((resolve) => setTimeout(resolve, settlingMs));
    for (let round = -unmeasured; round < context.pick(5, 20); round += 1) {
      const prefix = randomBytes(6).toString('hex');
      const subject = `${prefix}-0`;
      if (fill) await workers[0].call('fill', { ...fill, prefix });
      else await Promise.all(workers.map((worker) => worker.call('give', { subject })));
      await standIn.reset();
      const outcomes = await Promise.all(
        workers.map((worker) => worker.call('stampede', { subject, callers })),
      );
      const { refreshes, reuses } = await standIn.counted();
      if (round < 0) continue;
      const began = Math.min(...outcomes.map((outcome) => outcome.began));
      const ended = Math.max(...outcomes.map((outcome) => outcome.ended));
      const failures = outcomes.reduce((sum, outcome) => sum + outcome.failures, 0);
      samples.push({ refreshes, reuses, failures, ms: ended - began });
    }
    return samples;
  } finally {
    for (const worker of workers) await worker.stop();
  }
}

const worst = (samples, name) => Math.max(...samples.map((sample) => sample[name]));
const middle = (samples) => median(samples.map(({ ms }) => ms));

const rowOf = (name, samples) => [
  name,
  ...['refreshes', 'reuses', 'failures'].map((field) => shown(worst(samples, field))),
  ...[middle(samples), middle(samples) - latencyMs].map((ms) => shown(ms)),
];

function targetOf(store, samples) {
  const [calls, failures] = ['refreshes', 'failures'].map((field) => worst(samples, field));
  return { id: 'stampede', what: store, value: { calls, failures, over: middle(samples) - latencyMs } };
}
