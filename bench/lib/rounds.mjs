// Short rounds in a shuffled order, so that a slow second of the machine does not hit one contender alone.

/** A small generator of random numbers that gives the same ones for the same seed (mulberry32). */
export function prng(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(items, random) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * Takes one sample of every contender per round. One that fails takes no further part and is named in `failures`.
 *
 * @param contenders - each with a `name`
 * @param take - gives the sample of a contender in a round; rounds below 0 warm up and do not count
 */
export async function interleave(contenders, { rounds, warmUps = 1, seed = 1 }, take) {
  const random = prng(seed);
  const samples = new Map(contenders.map(({ name }) => [name, []]));
  const failures = new Map();
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const contender of shuffled(contenders, random)) {
      const { name } = contender;
      if (failures.has(name)) continue;
      try {
        const sample = await take(contender, round);
        if (round >= 0) samples.get(name).push(sample);
      } catch (error) {
        failures.set(name, reasonOf(error));
      }
    }
  }
  return { samples, failures };
}

/** One line about an error. */
export function reasonOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].slice(0, 200);
}
