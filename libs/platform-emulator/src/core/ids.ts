import { expand, type Randomness } from './randomness.js';

/**
 * Draws ids, codes and opaque tokens. A running number goes into every draw, so that no two are ever equal, not even
 * with a randomness that repeats itself.
 */
export class Ids {
  readonly #randomness: Randomness;
  #drawn = 0;

  constructor(randomness: Randomness) {
    this.#randomness = randomness;
  }

  bytes(size: number): Buffer {
    const entropy = Buffer.from(this.#randomness(32)).toString('hex');
    return expand(`${entropy}\n${++this.#drawn}`, size);
  }

  hex(size: number): string {
    return this.bytes(size).toString('hex');
  }

  uuid(): string {
    return uuidOf(this.bytes(16));
  }

  base64url(size: number): string {
    return this.bytes(size).toString('base64url');
  }
}

/** Writes 16 bytes as a version 4 UUID. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
