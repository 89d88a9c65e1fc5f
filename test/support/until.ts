import { setTimeout as pause } from 'node:timers/promises';

/** Waits until something is so. How long that may take is the test's own time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}
