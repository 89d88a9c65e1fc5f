// What a sweep adds to the memory of its process, and whether twice as many tokens add more.
import { openPlaces } from '../lib/stores.mjs';
import { shown } from '../lib/table.mjs';
import { withWorker } from '../lib/workers.mjs';
import { startStandIn } from '../stand-in/index.mjs';
import { check, ours } from '../sweep/index.mjs';

export const title = 'Memory of a sweep';

const bytes = 4096;
const concurrency = 64;
const megabyte = 1e6;

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const tokens = context.pick(1000, 10_000);
  const standIn = await startStandIn();
  await standIn.set({ tokenBytes: bytes / 2 });
  const { places, missing } = await openPlaces(context, ['sqlite', 'redis', 'postgres']);
  result.failures.push(...missing);
  const rows = [];
  try {
    for (const { title: store, place } of places) {
      try {
        const where = await place();
        const once = await added(where, standIn, tokens);
        const twice = await added(where, standIn, tokens * 2);
        rows.push(...[once, twice].map((sample) => rowOf(store, sample)));
        const value = { once: once.added / megabyte, twice: twice.added / megabyte, tokens };
        result.targets.push({ id: 'sweep-memory', what: store, value });
      } catch (error) {
        result.failures.push(`${store}: ${error.message.split('\n')[0]}`);
      }
    }
  } finally {
    await standIn.stop();
  }
  const columns = ['store', 'due tokens', 'before, MB', 'highest, MB', 'added, MB'];
  result.tables.push({ title: `Resident memory, tokens of ${bytes} bytes`, columns, rows });
  result.notes.push(
    'Another process fills the store. The one that is measured first renews 500 tokens, so that its code is loaded and compiled; then its highest resident memory during the sweep is compared with what it had before.',
  );
  return result;
}

const rowOf = (store, { tokens, before, highest, added: more }) => [
  ...[store, shown(tokens)],
  ...[before, highest, more].map((value) => shown(value / megabyte)),
];

async function added(place, standIn, tokens) {
  await fill(place, { count: 500, prefix: 'warm' });
  return withWorker(ours, { nodeArgs: ['--expose-gc'] }, async (worker) => {
    await worker.call('start', { place, standIn: standIn.url, concurrency });
    await standIn.reset();
    await worker.call('sweep');
    await fill(place, { count: tokens, prefix: 'user' });
    await standIn.reset();
    await worker.call('filledBy', { count: tokens });
    const before = await worker.call('beginWatch');
    const sample = await worker.call('sweep');
    const highest = await worker.call('highestMemory');
    await check(sample, { worker, standIn, count: tokens, keeps: true });
    return { tokens, before, highest, added: highest - before };
  });
}

async function fill(place, { count, prefix }) {
  await withWorker(ours, { role: 'rest' }, async (worker) => {
    await worker.call('start', { place });
    await worker.call('fill', { count, bytes, prefix, dueInMs: -60_000 });
    await worker.call('close');
  });
}
