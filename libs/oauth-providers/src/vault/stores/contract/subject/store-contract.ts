import { randomBytes } from 'node:crypto';
import { type OpenStore } from '../../../store-engine.port.js';
import {
  type ReplacingWrite,
  type StoredToken,
  type TokenRemoval,
  type TokenWrite,
  writeIdBytes,
} from '../../../token-store.port.js';

/** One store under test, empty at first. */
export interface StoreSubject {
  /** Opens the store; each further call opens it once more, as another process would. */
  open(): Promise<OpenStore>;
  /** Moves store time on. */
  advance(ms: number): Promise<void>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

export const second = 1_000;
export const hour = 3_600_000;

/** A write of random bytes, for a record of one's own unless told otherwise. */
export function aWrite(more: Partial<ReplacingWrite> = {}): ReplacingWrite {
  return {
    key: randomBytes(32),
    owner: null,
    writeId: randomBytes(writeIdBytes),
    generation: randomBytes(16),
    sealed: randomBytes(200),
    lane: randomBytes(32),
    dueAt: null,
    ...more,
  };
}

/** The next write of the record that `write` saved. */
export function after(write: ReplacingWrite): ReplacingWrite {
  return aWrite({ key: write.key, owner: write.owner, lane: write.lane });
}

export function stored({ key, generation, sealed, lane, dueAt }: ReplacingWrite): StoredToken {
  const counts = { failures: 0, refusals: 0, refusedSince: null };
  return {
    key,
    generation,
    sealed,
    lane,
    dueAt,
    state: 'fresh',
    cause: null,
    ...counts,
    lease: null,
    spending: null,
  };
}

export function removal({ key }: TokenWrite): TokenRemoval {
  return { key, writeId: randomBytes(writeIdBytes), tombstoneMs: hour };
}

export const saved = { saved: true };
