// How well a sweep fills its slots while the platform takes its time.
import { interleave } from '../lib/rounds.mjs';
import { median, rate } from '../lib/stats.mjs';
import { openPlaces } from '../lib/stores.mjs';
import { shown } from '../lib/table.mjs';
import { startWorker } from '../lib/workers.mjs';
import { startStandIn } from '../stand-in/index.mjs';
import { byHand, check, ours } from '../sweep/index.mjs';

export const title = 'Sweep while the platform takes 50 ms';

const latencyMs = 50;
const width = 64;
const bytes = 4096;
const ideal = (width / latencyMs) * 1000;

export async function run(context) {
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  const count = width * context.pick(12, 60);
  const standIn = await startStandIn();
  await standIn.set({ tokenBytes: bytes / 2, latencyMs });
  const { places, missing } = await openPlaces(context);
  result.failures.push(...missing);
  const contenders = places.flatMap(({ title: store, place }) => [
    { name: `by hand on ${store} (floor)`, store, module: byHand, place },
    {
      name: `nestjs-oauth-providers on ${store}`,
      store,
      module: ours,
      place,
      claim: store !== 'memory',
    },
  ]);
  const started = [];
  try {
    for (const contender of contenders) {
      const worker = await startWorker(contender.module);
      started.push({ ...contender, worker });
      await worker.call('start', {
        place: await contender.place(),
        standIn: standIn.url,
        concurrency: width,
      });
    }
    const options = { rounds: context.pick(2, 5), warmUps: 1, seed: context.seed };
    const { samples, failures } = await interleave(started, options, async ({ worker }) => {
      await worker.call('fill', { count, bytes, dueInMs: -60_000 });
      await standIn.reset();
      const sample = await worker.call('sweep', { width });
      await check(sample, { worker, standIn, count, keeps: true });
      return sample;
    });
    for (const [name, reason] of failures) result.failures.push(`${name}: ${reason}`);
    const share = (name) => median(samples.get(name).map(rate)) / ideal;
    result.tables.push({
      title: `${count} tokens, ${width} at once: ${ideal} renewals per second are possible`,
      columns: ['contender', 'renewals/s', 'of what is possible'],
      rows: contenders.map(({ name }) => [
        name,
        shown(median(samples.get(name).map(rate))),
        `${shown(share(name), 3)}x`,
      ]),
    });
    for (const { name, store, claim } of contenders) {
      if (claim) result.targets.push({ id: 'sweep-latency', what: store, value: share(name) });
    }
  } finally {
    for (const { worker } of started) await worker.stop();
    await standIn.stop();
  }
  return result;
}
