import { createRequire } from 'node:module';
import { type Socket } from 'node:net';
import { type Client } from 'undici';
import { type HttpFailure } from '../core/ports.js';
import { type Connect } from './undici-adapter-connect.js';
import { type Exchange } from './undici-adapter-exchange.js';

/**
 * The file alone: the package as a whole also sets the dispatcher that the `fetch` of the whole process uses, which
 * is not ours to change, and takes three times as long to load.
 */
const UndiciClient = createRequire(import.meta.url)('undici/lib/dispatcher/client.js') as typeof Client;

/** How long a connection may rest and be used again when the server does not say how long it keeps it. */
const silentRestMs = 1_000;
/** The longest a connection may rest, whatever the server promises. */
const maxRestMs = 4_000;
/** How long a connection must rest where nothing says that the server keeps it: one that does not closes it then. */
const probationMs = 100;
/** How long connections are not used again after the server has closed one that rested. */
const distrustMs = 60_000;
/** More connections than this to one origin at once are not opened; further calls wait. */
const maxLines = 128;

/** A connection, or one that is being made. */
interface Line {
  readonly client: Client;
  /** The socket on its way; nobody but us lets go of it until it is connected. */
  dialling: Socket | undefined;
  exchange: Exchange | undefined;
  /** Whether it has brought an answer. */
  used: boolean;
  /** Both by `performance.now()`: before, the server may not mean to keep it; after, it may be about to close it. */
  goodFrom: number;
  goodUntil: number;
}

/**
 * The connections to one origin, one exchange at a time on each. What a code or a refresh token is spent on must not
 * meet a connection that the server is just closing, so one is used again only while the server is far from doing
 * so by itself; and not at all for a while where a server has been seen to close one before that.
 */
export class Lines {
  /** Connected and unused; the one used last is at the end. */
  private readonly free: Line[] = [];
  private readonly lines = new Set<Line>();
  private readonly carriers = new Map<Exchange, Line>();
  private readonly waiting = new Set<Exchange>();
  private distrustUntil = 0;
  /** Whether a connection has been seen to outlast its answer where the server does not say that it does. */
  private persistent = false;

  constructor(
    private readonly origin: string,
    private readonly connect: Connect,
  ) {}

  /** Sends a request over a connection that the server keeps, or over a new one. */
  send(exchange: Exchange): void {
    exchange.whenEnded((ending) => {
      this.waiting.delete(exchange);
      const line = this.carriers.get(exchange);
      if (line === undefined) return;
      this.carriers.delete(exchange);
      line.exchange = undefined;
      if ('answer' in ending) this.release(line, exchange);
      else this.fail(line, exchange, ending.failure);
    });
    this.place(exchange);
  }

  /** Lets go of all connections and ends what is under way. */
  close(): void {
    for (const exchange of [...this.waiting, ...this.carriers.keys()]) exchange.cancel('aborted');
    for (const line of [...this.lines]) this.drop(line);
  }

  private place(exchange: Exchange): void {
    const line = this.freeLine() ?? this.newLine();
    if (line === undefined) {
      this.waiting.add(exchange);
      return;
    }
    line.exchange = exchange;
    this.carriers.set(exchange, line);
    exchange.elsewhere = line.used ? () => this.replace(line, exchange) : undefined;
    const reset = this.distrusted();
    line.client.dispatch(reset ? { ...exchange.parcel.options, reset } : exchange.parcel.options, exchange);
  }

  /** The connection turned out to be closed before anything was written. */
  private replace(line: Line, exchange: Exchange): boolean {
    this.distrust();
    this.carriers.delete(exchange);
    line.exchange = undefined;
    this.drop(line);
    this.place(exchange);
    return true;
  }

  private freeLine(): Line | undefined {
    const now = performance.now();
    const distrusted = this.distrusted();
    for (let at = this.free.length - 1; at >= 0; at -= 1) {
      const line = this.free[at];
      if (line === undefined || (now < line.goodFrom && now < line.goodUntil && !distrusted)) continue;
      if (now < line.goodUntil && !distrusted) {
        this.free.splice(at, 1);
        return line;
      }
      this.drop(line);
    }
    return undefined;
  }

  private newLine(): Line | undefined {
    const [oldest] = this.free;
    if (this.lines.size >= maxLines && oldest !== undefined) this.drop(oldest);
    if (this.lines.size >= maxLines) return undefined;
    const client = new UndiciClient(this.origin, {
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: 16_384,
      // The deadline of the whole exchange is the only clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: silentRestMs,
      keepAliveMaxTimeout: maxRestMs,
      keepAliveTimeoutThreshold: 1_000,
      connect: (target, done) => {
        line.dialling = this.connect(target, done);
      },
    });
    const line: Line = {
      client,
      dialling: undefined,
      exchange: undefined,
      used: false,
      goodFrom: 0,
      goodUntil: 0,
    };
    client.on('connect', () => {
      line.dialling = undefined;
      line.used = false;
    });
    client.on('disconnect', (_origin, _targets, error) => this.closed(line, error));
    this.lines.add(line);
    return line;
  }

  private release(line: Line, exchange: Exchange): void {
    const rest = restOf(exchange.keepAliveMs);
    // It had rested for a while and was still good.
    if (line.used && line.goodFrom !== 0) this.persistent = true;
    if (exchange.lastOfConnection || rest <= 0 || this.distrusted()) {
      this.drop(line);
      return;
    }
    const now = performance.now();
    line.used = true;
    line.goodFrom = exchange.keptAlive || this.persistent ? 0 : now + probationMs;
    line.goodUntil = now + rest;
    this.free.push(line);
    this.serveLater();
  }

  private fail(line: Line, exchange: Exchange, { reason }: HttpFailure): void {
    // A connection that was good before and brought nothing this time may have been closed while it rested.
    if (line.used && reason === 'reset' && exchange.sent && !exchange.answering) this.distrust();
    this.drop(line);
  }

  /** A connection has ended, by the server or by us. */
  private closed(line: Line, error: Error & { code?: string }): void {
    const letGo = error.code === 'UND_ERR_INFO';
    if (!letGo && this.lines.has(line) && line.used && line.exchange?.sent !== true) this.distrust();
    // It rested until undici let go of it, so this server keeps connections.
    if (letGo && line.goodFrom !== 0 && performance.now() >= line.goodFrom) this.persistent = true;
    // One that is waiting for a connection gets a new one from the client.
    if (line.exchange === undefined) this.drop(line);
  }

  private distrust(): void {
    this.persistent = false;
    this.distrustUntil = performance.now() + distrustMs;
  }

  private distrusted(): boolean {
    return this.distrustUntil !== 0 && performance.now() < this.distrustUntil;
  }

  private drop(line: Line): void {
    if (!this.lines.delete(line)) return;
    const at = this.free.indexOf(line);
    if (at !== -1) this.free.splice(at, 1);
    void line.client.destroy();
    line.dialling?.destroy();
    this.serveLater();
  }

  /** Not from within a report of undici, which has not finished with the connection then. */
  private serveLater(): void {
    if (this.waiting.size === 0) return;
    setImmediate(() => {
      const [next] = this.waiting;
      if (next === undefined || (this.free.length === 0 && this.lines.size >= maxLines)) return;
      this.waiting.delete(next);
      this.place(next);
    });
  }
}

/** Half of what the server promises and at least a second less, since the promise began when the answer left it. */
function restOf(keepAliveMs: number | undefined): number {
  if (keepAliveMs === undefined) return silentRestMs;
  return Math.min(keepAliveMs - 1_000, keepAliveMs / 2, maxRestMs);
}
