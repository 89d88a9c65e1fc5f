import { type LookupHasher } from './record-key.js';
import { type Sealer } from './sealing.js';
import { type BlobStore } from './store-engine.port.js';

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

  #key(name: string): Buffer {
    return this.#hasher.hash(this.#purpose, name);
  }

  #seal(key: Buffer, value: string): Buffer {
    return this.#sealer.seal(this.#purpose, [key], Buffer.from(value, 'utf8'));
  }
}
