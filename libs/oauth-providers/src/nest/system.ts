import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';

/** The clock of the machine. */
export const systemClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- the one place where real time comes in
  now: () => Date.now(),
};

/** The random source of node:crypto. */
export const systemRandomness: Randomness = { bytes: (size) => pooledBytes(size) };

/** What one request to the system's random source gives; a login needs about a hundred and fifty bytes. */
const poolBytes = 4096;
const pool = Buffer.alloc(poolBytes);
let taken = poolBytes;

/**
 * Asking the system costs the same for sixteen bytes as for thousands. Every byte is handed out once: it is copied and
 * wiped, so that neither a second caller nor a look into memory finds it here.
 */
function pooledBytes(size: number): Buffer {
  if (size > poolBytes / 4) return randomFillSync(Buffer.allocUnsafeSlow(size));
  if (taken + size > poolBytes) {
    randomFillSync(pool);
    taken = 0;
  }
  // A buffer of its own: a few bytes that somebody keeps must not keep a whole slab alive.
  const bytes = Buffer.allocUnsafeSlow(size);
  pool.copy(bytes, 0, taken, taken + size);
  pool.fill(0, taken, taken + size);
  taken += size;
  return bytes;
}

/** The timers of the machine. Waiting keeps no process alive. */
export const systemTimers: Timers = {
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
