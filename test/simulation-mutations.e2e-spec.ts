import { describe, expect, it } from '@jest/globals';
import { mutations } from './simulation/mutations.js';
import { run } from './simulation/run.js';

/** So many runs at the most, until a rule that is switched off is missed. */
const enough = 6_000;

describe('the simulation notices when a rule is switched off', () => {
  it.each(Object.entries(mutations))('%s', async (_what, { mutation, caught }) => {
    let found: string | undefined;
    let seed = 0;
    while (found === undefined && seed < enough) {
      found = (await run(seed, mutation)).violation?.message;
      seed += 1;
    }
    if (process.env['SIM_VERBOSE'] === '1')
      process.stderr.write(`${_what}: ${String(seed)} ${String(found)}\n`);
    expect(found).toMatch(caught);
  });
});
