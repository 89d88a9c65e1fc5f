import { type Clock } from '../../../core/ports.js';
import {
  type BlobPage,
  type BlobPageRequest,
  type BlobReplacement,
  type BlobStore,
  checkNamespace,
  type Marks,
  type OpenStore,
} from '../../store-engine.port.js';
import { atOnce } from './at-once.js';
import { ExpiringMap } from './expiring-map.js';
import { MemoryCoolDowns, MemoryQuotas } from './memory-quotas.js';
import { MemoryTokens } from './memory-tokens.js';

/** A new, empty store. */
export function openMemoryStore(clock: Clock): OpenStore {
  return {
    tokens: new MemoryTokens(clock),
    marks: new MemoryMarks(clock),
    blobs: new MemoryBlobs(clock),
    quotas: new MemoryQuotas(clock),
    notBefore: new MemoryCoolDowns(clock),
    health: () => Promise.resolve({ up: true, risks: [] }),
    close: () => Promise.resolve(),
  };
}

class MemoryMarks implements Marks {
  readonly #marks = new ExpiringMap<true>();

  constructor(private readonly clock: Clock) {}

  spendOnce(mark: Buffer, ttlMs: number): Promise<boolean> {
    const now = this.clock.now();
    const id = mark.toString('latin1');
    if (this.#marks.get(id, now) === true) return Promise.resolve(false);
    this.#marks.set(id, true, now + ttlMs, now);
    return Promise.resolve(true);
  }
}

class MemoryBlobs implements BlobStore {
  readonly #blobs = new ExpiringMap<Buffer>();

  constructor(private readonly clock: Clock) {}

  get(namespace: string, key: Buffer): Promise<Buffer | undefined> {
    return atOnce(() => this.#blobs.get(place(namespace, key), this.clock.now()));
  }

  put(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<void> {
    return atOnce(() => {
      this.#blobs.set(place(namespace, key), Buffer.from(value), expiresAt, this.clock.now());
    });
  }

  putIfAbsent(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<boolean> {
    return atOnce(() => {
      const at = this.clock.now();
      const id = place(namespace, key);
      if (this.#blobs.get(id, at) !== undefined) return false;
      this.#blobs.set(id, Buffer.from(value), expiresAt, at);
      return true;
    });
  }

  touch(namespace: string, key: Buffer, expiresAt: number | null): Promise<void> {
    return atOnce(() => {
      const at = this.clock.now();
      const id = place(namespace, key);
      const value = this.#blobs.get(id, at);
      if (value !== undefined) this.#blobs.set(id, value, expiresAt, at);
    });
  }

  delete(namespace: string, key: Buffer): Promise<void> {
    return atOnce(() => {
      this.#blobs.delete(place(namespace, key));
    });
  }

  page({ namespace, after, limit }: BlobPageRequest): Promise<BlobPage> {
    return atOnce(() => {
      const prefix = place(namespace, Buffer.alloc(0));
      const start = after && place(namespace, after);
      const rest = [...this.#blobs.alive(this.clock.now())]
        .filter(([id]) => id.startsWith(prefix) && (start === undefined || id > start))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const blobs = rest.slice(0, limit).map(([id, value]) => {
        return { key: Buffer.from(id.slice(prefix.length), 'latin1'), value: Buffer.from(value) };
      });
      return { blobs, next: rest.length > limit ? blobs.at(-1)?.key : undefined };
    });
  }

  replaceIf({ namespace, key, expected, value }: BlobReplacement): Promise<boolean> {
    return atOnce(() => {
      const id = place(namespace, key);
      if (this.#blobs.get(id, this.clock.now())?.equals(expected) !== true) return false;
      this.#blobs.replace(id, Buffer.from(value));
      return true;
    });
  }

  sweep(limit: number): Promise<number> {
    return atOnce(() => this.#blobs.sweep(limit, this.clock.now()));
  }
}

function place(namespace: string, key: Buffer): string {
  return `${checkNamespace(namespace)}/${key.toString('latin1')}`;
}
