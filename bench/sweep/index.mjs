// Renewing everything that is due: the product's sweep, the same duty by hand, and peers that only make the calls.
import { interleave } from '../lib/rounds.mjs';
import { ratios } from '../lib/stats.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { cpuNote, ratioColumns, ratioRow } from '../lib/table.mjs';
import { startWorker } from '../lib/workers.mjs';
import { startStandIn } from '../stand-in/index.mjs';

export const title = 'Sweep: renewing what is due';

export const ours = new URL('../contenders/tokens.mjs', import.meta.url);
export const byHand = new URL('../floors/worker.mjs', import.meta.url);
const peer = new URL('../contenders/refreshers.mjs', import.meta.url);
const peers = ['undici', 'axios', 'fetch', 'simple-oauth2', '@badgateway/oauth2-client', 'openid-client'];
export const bytes = 4096;
const width = 64;

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const standIn = await startStandIn();
  await standIn.set({ tokenBytes: bytes / 2 });
  try {
    const { places, missing } = await openPlaces(context);
    result.failures.push(...missing);
    for (const place of places) await onStore(context, result, standIn, place);
    await callsOnly(context, result, standIn);
  } finally {
    await standIn.stop();
  }
  result.notes.push(
    `${context.pick('1,500', '10,000')} due tokens of ${bytes} bytes per round, ${width} calls under way. Before each round they are stored anew; that is not measured.`,
    'The calls alone keep nothing, seal nothing, claim nothing and would lose a rotated token with the process.',
  );
  return result;
}

async function onStore(context, result, standIn, { title: store, place }) {
  const reference = `by hand on ${store} (floor)`;
  const ourName = `nestjs-oauth-providers on ${store}`;
  const contenders = [
    { name: reference, module: byHand, input: { place: await place(), standIn: standIn.url } },
    {
      name: ourName,
      module: ours,
      input: { place: await place(), standIn: standIn.url, concurrency: width },
    },
  ];
  const samples = await compare(context, result, standIn, contenders);
  const [mine, base] = [samples.get(ourName), samples.get(reference)];
  result.tables.push({
    title: store,
    columns: ratioColumns('contender', 'renewal', 'by hand'),
    rows: contenders.map(({ name }) => ratioRow(name, samples.get(name), base)),
  });
  const value = ratios(mine, base).median;
  result.bars.push({
    title: `Sweep on ${store}, renewals per second relative to the same duty by hand`,
    bars: [
      { name: ourName, value },
      { name: reference, value: 1 },
    ],
  });
  if (store !== 'memory') result.targets.push({ id: 'sweep', what: store, value, note: cpuNote(mine, base) });
}

async function callsOnly(context, result, standIn) {
  const contenders = peers.map((kind) => ({
    name: kind,
    module: peer,
    input: { kind, standIn: standIn.url },
  }));
  const samples = await compare(context, result, standIn, contenders);
  result.tables.push({
    title: 'The calls alone, without any store',
    columns: ratioColumns('contender', 'renewal', 'undici'),
    rows: contenders.map(({ name }) => ratioRow(name, samples.get(name), samples.get('undici'))),
  });
}

async function compare(context, result, standIn, contenders) {
  const count = context.pick(1500, 10_000);
  const started = [];
  try {
    for (const contender of contenders) {
      const worker = await startWorker(contender.module);
      started.push({ ...contender, worker });
      await worker.call('start', contender.input);
    }
    const options = { rounds: context.pick(3, 7), warmUps: context.pick(1, 2), seed: context.seed };
    const { samples, failures } = await interleave(started, options, async ({ worker, module }) => {
      await worker.call('fill', { count, bytes, dueInMs: -60_000 });
      await standIn.reset();
      const sample = await worker.call('sweep', { width });
      await check(sample, { worker, standIn, count, keeps: module !== peer });
      return sample;
    });
    for (const [name, reason] of failures) result.failures.push(`${name}: ${reason}`);
    return samples;
  } finally {
    for (const { worker } of started) await worker.stop();
  }
}

/** Every token was renewed once, and the new ones are in the store and open. */
export async function check(sample, { worker, standIn, count, keeps }) {
  const { refreshes, reuses } = await standIn.counted();
  if (sample.ops !== count || refreshes !== count || reuses > 0) {
    throw new Error(
      `${count} due, ${sample.ops} renewed by ${refreshes} calls, ${reuses} of them with a spent token`,
    );
  }
  if (!keeps) return;
  const renewed = await worker.call('generations', { sample: 50 });
  if (renewed.some((generation) => generation !== 1)) throw new Error('a new token is not in the store');
}
