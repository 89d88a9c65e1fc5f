import { type Request } from 'express';
import { type ClientRegistry } from './clients.js';
import { type EmulatorClock } from './clock.js';
import { type Generation } from './generation.js';
import { type Ids } from './ids.js';
import { type ProviderName } from './provider-name.js';
import { type DemoUser } from './users.js';
import { type Reply } from '../http/reply.js';

/** What every persona shares. */
export interface World {
  readonly clock: EmulatorClock;
  readonly ids: Ids;
  readonly clients: ClientRegistry;
  /** Answers consent pages with the first demo user instead of showing them. */
  readonly autoApprove: boolean;
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
  /** Forgets codes, tokens and grants; keeps clients and keys. */
  reset(): void;
}
