// Whether finding what is due costs what is due, and not what is stored.
import { reasonOf } from '../lib/rounds.mjs';
import { median } from '../lib/stats.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { shown } from '../lib/table.mjs';
import { withWorker } from '../lib/workers.mjs';

export const title = 'Claiming what is due';

const bytes = 300;
const module = new URL('./store.mjs', import.meta.url);

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const sizes = context.pick([10_000, 50_000], [10_000, 100_000, 1_000_000]);
  const { places, missing } = await openPlaces(context);
  result.failures.push(...missing);
  const rows = [];
  for (const { kind, title: store, place } of places) {
    try {
      const { server } = kind === 'redis' || kind === 'postgres' ? await context.servers.get(kind) : {};
      const times = await claims(context, await place(), sizes, { kind, server });
      const [first, ...rest] = times;
      rows.push([store, ...times.map((ms) => `${shown(ms, 2)} ms`), `${shown(rest.at(-1) / first, 2)}x`]);
      result.targets.push({
        id: 'due-scan',
        what: `${store}, to ${shown(sizes.at(-1))}`,
        value: rest.at(-1) / first,
      });
    } catch (error) {
      result.failures.push(`${store}: ${reasonOf(error)}`);
    }
  }
  result.tables.push({
    title: `A claim of 100 due records of ${bytes} bytes among so many`,
    columns: ['store', ...sizes.map((size) => shown(size)), 'last over first'],
    rows,
  });
  result.notes.push(
    'The middle of many claims, each of which is given back before the next. They mark no refresh tokens as being spent.',
  );
  return result;
}

async function claims(context, place, sizes, { kind, server }) {
  return withWorker(module, {}, async (worker) => {
    await worker.call('start', { place });
    const times = [];
    for (const count of sizes) {
      // Filling is not what is measured, and would take minutes at full durability.
      await relax({ kind, server, database: place.database }, true);
      await worker.call('grow', { count, bytes });
      await relax({ kind, server, database: place.database }, false);
      await worker.call('claim', { times: 10 });
      const samples = await worker.call('claim', { times: context.pick(30, 100) });
      times.push(median(samples.map(({ ms }) => ms)));
    }
    await worker.call('close');
    return times;
  });
}

async function relax({ kind, server, database }, relaxed) {
  if (kind === 'redis') await server.cli(['config', 'set', 'appendfsync', relaxed ? 'everysec' : 'always']);
  if (kind !== 'postgres') return;
  await server.psql(`ALTER SYSTEM SET synchronous_commit = ${relaxed ? 'off' : 'on'}`);
  await server.psql('SELECT pg_reload_conf()');
  if (!relaxed) await server.psql('VACUUM ANALYZE', database);
}
