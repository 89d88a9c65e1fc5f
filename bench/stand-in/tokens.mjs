// The tokens that the stand-in understands, for filling stores beforehand.
import { randomBytes } from 'node:crypto';

/** A token of exactly `bytes` bytes; no two are alike, so that nothing can be shared or compressed. */
export function tokenOf(kind, subject, generation, bytes) {
  const head = `${kind}.${subject}.${generation}.`;
  const rest = Math.max(0, bytes - head.length);
  return head + randomBytes(rest).toString('base64url').slice(0, rest);
}

/** Whose token it is. */
export const subjectOf = (token) => token.split('.')[1];
