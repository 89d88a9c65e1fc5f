import { blobRangeScripts, blobScripts } from './blob-scripts.js';
import { quotaScripts } from './quota-scripts.js';
import { rangeScripts } from './range-scripts.js';
import { tokenScripts } from './token-scripts.js';

const all = { ...tokenScripts, ...rangeScripts, ...blobScripts, ...blobRangeScripts, ...quotaScripts };

/** One of the scripts. */
export type ScriptName = keyof typeof all;

/** All scripts, as ioredis takes them. */
export const scripts = Object.fromEntries(
  Object.entries(all).map(([name, lua]) => [
    name,
    // The keys beside the first lie in its slot; blobs are found under names of any length, so they name all three.
    { lua: lua.trim(), numberOfKeys: name in blobScripts ? 3 : 1 },
  ]),
);
