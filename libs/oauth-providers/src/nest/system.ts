import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';

/** The clock of the machine. */
export const systemClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- the one place where real time comes in
  now: () => Date.now(),
};

/** The random source of node:crypto. */
export const systemRandomness: Randomness = { bytes: (size) => randomBytes(size) };

/** The timers of the machine. Waiting keeps no process alive. */
export const systemTimers: Timers = {
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  },
};
