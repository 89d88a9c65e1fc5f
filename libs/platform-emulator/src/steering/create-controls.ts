import { type z } from 'zod';
import { type Controls } from './controls.js';
import { check, clockSchema, codeSchema, faultSchema, revokeSchema } from './schemas.js';
import { type EmulatorClock } from '../core/clock.js';
import { type CounterBook } from '../core/counters.js';
import { type FaultBook } from '../core/faults.js';
import { type Persona } from '../core/persona.js';
import { type ProviderName } from '../core/provider-name.js';
import { type RequestLog } from '../core/request-log.js';
import { demoUsers, findUser } from '../core/users.js';

/** What the controls act on. */
export interface ControlledParts {
  readonly clock: EmulatorClock;
  readonly counters: CounterBook;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  readonly personas: Readonly<Record<ProviderName, Persona>>;
  /** What else is forgotten at a reset. */
  readonly grants: { clear(): void };
}

/** The controls of one emulator. What HTTP refuses with 400 is a TypeError here. */
export function createControls(parts: ControlledParts): Controls {
  const { clock, counters, faults, log, personas, grants } = parts;
  return {
    issueCode: (provider, options = {}) => {
      const { user: key, ...rest } = checked(codeSchema(provider), options);
      const user = key === undefined ? demoUsers[0] : findUser(key);
      if (!user) throw new TypeError('user: is not a demo user');
      return personas[provider].issueCode({ ...rest, user });
    },
    advanceClock: (seconds) => {
      clock.advance(checked(clockSchema, { advanceSeconds: seconds }).advanceSeconds);
      return new Date(clock.now());
    },
    revoke: (provider, options = {}) => {
      const { user, what } = checked(revokeSchema, options);
      return personas[provider].revoke(what, user === undefined ? undefined : findUser(user));
    },
    pushAppTicket: (clientId) => {
      const ticket = personas.wps.pushAppTicket?.(clientId);
      if (ticket === undefined) throw new TypeError('clientId: no app tickets are pushed to this app');
      return ticket;
    },
    counters: () => counters.read(),
    addFault: (rule) => faults.add(checked(faultSchema, rule)),
    reset: () => {
      for (const part of [...Object.values(personas), clock]) part.reset();
      for (const part of [grants, faults, log, counters]) part.clear();
    },
    log: () => log.entries(),
  };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = check(schema, value);
  if ('flaw' in result) throw new TypeError(result.flaw.detail);
  return result.value;
}
