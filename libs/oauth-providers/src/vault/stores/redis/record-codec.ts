import { type RecordState, type StateChange, type StoredToken } from '../../token-store.port.js';

/**
 * A record is one string: a header of fixed size, the sealed bytes, and the text of its cause. Scripts read and
 * write parts of the header and leave the sealed bytes where they are. Numbers are big-endian; a time is a double,
 * infinite where there is none, so that comparing it needs no special case.
 *
 *   0  1 what it is: 1 a record, 2 what a removed one left behind
 *   1  1 state          2  1 flags (1 spending, 2 has an owner, 4 has a cause, 8 is waited for)
 *   3  1 how many writes it remembers
 *   4  4 bytes sealed   8  4 bytes of the cause
 *  12  8 due at        20  8 lease until (-∞: no lease)   28 16 holder of the lease
 *  44  4 failures      48  4 refusals                     52  8 refused since
 *  60 16 generation    76 48 writes, newest first        124 32 lane             156 32 owner
 */
const headerBytes = 188;

/** Sizes of what the header has a place for. */
export const idBytes = 16;
export const hashBytes = 32;

const recordKind = 1;
const [spendingFlag, causeFlag] = [1, 4];

/** In the order of the numbers they are stored as. */
const states: readonly RecordState[] = ['fresh', 'degraded', 'in_doubt', 'needs_login', 'revoked'];

/** How a state is stored. */
export function stateNumber(state: StateChange['state']): number {
  return states.indexOf(state);
}

/** Reads a record; undefined for what a removed one left behind. */
export function decodeRecord(key: Buffer, bytes: Buffer): StoredToken | undefined {
  if (bytes[0] !== recordKind) return undefined;
  const flags = bytes[2] ?? 0;
  const sealedEnd = headerBytes + bytes.readUInt32BE(4);
  const leaseUntil = bytes.readDoubleBE(20);
  const generation = bytes.subarray(60, 76);
  return {
    key,
    generation,
    sealed: bytes.subarray(headerBytes, sealedEnd),
    lane: bytes.subarray(124, 156),
    state: states[bytes[1] ?? 0] ?? 'fresh',
    cause:
      (flags & causeFlag) === 0 ? null : bytes.toString('utf8', sealedEnd, sealedEnd + bytes.readUInt32BE(8)),
    dueAt: timeOf(bytes.readDoubleBE(12)),
    failures: bytes.readUInt32BE(44),
    refusals: bytes.readUInt32BE(48),
    refusedSince: timeOf(bytes.readDoubleBE(52)),
    lease: leaseUntil === -Infinity ? null : { owner: bytes.subarray(28, 44), until: leaseUntil },
    spending: (flags & spendingFlag) === 0 ? null : generation,
  };
}

function timeOf(value: number): number | null {
  return value === Infinity ? null : value;
}

/** A time or nothing, as scripts take it. */
export function optionalTime(time: number | null): string {
  return time === null ? '' : String(time);
}

/** @throws RangeError when `bytes` has not the size that its place in a record has */
export function sized(bytes: Buffer, size: number, what: string): Buffer {
  if (bytes.length !== size) throw new RangeError(`redisStore: ${what} is ${size} bytes long.`);
  return bytes;
}
