import { type StoredToken, type TokenPage } from '../../token-store.port.js';
import { type Argument, type Link } from './link.js';
import { decodeRecord, hashBytes, sized } from './record-codec.js';
import { type ScriptName } from './scripts/index.js';

const start = Buffer.alloc(0);

/** What a script found: whether there is more, and names with what lies under them. */
type Found = readonly [more: number, found: readonly (Buffer | null)[]];

/** A key and its value, in the order of keys. */
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Walks through the buckets in order until there is a page. */
export async function walk(
  link: Link,
  limit: number,
  after: Buffer | undefined,
  read: (group: { first: number; last: number }, rest: number) => Promise<unknown>,
): Promise<{ readonly entries: readonly Entry[]; readonly next: Buffer | undefined }> {
  const entries: Entry[] = [];
  let last: Buffer | undefined;
  for (const group of link.groups(after && link.buckets.of(after))) {
    const [more, found] = (await read(group, Math.max(0, limit - entries.length))) as Found;
    for (let at = 0; at < found.length; at += 2) {
      const [key, value] = [found[at], found[at + 1]];
      if (key) last = key;
      if (key && value) entries.push({ key, value });
    }
    if (more === 1) return { entries, next: last };
  }
  return { entries, next: undefined };
}

/** Records in the order of their keys. */
export class RedisPages {
  constructor(private readonly link: Link) {}

  page(limit: number, after: Buffer | undefined): Promise<TokenPage> {
    return this.#walk('recordPage', limit, after);
  }

  async list(owner: Buffer, limit: number, after: Buffer | undefined): Promise<TokenPage> {
    const rank = sized(owner, hashBytes, 'an owner').readUIntBE(0, 6);
    return this.#walk('recordList', limit, after, owner, rank);
  }

  async #walk(
    script: ScriptName,
    limit: number,
    after: Buffer | undefined,
    ...args: readonly Argument[]
  ): Promise<TokenPage> {
    const { entries, next } = await walk(this.link, limit, after, (group, rest) =>
      this.link.runOver(script, group, after ?? start, rest, ...args),
    );
    const records: StoredToken[] = entries.flatMap(({ key, value }) => decodeRecord(key, value) ?? []);
    return { records, next };
  }
}
