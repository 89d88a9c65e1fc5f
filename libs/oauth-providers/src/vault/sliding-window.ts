import { type QuotaOutcome, type SlidingTake, slidingParts } from './quota-store.port.js';
import { hasReservation, rememberReservation } from './reservations.js';

/** What was drawn in one part of a window. */
interface Part {
  readonly index: number;
  readonly used: number;
}

/** All there is to know about a sliding window. */
export interface SlidingState {
  readonly parts: readonly Part[];
  /** The last reservations, newest first, one behind the other. */
  readonly reservations: Buffer;
}

/** What becomes of a draw; `next` is the state to keep, absent when nothing changes. */
export interface SlidingDecision extends QuotaOutcome {
  readonly next?: SlidingState;
}

/**
 * Decides about one draw on a sliding window, for every store that can decide in this process.
 *
 * Everything drawn in the last `windowMs` lies in the current part or the {@link slidingParts} before it. Parts
 * that lie ahead, after a clock was set back, count too.
 */
export function decideSliding(
  state: SlidingState | undefined,
  { windowMs, amount, ceiling, reservation }: SlidingTake,
  now: number,
): SlidingDecision {
  const index = Math.floor(now / partMs(windowMs));
  const parts = (state?.parts ?? []).filter((part) => part.index >= index - slidingParts);
  const used = parts.reduce((sum, part) => sum + part.used, 0);
  if (state !== undefined && hasReservation(state.reservations, reservation)) return { granted: true, used };
  if (used + amount > ceiling) return { granted: false, used };
  const current = parts.find((part) => part.index === index)?.used ?? 0;
  const others = parts.filter((part) => part.index !== index);
  return {
    granted: true,
    used: used + amount,
    next: {
      parts: [...others, { index, used: current + amount }],
      reservations: rememberReservation(state?.reservations, reservation),
    },
  };
}

/** When the newest draw of a window, made now, counts no longer. */
export function slidingEnd(windowMs: number, now: number): number {
  return Math.ceil(now + windowMs + partMs(windowMs));
}

function partMs(windowMs: number): number {
  return windowMs / slidingParts;
}
