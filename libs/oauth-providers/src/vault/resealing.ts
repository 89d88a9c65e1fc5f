import { type RecordSealer } from './record-sealer.js';
import { type BlobReseal, type ResealResult, type SealedBlobs } from './sealed-blobs.js';
import { SealError } from './seal-error.js';
import { type StoredToken, type TokenStore } from './token-store.port.js';

/** How everything is sealed anew. */
export interface ResealOptions {
  /** So many records at a time. @defaultValue 100 */
  readonly batch?: number | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each batch. */
  readonly onProgress?: ((progress: ResealProgress) => void) | undefined;
  /** `next` of the run before, to go on where it stopped. @defaultValue from the start */
  readonly after?: Buffer | undefined;
}

/** How far it is. Records are token records, sessions and the values of the directory. */
export interface ResealProgress {
  /** Records looked at, by this run. */
  readonly seen: number;
  /** Those of them that now lie under the newest key because of it. */
  readonly resealed: number;
  /** Those of them that do not open; they are left as they are. */
  readonly broken: number;
  /** Which part of everything is done, 0 to 1: an estimate, since keys are hashes and nobody counts them. */
  readonly share: number;
  /** Hand it in as `after` to go on from here; undefined when all were seen, or none yet. */
  readonly next: Buffer | undefined;
}

/** One kind of records: seals a page of them anew. */
export type ResealPart = (limit: number, after: Buffer | undefined) => Promise<BlobReseal>;

/** The parts of a vault. Their order is written in cursors, so new ones come last. */
export function partsOf(
  tokens: TokenStore,
  records: RecordSealer,
  ...blobs: readonly SealedBlobs[]
): readonly ResealPart[] {
  return [
    async (limit, after) => {
      const page = await tokens.page({ after, limit });
      const results = await Promise.all(page.records.map((stored) => resealOne(tokens, records, stored)));
      return { results, next: page.next };
    },
    ...blobs.map((each): ResealPart => each.reseal.bind(each)),
  ];
}

/**
 * Seals everything anew that lies under an older key of the ring. A record that is saved meanwhile is sealed
 * with the newest key by that, and left alone. Stopped and started again it does no work twice.
 */
export async function resealAll(
  parts: readonly ResealPart[],
  { batch = 100, signal, onProgress, after }: ResealOptions,
): Promise<ResealProgress> {
  let { part, key } = readCursor(after);
  let progress: ResealProgress = { seen: 0, resealed: 0, broken: 0, share: 0, next: after };
  for (let reseal = parts[part]; reseal !== undefined; reseal = parts[part]) {
    if (signal?.aborted === true) return progress;
    const { results, next } = await reseal(batch, key);
    if (next === undefined) part += 1;
    key = next;
    const count = (result: ResealResult) => results.filter((each) => each === result).length;
    progress = {
      seen: progress.seen + results.length,
      resealed: progress.resealed + count('resealed'),
      broken: progress.broken + count('broken'),
      share: (part + (key?.readUInt16BE() ?? 0) / 2 ** 16) / parts.length,
      next: part < parts.length ? Buffer.concat([Buffer.from([part]), key ?? noKey]) : undefined,
    };
    onProgress?.(progress);
  }
  return progress;
}

const noKey = Buffer.alloc(0);

/** A cursor is the part it is in, and the last key that was seen there. */
function readCursor(after: Buffer | undefined): { part: number; key: Buffer | undefined } {
  const key = after?.subarray(1);
  return { part: after?.[0] ?? 0, key: key?.length === 0 ? undefined : key };
}

async function resealOne(
  tokens: TokenStore,
  records: RecordSealer,
  stored: StoredToken,
): Promise<ResealResult> {
  try {
    const resealing = records.reseal(stored);
    return resealing !== undefined && (await tokens.reseal(resealing)) ? 'resealed' : 'untouched';
  } catch (error) {
    if (error instanceof SealError) return 'broken';
    throw error;
  }
}
