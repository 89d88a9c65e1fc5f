import { HttpFailure, type HttpPort, type HttpReply, type HttpRequest } from '../core/ports.js';
import { type ConnectOptions } from './undici-adapter-connect.js';
import { type UndiciCalls } from './undici-calls.js';

/**
 * The HTTP port straight on connections of undici. Nothing comes in between: no redirects, no proxy from the
 * environment, no interceptors. Loading undici takes longer than all else that a start has to do, so it waits for the
 * first call.
 */
export class UndiciHttp implements HttpPort {
  private loading: Promise<UndiciCalls> | undefined;
  private loaded: UndiciCalls | undefined;

  constructor(private readonly options: ConnectOptions = {}) {}

  send(request: HttpRequest): Promise<HttpReply> {
    if (request.signal?.aborted === true) return Promise.reject(new HttpFailure('aborted', false));
    const deadlineAt = performance.now() + request.timeoutMs;
    return this.loaded === undefined
      ? this.load().then((calls) => calls.send(request, deadlineAt))
      : this.loaded.send(request, deadlineAt);
  }

  /** Loads what the first call needs, so that nobody who signs in has to wait for it. */
  warm(): void {
    // What cannot be loaded fails where it is needed.
    this.load().catch(() => undefined);
  }

  /** Lets go of all connections. The next call opens new ones. */
  close(): void {
    this.loaded?.close();
  }

  private load(): Promise<UndiciCalls> {
    return (this.loading ??= import('./undici-calls.js').then(
      (module) => (this.loaded = new module.UndiciCalls(this.options)),
    ));
  }
}
