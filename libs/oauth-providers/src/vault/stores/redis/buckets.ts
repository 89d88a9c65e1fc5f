/** Which buckets, both ends included. */
export interface BucketRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Where the keys of a store lie. All keys of a bucket share a hash tag and so a slot. The bucket of a record is
 * the beginning of its key, so going through the buckets goes through the records in the order of their keys.
 */
export class Buckets {
  readonly #bits: number;
  readonly #bases: readonly string[];

  constructor(
    readonly prefix: string,
    readonly count: number,
  ) {
    this.#bits = Math.log2(count);
    this.#bases = Array.from({ length: count }, (_, bucket) => `${prefix}:{${bucket}}:`);
  }

  get last(): number {
    return this.count - 1;
  }

  /** The bucket of whatever is found under `key`. */
  of(key: Buffer): number {
    return (((key[0] ?? 0) << 8) | (key[1] ?? 0)) >> (16 - this.#bits);
  }

  /** The Redis key of something in the bucket of `key`: a letter that says what it is, then its name. */
  at(letter: string, key: Buffer, name: Buffer | string = key): Buffer {
    return this.in(this.of(key), letter, name);
  }

  /** The Redis key of something in a certain bucket. */
  in(bucket: number, letter: string, name: Buffer | string): Buffer {
    const head = (this.#bases[bucket] ?? '') + letter;
    const key = Buffer.allocUnsafe(head.length + name.length);
    key.write(head, 'latin1');
    if (typeof name === 'string') key.write(name, head.length, 'latin1');
    else name.copy(key, head.length);
    return key;
  }
}
