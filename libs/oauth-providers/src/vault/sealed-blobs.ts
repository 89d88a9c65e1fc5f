import { type LookupHasher } from './record-key.js';
import { SealError } from './seal-error.js';
import { type Sealer } from './sealing.js';
import { type BlobStore } from './store-engine.port.js';

/** What became of one value that was to be sealed anew. */
export type ResealResult = 'resealed' | 'untouched' | 'broken';

/** What became of one page of them. */
export interface BlobReseal {
  readonly results: readonly ResealResult[];
  /** From behind where the next page starts; undefined when there is none. */
  readonly next: Buffer | undefined;
}

/**
 * Texts under names, sealed and hashed at rest: the store sees neither. Each value is bound to its own name,
 * so values cannot be swapped. Expiry is in ms since the epoch, in store time; null never expires.
 */
export class SealedBlobs {
  readonly #purpose: 'session' | 'directory';
  readonly #blobs: BlobStore;
  readonly #sealer: Sealer;
  readonly #hasher: LookupHasher;

  constructor(purpose: 'session' | 'directory', blobs: BlobStore, sealer: Sealer, hasher: LookupHasher) {
    this.#purpose = purpose;
    this.#blobs = blobs;
    this.#sealer = sealer;
    this.#hasher = hasher;
  }

  /** @throws SealError when the value was tampered with or its key is missing */
  async get(name: string): Promise<string | undefined> {
    const key = this.#key(name);
    const sealed = await this.#blobs.get(this.#purpose, key);
    return sealed && this.#sealer.open(this.#purpose, [key], sealed).toString('utf8');
  }

  /** Puts a value, whatever was there. */
  async put(name: string, value: string, expiresAt: number | null): Promise<void> {
    const key = this.#key(name);
    await this.#blobs.put(this.#purpose, key, this.#seal(key, value), expiresAt);
  }

  /** Puts a value where there is none; true for exactly one of those who try. */
  async putIfAbsent(name: string, value: string, expiresAt: number | null): Promise<boolean> {
    const key = this.#key(name);
    return this.#blobs.putIfAbsent(this.#purpose, key, this.#seal(key, value), expiresAt);
  }

  /** Moves the expiry of a value, if there is one. */
  async touch(name: string, expiresAt: number | null): Promise<void> {
    await this.#blobs.touch(this.#purpose, this.#key(name), expiresAt);
  }

  async delete(name: string): Promise<void> {
    await this.#blobs.delete(this.#purpose, this.#key(name));
  }

  /** Drops at most `limit` expired values and says how many. */
  async sweep(limit: number): Promise<number> {
    return this.#blobs.sweep(limit);
  }

  /**
   * Seals at most `limit` values anew that lie under an older key of the ring, from behind `after`. One that is
   * written meanwhile is left alone.
   */
  async reseal(limit: number, after: Buffer | undefined): Promise<BlobReseal> {
    const page = await this.#blobs.page({ namespace: this.#purpose, after, limit });
    const results = await Promise.all(page.blobs.map(({ key, value }) => this.#resealOne(key, value)));
    return { results, next: page.next };
  }

  async #resealOne(key: Buffer, sealed: Buffer): Promise<ResealResult> {
    try {
      if (!this.#sealer.needsReseal(sealed)) return 'untouched';
      const bytes = this.#sealer.open(this.#purpose, [key], sealed);
      const value = this.#sealer.seal(this.#purpose, [key], bytes);
      const replacement = { namespace: this.#purpose, key, expected: sealed, value };
      return (await this.#blobs.replaceIf(replacement)) ? 'resealed' : 'untouched';
    } catch (error) {
      if (error instanceof SealError) return 'broken';
      throw error;
    }
  }

  #key(name: string): Buffer {
    return this.#hasher.hash(this.#purpose, name);
  }

  #seal(key: Buffer, value: string): Buffer {
    return this.#sealer.seal(this.#purpose, [key], Buffer.from(value, 'utf8'));
  }
}
