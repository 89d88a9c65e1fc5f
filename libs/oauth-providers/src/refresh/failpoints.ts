/**
 * A named moment of a renewal: `claimed` the lease is stored · `marked` what had to be marked is, and the call comes
 * next · `replied` the answer is read and nothing of it is stored · `saved` the new tokens are stored.
 */
export type FailpointName = 'claimed' | 'marked' | 'replied' | 'saved';

/**
 * Is run at each of these moments, and the renewal waits for it. Only who builds an engine by hand can pass one: the
 * tests, which end the process there. The module has no option for it.
 */
export type Failpoint = (name: FailpointName) => Promise<void> | void;
