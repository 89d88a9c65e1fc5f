import { type Timers } from '../core/ports.js';
import { StoreUnavailableError } from '../vault/index.js';

/** A line that broke is there again in a moment, mostly. */
const pauses = [50, 200, 500] as const;

/**
 * Asks the store, and asks again when it does not answer: only for what may be carried out twice. Whether the first
 * one was carried out nobody knows, and it does not matter.
 * @throws StoreUnavailableError when it does not answer for longer
 */
export async function repeated<Result>(
  timers: Pick<Timers, 'sleep'>,
  work: () => Promise<Result>,
): Promise<Result> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await timers.sleep(pause);
    }
  }
  return work();
}
