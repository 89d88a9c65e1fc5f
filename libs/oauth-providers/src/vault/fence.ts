import { rememberedWrites, writeIdBytes } from './token-store.port.js';

/** The two things a decision about a write needs to know of a record or its tombstone. */
export interface FencedRow {
  /** Null on a tombstone. */
  readonly generation: Buffer | null;
  /** Ids of the last writes, newest first, one behind the other. */
  readonly writes: Buffer;
}

/** Whether a write takes place; `repeat`: it already has. */
export type Verdict = 'write' | 'repeat' | 'lost';

/** Over what a save is made: over whatever is there, over nothing, or over one generation. */
export type Expectation = 'anything' | 'nothing' | Buffer;

/**
 * Decides about one write, for every store that can decide in this process. A row that is missing, or a
 * tombstone, has no generation, so a fenced save never brings back what was removed.
 */
export function decide(
  row: FencedRow | undefined,
  writeId: Buffer,
  expected: Expectation = 'anything',
): Verdict {
  if (row !== undefined && hasWritten(row.writes, writeId)) return 'repeat';
  if (expected === 'anything') return 'write';
  const generation = row?.generation ?? null;
  if (expected === 'nothing') return generation === null ? 'write' : 'lost';
  return generation?.equals(expected) === true ? 'write' : 'lost';
}

/** The remembered writes with `writeId` in front and the oldest dropped. */
export function remember(writes: Buffer | undefined, writeId: Buffer): Buffer {
  const all = writes === undefined ? [writeId] : [writeId, writes];
  return Buffer.concat(all).subarray(0, rememberedWrites * writeIdBytes);
}

function hasWritten(writes: Buffer, writeId: Buffer): boolean {
  for (let at = 0; at < writes.length; at += writeIdBytes) {
    if (writes.subarray(at, at + writeIdBytes).equals(writeId)) return true;
  }
  return false;
}
