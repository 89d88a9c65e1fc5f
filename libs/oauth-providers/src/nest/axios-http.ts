import { type HttpService } from '@nestjs/axios';
import { HttpFailure, type HttpPort, type HttpReply, type HttpRequest } from '../core/ports.js';
import { type ConnectOptions } from './undici-adapter-connect.js';
import type * as Engine from './undici-adapter.js';
import { type Call, type UndiciAdapter } from './undici-adapter.js';

/** Gives the same service every time; what it is made of is loaded with the first call. */
export type HttpServiceLoader = () => Promise<HttpService>;

/** What a call needs, once it is there. */
interface Loaded {
  readonly http: HttpService;
  readonly adapter: UndiciAdapter;
  readonly hardened: typeof Engine.hardened;
}

let engine: Promise<typeof Engine> | undefined;

/** Loading axios and undici takes longer than all else that a start has to do, so it waits for the first call. */
function loadEngine(): Promise<typeof Engine> {
  return (engine ??= import('./undici-adapter.js'));
}

/** One axios instance for all calls, with everything off that could send a secret elsewhere. */
export function hardenedHttpService(): HttpServiceLoader {
  let made: Promise<HttpService> | undefined;
  return () => (made ??= loadEngine().then(({ hardenedService }) => hardenedService()));
}

/** The HTTP port for who has interceptors: on an axios instance of `@nestjs/axios`, over connections of undici. */
export class AxiosHttp implements HttpPort {
  private loading: Promise<Loaded> | undefined;
  private loaded: Loaded | undefined;

  constructor(
    private readonly http: HttpService | HttpServiceLoader,
    private readonly options: ConnectOptions = {},
  ) {}

  async send(request: HttpRequest): Promise<HttpReply> {
    const { reach, signal } = request;
    if (signal?.aborted === true) throw new HttpFailure('aborted', false);
    const deadlineAt = performance.now() + request.timeoutMs;
    const call: Call = { reach, deadlineAt, sent: false, failure: undefined };
    const { http, adapter, hardened } = this.loaded ?? (await this.load());
    try {
      const reply = await http.axiosRef.request<Buffer>({
        ...hardened,
        method: request.method,
        url: request.url,
        headers: request.headers,
        data: request.body,
        timeout: request.timeoutMs,
        maxContentLength: request.maxBytes,
        adapter: (config) => adapter.send(config, call),
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: reply.status, headers: plainHeaders(reply.headers), body: reply.data };
    } catch {
      // Without a failure of the adapter, an interceptor has thrown, before the request or after the answer.
      throw call.failure ?? new HttpFailure(call.sent ? 'reset' : 'aborted', call.sent);
    }
  }

  /** Loads what the first call needs, so that nobody who signs in has to wait for it. */
  warm(): void {
    // What cannot be loaded fails where it is needed.
    this.load().catch(() => undefined);
  }

  /** Lets go of all connections. The next call opens new ones. */
  close(): void {
    this.loaded?.adapter.close();
  }

  private load(): Promise<Loaded> {
    return (this.loading ??= (async () => {
      const { UndiciAdapter, hardened } = await loadEngine();
      const http = typeof this.http === 'function' ? await this.http() : this.http;
      return (this.loaded = { http, adapter: new UndiciAdapter(this.options), hardened });
    })());
  }
}

function plainHeaders(headers: object): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (typeof value === 'string') plain[name.toLowerCase()] = value;
    else if (Array.isArray(value)) plain[name.toLowerCase()] = value.join(', ');
  }
  return plain;
}
