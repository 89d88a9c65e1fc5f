import { createRequire } from 'node:module';
import { type z as Zod } from 'zod';

const require = createRequire(import.meta.url);
let loaded: typeof Zod | undefined;

/**
 * The validator, loaded when it is first needed: loading it is the dearest part of a start, and most starts can do
 * without. Contracts and options are checked in synchronous calls, so it cannot be an `import()`.
 */
export function zod(): typeof Zod {
  return (loaded ??= (require('zod') as { z: typeof Zod }).z);
}

/** For what is checked once: compiling a schema takes longer than reading it. */
export const once = { jitless: true } as const;
