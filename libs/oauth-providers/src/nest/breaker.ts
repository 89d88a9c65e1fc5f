import type * as Cockatiel from 'cockatiel';
import { type BreakerFactory } from '../refresh/client-gate.js';

/** So many failures in a row open the circuit. */
const threshold = 5;
/** One call a second is let through to see whether the platform is back. */
const probeMs = 1_000;

let loading: Promise<typeof Cockatiel> | undefined;
let loaded: typeof Cockatiel | undefined;

/** Loads what circuits are made of: before the first call, or a moment after the start. */
export async function loadBreakers(): Promise<typeof Cockatiel> {
  return (loaded = await (loading ??= import('cockatiel')));
}

/** Circuit breakers of cockatiel, one per client and process. */
export const cockatielBreakers: BreakerFactory = () => {
  let policy: Cockatiel.CircuitBreakerPolicy | undefined;
  const made = ({
    circuitBreaker,
    ConsecutiveBreaker,
    handleAll,
  }: typeof Cockatiel): Cockatiel.CircuitBreakerPolicy =>
    (policy ??= circuitBreaker(handleAll, {
      halfOpenAfter: probeMs,
      breaker: new ConsecutiveBreaker(threshold),
    }));
  return {
    execute: async (call) => (policy ?? made(loaded ?? (await loadBreakers()))).execute(call),
    // Nothing has been called through a circuit that is not there yet.
    isOpen: () => policy !== undefined && policy.state !== loaded?.CircuitState.Closed,
    isOpenError: (error) => loaded !== undefined && error instanceof loaded.BrokenCircuitError,
  };
};
