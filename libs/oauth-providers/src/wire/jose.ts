import type * as Jose from 'jose';

let loading: Promise<typeof Jose> | undefined;

/** What reads and writes signed tokens: loaded for the first of them, or a moment after the start. */
export function jose(): Promise<typeof Jose> {
  return (loading ??= import('jose'));
}
