import { randomBytes } from 'node:crypto';
import { type Clock, type Randomness } from '../core/ports.js';

/** The clock of the machine. */
export const systemClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- the one place where real time comes in
  now: () => Date.now(),
};

/** The random source of node:crypto. */
export const systemRandomness: Randomness = { bytes: (size) => randomBytes(size) };
