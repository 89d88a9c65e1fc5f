import { createHash, randomBytes } from 'node:crypto';

/** Returns `size` bytes nobody can guess, or, when seeded, the next `size` bytes of a fixed sequence. */
export type Randomness = (size: number) => Uint8Array;

/** The operating system's randomness. */
export const systemRandomness: Randomness = (size) => randomBytes(size);

/** A repeatable sequence for tests: the same seed gives the same codes and opaque tokens (never the same keys). */
export function seededRandomness(seed: string): Randomness {
  let draw = 0;
  return (size) => expand(`${seed}\n${draw++}`, size);
}

/** Stretches a text to `size` bytes, always the same for the same text. */
export function expand(text: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < size; block++) {
    blocks.push(createHash('sha256').update(`${block}\n${text}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}
