import { type z } from 'zod';
import { check, clockSchema, codeSchema, faultSchema } from './schemas.js';
import { type EmulatorClock } from '../core/clock.js';
import { type FaultBook, type FaultRule } from '../core/faults.js';
import { type Generation, type Persona } from '../core/persona.js';
import { type ProviderName } from '../core/provider-name.js';
import { type LogEntry, type RequestLog } from '../core/request-log.js';
import { demoUsers, findUser } from '../core/users.js';

/** A code to be issued; every part is optional. */
export interface IssueCodeOptions {
  /** The key of a demo user, or `user-<number>`; the first demo user when left out. */
  readonly user?: string | undefined;
  /** What the user granted; the platform's basic scopes when left out. */
  readonly scopes?: readonly string[] | undefined;
  /** AnyWeb only: the generation whose replies the code leads to. */
  readonly generation?: Generation | undefined;
  /** The only client that may use the code; without it the code belongs to whichever client comes first. */
  readonly clientId?: string | undefined;
}

/** What steering can do, over HTTP and in code alike. */
export interface Controls {
  /** Hands out a code as the platform's SDK or redirect would. */
  issueCode(provider: ProviderName, options?: IssueCodeOptions): string;
  /** Moves the emulator's clock forward and returns the time it then is. */
  advanceClock(seconds: number): Date;
  /** Makes endpoints misbehave. */
  addFault(rule: FaultRule): void;
  /** Forgets codes, tokens, faults, log and clock offset; keeps clients and keys. */
  reset(): void;
  /** The requests to platform endpoints, oldest first. */
  log(): LogEntry[];
}

/** What the controls act on. */
export interface ControlledParts {
  readonly clock: EmulatorClock;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  readonly personas: Readonly<Record<ProviderName, Persona>>;
  /** What else is forgotten at a reset. */
  readonly grants: { clear(): void };
}

/** The controls of one emulator. What HTTP refuses with 400 is a TypeError here. */
export function createControls({ clock, faults, log, personas, grants }: ControlledParts): Controls {
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
    addFault: (rule) => faults.add(checked(faultSchema, rule)),
    reset: () => {
      for (const part of [...Object.values(personas), clock]) part.reset();
      for (const part of [grants, faults, log]) part.clear();
    },
    log: () => log.entries(),
  };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = check(schema, value);
  if ('flaw' in result) throw new TypeError(result.flaw.detail);
  return result.value;
}
