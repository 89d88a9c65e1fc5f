import { type RecordSealer } from './record-sealer.js';
import { SealError } from './seal-error.js';
import { type StoredToken, type TokenStore } from './token-store.port.js';

/** How records are sealed anew. */
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

/** How far it is. */
export interface ResealProgress {
  /** Records looked at, by this run. */
  readonly seen: number;
  /** Those of them that now lie under the newest key because of it. */
  readonly resealed: number;
  /** Those of them that do not open; they are left as they are. */
  readonly broken: number;
  /** Hand it in as `after` to go on from here; undefined when all were seen, or none yet. */
  readonly next: Buffer | undefined;
}

/**
 * Seals every record anew that lies under an older key of the ring. A record that is saved meanwhile is sealed
 * with the newest key by that, and left alone. Stopped and started again it does no work twice.
 */
export async function resealAll(
  tokens: TokenStore,
  records: RecordSealer,
  { batch = 100, signal, onProgress, after }: ResealOptions,
): Promise<ResealProgress> {
  let progress: ResealProgress = { seen: 0, resealed: 0, broken: 0, next: after };
  do {
    if (signal?.aborted === true) return progress;
    const page = await tokens.page({ after: progress.next, limit: batch });
    const results = await Promise.all(page.records.map((stored) => resealOne(tokens, records, stored)));
    const count = (result: Result) => results.filter((each) => each === result).length;
    progress = {
      seen: progress.seen + results.length,
      resealed: progress.resealed + count('resealed'),
      broken: progress.broken + count('broken'),
      next: page.next,
    };
    onProgress?.(progress);
  } while (progress.next !== undefined);
  return progress;
}

type Result = 'resealed' | 'untouched' | 'broken';

async function resealOne(tokens: TokenStore, records: RecordSealer, stored: StoredToken): Promise<Result> {
  try {
    const resealing = records.reseal(stored);
    return resealing !== undefined && (await tokens.reseal(resealing)) ? 'resealed' : 'untouched';
  } catch (error) {
    if (error instanceof SealError) return 'broken';
    throw error;
  }
}
