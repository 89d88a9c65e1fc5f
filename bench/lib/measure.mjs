import { performance } from 'node:perf_hooks';

/** Runs `work` and adds how long it took and what this process computed meanwhile. */
export async function measured(work) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const value = await work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { ...value, ms, cpuUs: user + system };
}

/** Calls `operation` one after the other for about `ms`, `batch` times between two looks at the clock. */
export async function serially(operation, ms, batch = 1) {
  const until = performance.now() + ms;
  let ops = 0;
  do {
    for (let i = 0; i < batch; i += 1) await operation(ops + i);
    ops += batch;
  } while (performance.now() < until);
  return { ops };
}

/** Keeps `width` calls of `operation` under way for about `ms`. */
export async function atOnce(operation, width, ms) {
  const until = performance.now() + ms;
  let ops = 0;
  const one = async () => {
    while (performance.now() < until) {
      const number = ops;
      ops += 1;
      await operation(number);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return { ops };
}

/** Runs `operation` on each item, `width` at once. */
export async function overAll(items, width, operation) {
  let next = 0;
  const one = async () => {
    while (next < items.length) {
      const item = items[next];
      next += 1;
      await operation(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, one));
}
