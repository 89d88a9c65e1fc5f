import { type IncomingHttpHeaders } from 'node:http';
import { type Dispatcher } from 'undici';
import { HttpFailure, type HttpFailureReason } from '../core/ports.js';
import { refusedAddress } from './undici-adapter-connect.js';
import { unpack } from './undici-adapter-unpack.js';

/** What is to be sent, and within which limits. */
export interface Parcel {
  readonly options: Dispatcher.DispatchOptions;
  readonly maxBytes: number;
  /** By `performance.now()`. */
  readonly deadlineAt: number;
}

/** A complete answer. */
export interface Answered {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** How an exchange ended. */
export type Ending =
  { readonly answer: Answered } | { readonly failure: HttpFailure; readonly error?: Error | undefined };

const tlsFailure = /CERT|ALTNAME|UNABLE_TO_VERIFY|EPROTO|TLS|SSL/;
const invalid = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** Headers of which Node keeps the first; all others are joined. */
const single = new Set([
  'age',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** One request and its answer, as undici reports them. It ends once, whatever is reported afterwards. */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Whether the request was handed to a socket. undici says so right before it writes the first byte. */
  sent = false;
  /** Whether a byte of an answer has come. */
  answering = false;
  /** Whether the server promises to keep the connection, */
  keptAlive = false;
  /** and for how long, in ms; `undefined` when it does not say. */
  keepAliveMs: number | undefined;
  /** Whether either side said that the connection ends with this answer. */
  lastOfConnection = false;
  /** Asked when the connection fails before the request is written: says whether another one has taken it over. */
  elsewhere: (() => boolean) | undefined;

  private ending: Ending | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private statusText = '';
  private headers: Record<string, string | string[]> = {};
  private readonly chunks: Buffer[] = [];
  private received = 0;
  private readonly watchers: ((ending: Ending) => void)[] = [];

  constructor(readonly parcel: Parcel) {}

  /** Calls back, in the order of asking, when the exchange ends, or at once when it has. */
  whenEnded(watcher: (ending: Ending) => void): void {
    if (this.ending === undefined) this.watchers.push(watcher);
    else watcher(this.ending);
  }

  get ended(): boolean {
    return this.ending !== undefined;
  }

  /** Ends the exchange before its answer is complete; the connection goes with it. */
  cancel(reason: HttpFailureReason, error?: Error): void {
    this.end({ failure: new HttpFailure(reason, this.sent), error });
    this.controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The timer may be late, and a request is never written twice or after its time.
    if (!this.ended && performance.now() >= this.parcel.deadlineAt) this.cancel('timeout');
    else if (this.ended || this.sent) controller.abort(new Error('ended'));
    else this.sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText = '',
  ): void {
    this.answering = true;
    if (status < 200 || this.ended) return;
    this.status = status;
    this.statusText = statusText;
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === 'string') this.headers[name] = value;
      else if (value !== undefined) this.headers[name] = single.has(name) ? (value[0] ?? '') : value;
    }
    const promise = this.header('keep-alive');
    const promised = /timeout=(\d+)/i.exec(promise ?? '')?.[1];
    if (promised !== undefined) this.keepAliveMs = Number(promised) * 1000;
    const connection = this.header('connection') ?? '';
    this.keptAlive = promise !== undefined || /\bkeep-alive\b/i.test(connection);
    this.lastOfConnection = /\bclose\b/i.test(connection);
    if (Number(this.header('content-length') ?? 0) > this.parcel.maxBytes) this.cancel('too_large');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    this.received += chunk.length;
    if (this.received > this.parcel.maxBytes) this.cancel('too_large');
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.ended) return;
    const [first = Buffer.alloc(0)] = this.chunks;
    const packed = this.chunks.length > 1 ? Buffer.concat(this.chunks) : first;
    try {
      const body = unpack(packed, this.header('content-encoding'), this.parcel.maxBytes);
      if (body !== packed) delete this.headers['content-encoding'];
      const { status, statusText, headers } = this;
      this.end({ answer: { status, statusText, headers, body } });
    } catch (error) {
      this.end({ failure: error instanceof HttpFailure ? error : new HttpFailure('reset', true) });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (!this.sent && !this.ended && this.elsewhere?.() === true) return;
    this.end({ failure: new HttpFailure(reasonOf(error, this.sent), this.sent), error });
  }

  private header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  private end(ending: Ending): void {
    if (this.ended) return;
    this.ending = ending;
    for (const watcher of this.watchers) watcher(ending);
  }
}

function reasonOf(error: Error, sent: boolean): HttpFailureReason {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === refusedAddress) return 'refused_address';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'too_large';
  if (tlsFailure.test(code)) return 'tls';
  if (sent) return 'reset';
  return invalid.has(code) ? 'aborted' : 'unreachable';
}
