import {
  type BlobPage,
  type BlobPageRequest,
  type BlobReplacement,
  type BlobStore,
  checkNamespace,
} from '../../store-engine.port.js';
import { type Argument, type Link } from './link.js';
import { optionalTime } from './record-codec.js';
import { walk } from './redis-pages.js';
import { type ScriptName } from './scripts/index.js';

const start = Buffer.alloc(0);
/** Until when it lives, before the bytes themselves. */
const headBytes = 8;

/** Sealed values as strings, with an index by key and one by expiry beside them. */
export class RedisBlobs implements BlobStore {
  constructor(private readonly link: Link) {}

  async get(namespace: string, key: Buffer): Promise<Buffer | undefined> {
    const stored = await this.link.get(this.#place(namespace, key));
    if (stored === null || this.link.isOver(stored.readDoubleBE(0))) return undefined;
    return stored.subarray(headBytes);
  }

  async put(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<void> {
    await this.#run('blobPut', namespace, key, optionalTime(expiresAt), value, 0);
  }

  async putIfAbsent(
    namespace: string,
    key: Buffer,
    value: Buffer,
    expiresAt: number | null,
  ): Promise<boolean> {
    return (await this.#run('blobPut', namespace, key, optionalTime(expiresAt), value, 1)) === 1;
  }

  async touch(namespace: string, key: Buffer, expiresAt: number | null): Promise<void> {
    await this.#run('blobTouch', namespace, key, optionalTime(expiresAt));
  }

  async delete(namespace: string, key: Buffer): Promise<void> {
    await this.#run('blobDelete', namespace, key);
  }

  async page({ namespace, after, limit }: BlobPageRequest): Promise<BlobPage> {
    const place = checkNamespace(namespace);
    const { entries, next } = await walk(this.link, limit, after, (group, rest) =>
      this.link.runOver('blobPage', group, place, after ?? start, rest),
    );
    return { blobs: entries, next };
  }

  async replaceIf({ namespace, key, expected, value }: BlobReplacement): Promise<boolean> {
    return (await this.#run('blobReplace', namespace, key, expected, value)) === 1;
  }

  async sweep(limit: number): Promise<number> {
    let count = 0;
    for (const group of this.link.groups()) {
      if (count >= limit) break;
      count += Number(await this.link.runOver('blobSweep', group, limit - count));
    }
    return count;
  }

  async #run(
    script: ScriptName,
    namespace: string,
    key: Buffer,
    ...args: readonly Argument[]
  ): Promise<unknown> {
    const { buckets } = this.link;
    const place = this.#place(namespace, key);
    const indexes = [buckets.at('n', key, namespace), buckets.at('x', key, '')] as const;
    return this.link.run(script, [place, ...indexes], namespace, key, ...args);
  }

  #place(namespace: string, key: Buffer): Buffer {
    const folder = Buffer.from(`${checkNamespace(namespace)}/`);
    return this.link.buckets.at('b', key, Buffer.concat([folder, key]));
  }
}
