/**
 * Why a sealed value did not open: `malformed` it is no sealed value at all, or cut · `unknown_key` it names a
 * key that is not in the ring · `forged` its bits, its place or its purpose are not those it was sealed with ·
 * `mismatch` it opened, but speaks of something else than was asked for.
 */
export type SealFailure = 'malformed' | 'unknown_key' | 'forged' | 'mismatch';

const sentences: Record<SealFailure, string> = {
  malformed: 'A sealed value is cut or was never one.',
  unknown_key:
    'A sealed value names a key that is not in OAUTH_ENCRYPTION_KEYS: put that key back at the end of the ring.',
  forged:
    'A sealed value was changed, moved to another place, or sealed for another purpose or with another key.',
  mismatch: 'A sealed value belongs to something else than what was asked for.',
};

/** A sealed value did not open. Says why, and nothing of what is inside. */
export class SealError extends Error {
  override readonly name = 'SealError';

  constructor(
    readonly failure: SealFailure,
    /** Id of the key the value names, where the ring lacks it. */
    readonly keyId?: string,
  ) {
    super(sentences[failure]);
  }
}
