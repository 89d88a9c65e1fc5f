/**
 * The store could not answer. A write may or may not have taken place: repeat it with the same write id.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly retryable = true;

  constructor(
    /** Which engine, such as `sqlite`. */
    readonly engine: string,
    /** The engine's own code, such as `SQLITE_BUSY`. */
    readonly code: string,
    cause?: unknown,
  ) {
    super(`The ${engine} store could not answer (${code}).`, cause === undefined ? undefined : { cause });
  }
}
