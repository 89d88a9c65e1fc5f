import type pg from 'pg';

const firstPauseMs = 100;
const longestPauseMs = 10_000;

/** One connection that listens, made when it is first needed and made again when it is lost. */
export class Listener {
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #closed = false;

  constructor(
    private readonly makeClient: () => pg.Client,
    private readonly channel: string,
    private readonly heard: (payload: string) => void,
    /** Hints may have been missed before this moment. */
    private readonly resumed: () => void,
  ) {}

  /** Resolves when it listens, or could not be made to; never rejects. */
  listen(): Promise<void> {
    if (this.#client !== undefined || this.#again !== undefined || this.#closed) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#again);
    await this.#connecting;
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #connect(): Promise<void> {
    const client = this.makeClient();
    // A connection that is cut says so more than once.
    const lost = (): void => this.#lost(client);
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload = '' }) => this.heard(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
    } catch {
      this.#retryLater();
      await client.end().catch(() => undefined);
      return;
    }
    this.#client = client;
    this.#pauseMs = firstPauseMs;
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#retryLater();
    client.end().catch(() => undefined);
  }

  #retryLater(): void {
    if (this.#closed || this.#again !== undefined) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      void this.listen().then(() => {
        if (this.#client !== undefined) this.resumed();
      });
    }, this.#pauseMs);
    this.#again.unref();
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }
}
