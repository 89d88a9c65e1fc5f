// A store of the product with very many records, of which a hundred are due.
import { randomBytes } from 'node:crypto';
import { engineOf } from '../lib/engine.mjs';
import { measured, overAll } from '../lib/measure.mjs';

const lane = randomBytes(32);
const due = 100;
const dayMs = 86_400_000;
const clock = { now: () => Date.now() };

let store;
let dueKeys;
let stored = 0;

export async function start({ place }) {
  store = await (await engineOf(place)).open(clock);
}

/** Brings it to `count` records of `bytes` sealed bytes; the first hundred are due. */
export async function grow({ count, bytes }) {
  const now = await store.tokens.now();
  const first = stored === 0;
  const keys = Array.from({ length: count - stored }, () => randomBytes(32));
  if (first) dueKeys = keys.slice(0, due);
  const isDue = new Set(dueKeys);
  const sealed = randomBytes(bytes);
  let number = stored;
  await overAll(keys, 512, async (key) => {
    number += 1;
    await store.tokens.replace({
      ...{ key, sealed, lane, owner: null },
      writeId: randomBytes(12),
      generation: randomBytes(16),
      dueAt: isDue.has(key) ? now - 1000 : now + dayMs + number,
    });
  });
  stored = count;
}

/** Claims what is due, `times` times; giving it back in between is not measured. */
export async function claim({ times }) {
  const samples = [];
  for (let time = 0; time < times; time += 1) {
    const owner = randomBytes(16);
    const sample = await measured(async () => {
      const request = { lane, owner, leaseMs: 60_000, limit: due, spending: false };
      const records = await store.tokens.claimDue(request);
      return { ops: records.length, keys: records.map(({ key }) => key) };
    });
    if (sample.ops !== due) throw new Error(`${sample.ops} of ${due} due records were claimed`);
    await Promise.all(sample.keys.map((key) => store.tokens.release({ key, owner })));
    samples.push({ ops: 1, ms: sample.ms, cpuUs: sample.cpuUs });
  }
  return samples;
}

export const close = () => store.close();
