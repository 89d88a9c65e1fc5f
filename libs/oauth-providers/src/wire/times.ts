import { type TimeField, type TimeUnit } from '../core/contract.js';
import { type Answer, readPath } from './answer.js';

const tenYears = 10 * 365 * 86_400 * 1000;
/** Below this many seconds a number is a duration (31 years), above it a stamp (after September 2001). */
const stampThreshold = 1e9;
/** Clocks this close count as equal; a platform's `Date` header has no more than seconds anyway. */
const skewTolerance = 5_000;

/**
 * The first of several fields that holds a believable moment in the future, in milliseconds since the epoch.
 * Durations count from when the request was sent, so that a slow answer never lengthens a token's life;
 * stamps are the platform's clock, corrected when its `Date` header shows that it differs from ours.
 */
export function readTime(
  answer: Answer,
  payload: string | undefined,
  fields: readonly TimeField[],
): number | undefined {
  for (const field of fields) {
    const amount = toNumber(readPath(answer, payload, field.path));
    if (amount === undefined) continue;
    const moment = toMoment(amount, field.unit, answer);
    const life = moment - answer.sentAt;
    if (life > 0 && life <= tenYears) return Math.floor(moment);
  }
  return undefined;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'string') {
    return /^\d{1,15}(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function toMoment(amount: number, unit: TimeUnit, answer: Answer): number {
  switch (unit) {
    case 'seconds':
      return answer.sentAt + amount * 1000;
    case 'stamp':
      return amount * 1000 - clockSkew(answer);
    case 'stamp-ms':
      return amount - clockSkew(answer);
    case 'seconds-or-stamp':
      return toMoment(amount, amount > stampThreshold ? 'stamp' : 'seconds', answer);
  }
}

/** How far the platform's clock is ahead of ours in milliseconds; 0 within the tolerance or when it does not say. */
function clockSkew(answer: Answer): number {
  const theirs = Date.parse(answer.headers['date'] ?? '');
  const skew = theirs - answer.receivedAt;
  return Number.isFinite(skew) && Math.abs(skew) > skewTolerance ? skew : 0;
}
