/**
 * The outside world as the lower floors see it. Nest, axios, node:crypto and timers stand behind these
 * interfaces, so that everything below the `nest/` floor runs in virtual time and without a network.
 */

import { type NetworkReach } from './network.js';

/** Wall-clock time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The passing of time, for waiting and for deadlines that no change of the wall clock moves. */
export interface Timers {
  /** Milliseconds since some fixed moment; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Resolves when everything that has come in by now is dealt with; where it is missing, it is at once. */
  turn?(): Promise<void>;
}

/** A source of cryptographically secure random bytes. */
export interface Randomness {
  /** Returns `size` fresh random bytes. */
  bytes(size: number): Buffer;
}

/** One outbound call, fully written down: nothing is added to it on the way but transport headers. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Absolute URL, query included. May carry secrets where a platform demands it, so it is never logged. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The whole exchange, from connecting to the last byte of the answer, must end within this many ms. */
  readonly timeoutMs: number;
  /** An answer longer than this many bytes (after decompression) is refused. */
  readonly maxBytes: number;
  /** How far inside the connection may lead; a name that resolves further inside is refused. */
  readonly reach: NetworkReach;
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

/** A complete answer, whatever its status. */
export interface HttpReply {
  readonly status: number;
  /** Header names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Why there is no complete answer. */
export type HttpFailureReason =
  'unreachable' | 'timeout' | 'aborted' | 'reset' | 'too_large' | 'refused_address' | 'tls';

/**
 * There was no complete answer. `sent` tells whether the platform may have seen the request: `false` only
 * when it is certain that no byte of it left.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';

  constructor(
    readonly reason: HttpFailureReason,
    readonly sent: boolean,
  ) {
    super(`no answer: ${reason}`);
  }
}

/** Sends one request and reads one answer. Redirects are answers, never followed. */
export interface HttpPort {
  /** @throws HttpFailure when there is no complete answer */
  send(request: HttpRequest): Promise<HttpReply>;
}
