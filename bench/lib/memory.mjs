// The highest resident memory of this process since a moment; where the system does not tell, of its whole life.
import { readFileSync, writeFileSync } from 'node:fs';

/** Begins to watch, after a collection, and says how much there is now, in bytes. */
export function beginWatch() {
  globalThis.gc?.();
  try {
    // Linux sets the high-water mark to the present value.
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then the mark is that of the whole life.
  }
  return process.memoryUsage.rss();
}

/** The highest since {@link beginWatch}, in bytes. */
export function highestMemory() {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
