const tries = 25;
const longestPauseMs = 200;

/**
 * Tries again while another process is writing, for some seconds in all. Between tries the event loop runs,
 * which is why the driver's own blocking wait is kept short.
 */
export async function retryBusy<Result>(work: () => Result, wait = pause): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return work();
    } catch (error) {
      if (attempt === tries || !isBusy(error)) throw error;
    }
    await wait(Math.min(longestPauseMs, 5 * 2 ** attempt));
  }
}

/** The driver's own code of an error, such as `SQLITE_BUSY`; undefined when it is not the driver's. */
export function sqliteCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(UNKNOWN_)?SQLITE_/.test(code) ? code : undefined;
}

/** Whether an error only says that somebody else is writing. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? '');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
