import { type ServerResponse } from 'node:http';
import { type TimeSource } from './clock.js';
import { type ProviderName } from './provider-name.js';

/** One request the emulator answered: no query, no header, no body, so nothing secret. */
export interface LogEntry {
  /** RFC 3339, by the emulator's clock. */
  readonly at: string;
  /** Null when the path belongs to no platform. */
  readonly provider: ProviderName | null;
  readonly method: string;
  readonly path: string;
  /** Null when no reply was begun: still being answered, or the connection was reset. */
  readonly status: number | null;
}

interface Record {
  readonly entry: Omit<LogEntry, 'status'>;
  status: () => number | null;
}

const longest = 10_000;

/** The requests to platform endpoints, oldest first, the last ten thousand of them. */
export class RequestLog {
  readonly #clock: TimeSource;
  #records: Record[] = [];

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  /** The status is read off the reply, so that a client that has its answer always finds it in the log. */
  add(provider: ProviderName | null, method: string, path: string, response: ServerResponse): void {
    const at = new Date(this.#clock.now()).toISOString();
    const record: Record = {
      entry: { at, provider, method, path },
      status: () => (response.headersSent ? response.statusCode : null),
    };
    response.once('close', () => {
      const last = record.status();
      record.status = () => last;
    });
    this.#records.push(record);
    if (this.#records.length > longest) this.#records = this.#records.slice(-longest / 2);
  }

  entries(): LogEntry[] {
    return this.#records.map(({ entry, status }) => ({ ...entry, status: status() }));
  }

  clear(): void {
    this.#records = [];
  }
}
