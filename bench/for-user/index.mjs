// What a valid token costs once more: out of the cache, and out of every store.
import { interleave } from '../lib/rounds.mjs';
import { ratios } from '../lib/stats.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { cpuNote, ratioColumns, ratioRow } from '../lib/table.mjs';
import { startWorker } from '../lib/workers.mjs';

export const title = 'A valid token, once more';

const count = 1000;
const bytes = 2048;
const ours = new URL('../contenders/tokens.mjs', import.meta.url);
const byHand = new URL('../floors/worker.mjs', import.meta.url);
const inMemory = new URL('../contenders/in-memory.mjs', import.meta.url);
const valid = { count, bytes, dueInMs: 3_000_000, lifeMs: 3_600_000 };

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  await cached(context, result);
  const { places, missing } = await openPlaces(context);
  result.failures.push(...missing);
  for (const place of places) await uncached(context, result, place);
  result.notes.push(
    `${count} tokens of ${bytes} bytes. Without the cache each call reads the store and opens the seal; with it a token is believed for five seconds.`,
    'simple-oauth2 and @badgateway/oauth2-client hold one token per object in memory, unsealed; a map of such objects stands for a store.',
  );
  return result;
}

async function cached(context, result) {
  const reference = 'async Map lookup (floor)';
  const ourName = 'nestjs-oauth-providers, cached';
  const contenders = [
    { name: reference, module: inMemory, input: { kind: 'map', count, bytes } },
    { name: ourName, module: ours, input: { place: { kind: 'memory' } }, fill: valid },
    { name: 'Map + AES-256-GCM open', module: inMemory, input: { kind: 'sealed', count, bytes } },
    { name: 'simple-oauth2, expired()', module: inMemory, input: { kind: 'simple-oauth2', count, bytes } },
    {
      name: '@badgateway/oauth2-client, getAccessToken()',
      module: inMemory,
      input: { kind: 'badgateway', count, bytes },
    },
  ];
  const ask = { ms: context.pick(150, 500), width: 1, touchFirst: true };
  const { samples } = await measure(context, contenders, ask, result);
  result.tables.push({
    title: 'In memory, one after the other',
    columns: ratioColumns('contender', 'call', 'Map'),
    rows: contenders.map(({ name }) => ratioRow(name, samples.get(name), samples.get(reference), 2)),
  });
  const [mine, base] = [samples.get(ourName), samples.get(reference)];
  result.targets.push({ id: 'for-user-cached', value: ratios(mine, base).median, note: cpuNote(mine, base) });
}

async function uncached(context, result, { title: store, place }) {
  const reference = `by hand on ${store} (floor)`;
  const ourName = `nestjs-oauth-providers on ${store}`;
  const contenders = [
    { name: reference, module: byHand, input: { place: await place() }, fill: valid },
    { name: ourName, module: ours, input: { place: await place(), cache: { entries: 0 } }, fill: valid },
  ];
  for (const width of [1, 64]) {
    const ask = { ms: context.pick(200, 1000), width };
    const { samples } = await measure(context, contenders, ask, result);
    const [mine, base] = [samples.get(ourName), samples.get(reference)];
    const how = width === 1 ? 'one after the other' : `${width} at once`;
    result.tables.push({
      title: `${store}, ${how}`,
      columns: ratioColumns('contender', 'call', 'by hand'),
      rows: contenders.map(({ name }) => ratioRow(name, samples.get(name), base, 1)),
    });
    // The memory store is no part of the claim: there is nothing to read there.
    if (store === 'memory') continue;
    const value = ratios(mine, base).median;
    result.targets.push({ id: 'for-user', what: `${store}, ${how}`, value, note: cpuNote(mine, base) });
  }
}

async function measure(context, contenders, ask, result) {
  const started = [];
  try {
    for (const contender of contenders) {
      const worker = await startWorker(contender.module);
      started.push({ ...contender, worker });
      await worker.call('start', contender.input);
      if (contender.fill) await worker.call('fill', contender.fill);
    }
    const options = { rounds: context.pick(4, 11), warmUps: context.pick(2, 3), seed: context.seed };
    const outcome = await interleave(started, options, ({ worker }) => worker.call('read', ask));
    for (const [name, reason] of outcome.failures) result.failures.push(`${name}: ${reason}`);
    return outcome;
  } finally {
    for (const { worker } of started) await worker.stop();
  }
}
