import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { type BreakerFactory } from '../refresh/client-gate.js';

/** So many failures in a row open the circuit. */
const threshold = 5;
/** One call a second is let through to see whether the platform is back. */
const probeMs = 1_000;

/** Circuit breakers of cockatiel, one per client and process. */
export const cockatielBreakers: BreakerFactory = () => {
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: probeMs,
    breaker: new ConsecutiveBreaker(threshold),
  });
  return {
    execute: (call) => policy.execute(call),
    isOpen: () => policy.state !== CircuitState.Closed,
    isOpenError: (error) => error instanceof BrokenCircuitError,
  };
};
