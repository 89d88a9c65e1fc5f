import { type NetworkReach } from '../core/network.js';
import { connectorOf, type ConnectOptions } from './undici-adapter-connect.js';
import { type Ending, type Exchange } from './undici-adapter-exchange.js';
import { Lines } from './undici-adapter-lines.js';

/** What can say that nobody waits any more. */
export interface Abortable {
  readonly aborted?: boolean | undefined;
  addEventListener?: ((type: 'abort', listener: () => void) => void) | undefined;
  removeEventListener?: ((type: 'abort', listener: () => void) => void) | undefined;
}

/** The connections to all origins, each with how far inside it may lead. */
export class Exchanges {
  private readonly origins = new Map<string, Lines>();

  constructor(private readonly options: ConnectOptions) {}

  /** The connections to one origin. */
  linesTo(origin: string, reach: NetworkReach): Lines {
    const name = `${reach} ${origin}`;
    const known = this.origins.get(name);
    if (known !== undefined) return known;
    const made = new Lines(origin, connectorOf(reach, this.options));
    this.origins.set(name, made);
    return made;
  }

  /** Lets go of all connections. */
  close(): void {
    for (const lines of this.origins.values()) lines.close();
    this.origins.clear();
  }
}

/** Runs an exchange to its end: its answer, its failure, its last moment or the caller's word. */
export function carry(
  lines: Lines,
  exchange: Exchange,
  signal: Abortable | undefined,
  ended: (ending: Ending) => void,
): void {
  const timer = setTimeout(endOfTime, exchange.parcel.deadlineAt - performance.now(), exchange);
  const abort = signal?.addEventListener === undefined ? undefined : () => exchange.cancel('aborted');
  if (abort !== undefined) signal?.addEventListener?.('abort', abort);
  lines.send(exchange);
  exchange.whenEnded((ending) => {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener?.('abort', abort);
    ended(ending);
  });
}

/** A timer that is later than this was not served, and neither was the network. */
const lateMs = 50;
const [turns, turnsWhenLate] = [2, 20];

/**
 * A process that was stopped, or kept busy, past the deadline finds the answer of a single-use code or refresh token
 * waiting in its sockets. Timers come first, so it is given its turn to be read before it is given up.
 */
function endOfTime(exchange: Exchange): void {
  const isLate = performance.now() - exchange.parcel.deadlineAt > lateMs;
  const wait = (left: number): void => {
    if (exchange.ended) return;
    if (left === 0) exchange.cancel('timeout');
    else setImmediate(() => wait(left - 1));
  };
  wait(isLate ? turnsWhenLate : turns);
}
