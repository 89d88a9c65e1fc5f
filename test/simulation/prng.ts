import { type Randomness } from '../../libs/oauth-providers/src/core/ports.js';

/** Numbers that look random and are the same for the same seed (mulberry32). Good enough for anything but secrets. */
export class Prng implements Randomness {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  }

  /** From 0 up to, and not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.next() * list.length)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at += 4) {
      const four = this.next() * 2 ** 32;
      for (let place = 0; place < 4 && at + place < size; place += 1)
        bytes[at + place] = four >>> (8 * place);
    }
    return bytes;
  }

  /** Another sequence of its own. */
  fork(): Prng {
    return new Prng(Math.floor(this.next() * 2 ** 31));
  }
}
