import { type Counters } from '../core/counters.js';
import { type FaultRule } from '../core/faults.js';
import { type Generation } from '../core/generation.js';
import { type Revocable } from '../core/grants.js';
import { type ProviderName } from '../core/provider-name.js';
import { type LogEntry } from '../core/request-log.js';

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

/** What is to be killed; every part is optional. */
export interface RevokeOptions {
  /** The key of a demo user, or `user-<number>`; everybody when left out. */
  readonly user?: string | undefined;
  /**
   * `access`: the living access tokens of users. `grant`: their whole grants, refresh tokens included. `app`: the
   * tokens and tickets of the apps themselves, which have no user.
   * @defaultValue 'grant'
   */
  readonly what?: Revocable | undefined;
}

/** What steering can do, over HTTP and in code alike. */
export interface Controls {
  /** Hands out a code as the platform's SDK or redirect would. */
  issueCode(provider: ProviderName, options?: IssueCodeOptions): string;
  /** Moves the emulator's clock forward and returns the time it then is. */
  advanceClock(seconds: number): Date;
  /** Makes endpoints misbehave. */
  addFault(rule: FaultRule): void;
  /** Kills living tokens as a platform does when a password changes, and returns how many there were. */
  revoke(provider: ProviderName, options?: RevokeOptions): number;
  /** The app ticket WPS would push to an ISV app now; the one before is void. Throws while pushing is not active. */
  pushAppTicket(clientId: string): string;
  /** What every platform has carried out since the start or the last reset. */
  counters(): Readonly<Record<ProviderName, Counters>>;
  /** Forgets codes, tokens, faults, log, counters, quotas and clock offset; keeps clients and keys. */
  reset(): void;
  /** The requests to platform endpoints, oldest first. */
  log(): LogEntry[];
}
