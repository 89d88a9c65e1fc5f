import { type Clock } from '../../../core/ports.js';
import { decide, remember } from '../../fence.js';
import {
  type ReplacingWrite,
  type SaveOutcome,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
} from '../../token-store.port.js';
import { ExpiringMap } from './expiring-map.js';

interface Row {
  readonly record: StoredToken;
  readonly owner: Buffer | null;
  readonly writes: Buffer;
}

/** Token records in a Map, with the keys of each owner beside it. */
export class MemoryTokens implements TokenStore {
  readonly #rows = new Map<string, Row>();
  readonly #owners = new Map<string, Set<string>>();
  /** What a removed record still remembers: its writes. */
  readonly #tombstones = new ExpiringMap<Buffer>();

  constructor(private readonly clock: Clock) {}

  now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  get(key: Buffer): Promise<StoredToken | undefined> {
    return Promise.resolve(this.#rows.get(text(key))?.record);
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    return Promise.resolve(this.#save(write, undefined, write.owner));
  }

  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome> {
    const owner = this.#rows.get(text(write.key))?.owner ?? null;
    return Promise.resolve(this.#save(write, expectedGeneration, owner));
  }

  remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    const id = text(key);
    const now = this.clock.now();
    const row = this.#rows.get(id);
    const writes = row?.writes ?? this.#tombstones.get(id, now);
    const verdict = decide(writes && { generation: null, writes }, writeId);
    if (verdict === 'write') {
      this.#disown(row);
      this.#rows.delete(id);
      this.#tombstones.set(id, remember(writes, writeId), now + tombstoneMs, now);
    }
    return Promise.resolve();
  }

  list(owner: Buffer, limit: number, after?: Buffer): Promise<TokenPage> {
    const rest = [...(this.#owners.get(text(owner)) ?? [])]
      .sort()
      .filter((id) => after === undefined || id > text(after));
    const records = rest.slice(0, limit).flatMap((id) => this.#rows.get(id)?.record ?? []);
    return Promise.resolve({ records, next: rest.length > limit ? records.at(-1)?.key : undefined });
  }

  #save(write: TokenWrite, expected: Buffer | undefined, owner: Buffer | null): SaveOutcome {
    const id = text(write.key);
    const row = this.#rows.get(id);
    const writes = row?.writes ?? this.#tombstones.get(id, this.clock.now());
    const verdict = decide(
      writes && { generation: row?.record.generation ?? null, writes },
      write.writeId,
      expected,
    );
    if (verdict !== 'write') {
      const saved = verdict === 'repeat' && row?.record.generation.equals(write.generation) === true;
      return saved ? { saved } : { saved, current: row?.record };
    }
    this.#disown(row);
    this.#tombstones.delete(id);
    const record: StoredToken = {
      key: copy(write.key),
      generation: copy(write.generation),
      sealed: copy(write.sealed),
      state: 'fresh',
      renewsAt: write.renewsAt,
      failures: 0,
    };
    this.#rows.set(id, {
      record,
      owner: owner && copy(owner),
      writes: copy(remember(writes, write.writeId)),
    });
    if (owner !== null) {
      const owned = this.#owners.get(text(owner)) ?? new Set();
      this.#owners.set(text(owner), owned.add(id));
    }
    return { saved: true };
  }

  #disown(row: Row | undefined): void {
    if (row === undefined || row.owner === null) return;
    const owned = this.#owners.get(text(row.owner));
    owned?.delete(text(row.record.key));
    if (owned?.size === 0) this.#owners.delete(text(row.owner));
  }
}

function text(key: Buffer): string {
  return key.toString('latin1');
}

/** A copy of its own: a slice of Node's shared pool would keep 8 kB alive for a few bytes. */
function copy(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
