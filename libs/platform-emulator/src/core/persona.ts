import { type Request } from 'express';
import { type ClientRegistry } from './clients.js';
import { type EmulatorClock } from './clock.js';
import { type CounterBook } from './counters.js';
import { type Generation } from './generation.js';
import { type GrantRules, type Revocable } from './grants.js';
import { type Ids } from './ids.js';
import { type TokenLifetimes } from './lifetimes.js';
import { type ProviderName } from './provider-name.js';
import { type DemoUser } from './users.js';
import { type Reply } from '../http/reply.js';

/** What every persona shares. */
export interface World extends GrantRules {
  readonly clock: EmulatorClock;
  readonly counters: CounterBook;
  readonly ids: Ids;
  readonly clients: ClientRegistry;
  /** Answers consent pages with the first demo user instead of showing them. */
  readonly autoApprove: boolean;
  /** What replaces the platforms' own lifetimes. */
  readonly lifetimes: TokenLifetimes;
  /** Whether the platforms' quotas hold. */
  readonly quotas: boolean;
}

/** The listener a request came in on; absolute URLs are built from it, never from the `Host` header. */
export interface Site {
  readonly origin: string;
}

/** One path of a platform. */
export interface Endpoint {
  readonly path: string;
  readonly methods: readonly ('GET' | 'POST')[];
  /** Pages are what people see; faults spare them unless they name the path. */
  readonly isPage?: boolean;
  handle(request: Request, site: Site): Promise<Reply> | Reply;
}

/** A code to be issued without anybody visiting a consent page. */
export interface CodeRequest {
  readonly user: DemoUser;
  readonly scopes?: readonly string[] | undefined;
  readonly generation?: Generation | undefined;
  /** AnyWeb: the network the user chose. */
  readonly network?: number | undefined;
  /** The only client that may use the code; without it the code belongs to whichever client comes first. */
  readonly clientId?: string | undefined;
}

/** A platform. */
export interface Persona {
  readonly provider: ProviderName;
  readonly endpoints: readonly Endpoint[];
  issueCode(request: CodeRequest): string;
  /** Kills what is alive, as a platform does when a password changes; returns how many there were. */
  revoke(what: Revocable, user: DemoUser | undefined): number;
  /** WPS: the app ticket that would now be pushed to an ISV; undefined while pushing is not active. */
  pushAppTicket?(clientId: string): string | undefined;
  /** Forgets codes, tokens and grants; keeps clients and keys. */
  reset(): void;
}
