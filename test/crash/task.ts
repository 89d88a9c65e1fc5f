/** What a platform does to a refresh token that is used: see `platforms`. */
export type Persona = 'kept' | 'grace' | 'strict';

/** What a process is to do; handed in as JSON in the variable `TASK`. */
export interface Task {
  readonly persona: Persona;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the platform is called. */
  readonly origin: string;
  /** Where its clock is moved. */
  readonly steering: string;
  /** The SQLite file. */
  readonly file: string;
  /** The code to sign in with, for the process that is to be killed; the one after it has none. */
  readonly code?: string;
  /** The failpoint. */
  readonly killAt?: string;
}

/** What the next start finds, gives to callers at once, goes through, and ends with. */
export interface Recovery {
  readonly found: { readonly marked: boolean; readonly leased: boolean };
  readonly atOnce: string;
  readonly trail: readonly string[];
  readonly state: string;
  readonly cause: string | null;
  readonly atLast: string;
}
