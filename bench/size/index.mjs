// What a record of 4,096 bytes of tokens takes in each store, beside sealed binary rows by hand.
import { statSync } from 'node:fs';
import { reasonOf } from '../lib/rounds.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { shown } from '../lib/table.mjs';
import { withWorker } from '../lib/workers.mjs';
import { byHand, ours } from '../sweep/index.mjs';

export const title = 'Bytes per record';

const payload = 4096;

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const count = context.pick(2000, 20_000);
  const { places, missing } = await openPlaces(context, ['sqlite', 'redis', 'postgres']);
  result.failures.push(...missing);
  const rows = [];
  for (const { kind, title: store, place } of places) {
    try {
      const { server } = kind === 'sqlite' ? {} : await context.servers.get(kind);
      const sizes = [];
      for (const module of [ours, byHand])
        sizes.push(await bytesPerRecord(module, await place(), { kind, server, count }));
      rows.push(rowOf(store, sizes));
      const [ratio, hand] = sizes.map((size) => size / payload);
      result.targets.push({ id: `size-${kind}`, value: { ratio, byHand: hand } });
    } catch (error) {
      result.failures.push(`${store}: ${reasonOf(error)}`);
    }
  }
  const columns = ['store', 'bytes per record', '× payload', 'by hand', '× payload', 'over by hand'];
  result.tables.push({
    title: `${shown(count)} records with ${shown(payload)} bytes of tokens`,
    columns,
    rows,
  });
  result.notes.push(
    'SQLite: how much the file grew, after it was closed. Redis: used_memory. PostgreSQL: the tables with their indexes and TOAST.',
    'By hand: key, due time, lease and sealed bytes with an index, and nothing else.',
  );
  return result;
}

const rowOf = (store, [mine, hand]) => [
  ...[store, shown(mine), `${shown(mine / payload, 2)}x`],
  ...[shown(hand), `${shown(hand / payload, 2)}x`, `${shown((mine / hand - 1) * 100, 1)} %`],
];

async function bytesPerRecord(module, place, { kind, server, count }) {
  const take = {
    sqlite: () => statSync(place.file).size,
    redis: () => redisSize(server),
    postgres: () => postgresSize(server, place.database),
  };
  const fill = (records, prefix) =>
    withWorker(module, {}, async (worker) => {
      await worker.call('start', { place });
      await worker.call('fill', { count: records, bytes: payload, dueInMs: 3_000_000, prefix });
      await worker.call('close');
    });
  // What a store takes once, however little is in it, is no part of a record.
  await fill(10, 'first');
  const before = await take[kind]();
  await fill(count, 'then');
  return ((await take[kind]()) - before) / count;
}

async function redisSize(server) {
  const info = await server.cli(['info', 'memory']);
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}

async function postgresSize(server, database) {
  const size = await server.psql(
    `SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
    database,
  );
  return Number(size);
}
