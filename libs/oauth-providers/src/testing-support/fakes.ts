import { createHash } from 'node:crypto';
import { OAuthProviderError } from '../core/errors.js';
import {
  type Clock,
  type HttpPort,
  type HttpReply,
  type HttpRequest,
  type Randomness,
} from '../core/ports.js';

/** A clock that stands still until somebody moves it. */
export class FakeClock implements Clock {
  time: number;

  constructor(start = '2024-05-01T08:00:00Z') {
    this.time = Date.parse(start);
  }

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

/** Random bytes that are different every time and the same in every run. */
export class FakeRandomness implements Randomness {
  private count = 0;

  bytes(size: number): Buffer {
    this.count += 1;
    const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, block) =>
      createHash('sha256').update(`${this.count}/${block}`).digest(),
    );
    return Buffer.concat(blocks).subarray(0, size);
  }
}

/** One step of what a {@link FakeHttp} does: answer, fail, or decide when asked. */
export type Step = HttpReply | Error | ((request: HttpRequest) => HttpReply | Promise<HttpReply>);

/** An HTTP port that does what it was told, step by step, and remembers what it was asked. */
export class FakeHttp implements HttpPort {
  readonly requests: HttpRequest[] = [];
  private readonly steps: Step[];

  constructor(...steps: readonly Step[]) {
    this.steps = [...steps];
  }

  /** Adds steps to those that are left. */
  next(...steps: readonly Step[]): this {
    this.steps.push(...steps);
    return this;
  }

  async send(request: HttpRequest): Promise<HttpReply> {
    this.requests.push(request);
    const step = this.steps.shift();
    if (step === undefined) throw new Error(`nobody expected a call to ${request.url}`);
    if (step instanceof Error) throw step;
    return typeof step === 'function' ? step(request) : step;
  }

  /** The last request. */
  get last(): HttpRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('nothing was asked');
    return request;
  }
}

/** An answer. Text and bytes travel as they are, anything else as JSON. */
export function answer(
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): HttpReply {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { status, headers, body: bytes };
}

/** The members of a form body, in order. */
export function formOf(request: HttpRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(request.body)));
}

/** What a call fails with; a call that succeeds, or fails with anything untyped, fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<OAuthProviderError> {
  const outcome: unknown = await call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (outcome instanceof OAuthProviderError) return outcome;
  throw new Error('the call should have failed with an OAuthProviderError', { cause: outcome });
}

/** What a platform answers to the renewal of that number. */
export const renewal = (count: number): HttpReply =>
  answer({
    access_token: `access-${count}`,
    refresh_token: `refresh-${count}`,
    expires_in: 3600,
    refresh_expires_in: 2_592_000,
    token_type: 'bearer',
  });
