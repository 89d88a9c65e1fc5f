import { type WakeUps } from '../../store-engine.port.js';
import { type Database, type Statement } from './database.js';
import { type Listener } from './listener.js';
import { column } from './values.js';

/** How long an announcement stands. Who waits longer, or whose announcement failed, finds out by looking. */
const announcedMs = 30_000;

const notify: Statement = {
  name: 'notify',
  text: 'SELECT pg_notify($1::text, payload) FROM unnest($2::text[]) AS payload',
};

/** Makes the listener that hands on what it hears. */
export type MakeListener = (heard: (payload: string) => void, resumed: () => void) => Listener;

/**
 * Hints through LISTEN and NOTIFY. Who waits leaves a note on the record; a change that finds one there sends a
 * hint, in a statement of its own because all that send one commit one after the other.
 */
export class PostgresWakeUps implements WakeUps {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #listener: Listener;
  #toSend = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly announce: Statement,
    private readonly channel: string,
    makeListener: MakeListener,
  ) {
    this.#listener = makeListener(
      (payload) => this.#wake(payload),
      () => {
        for (const name of [...this.#waiting.keys()]) this.#wake(name);
      },
    );
  }

  async changed(key: Buffer, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const name = key.toString('hex');
    await new Promise<void>((resolve) => {
      const waiters = this.#waiting.get(name) ?? new Set();
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        waiters.delete(wake);
        if (waiters.size === 0 && this.#waiting.get(name) === waiters) this.#waiting.delete(name);
        resolve();
      };
      waiters.add(wake);
      this.#waiting.set(name, waiters);
      signal.addEventListener('abort', wake);
      void this.#announce(key, name);
    });
  }

  /** Tells everybody who waits for a record; waits for nothing itself. */
  readonly tell = (key: Buffer): void => {
    if (this.#toSend.size === 0) queueMicrotask(() => void this.#send());
    this.#toSend.add(key.toString('hex'));
  };

  async close(): Promise<void> {
    for (const name of [...this.#waiting.keys()]) this.#wake(name);
    await this.#listener.close();
  }

  async #announce(key: Buffer, name: string): Promise<void> {
    await this.#listener.listen();
    try {
      const [row] = await this.db.accept(() => this.db.write(this.announce, key, announcedMs));
      // What was waited for has happened before it could be announced.
      if (row?.['leased'] !== true) this.#wake(name);
    } catch {
      // Then there will be no hint.
    }
  }

  async #send(): Promise<void> {
    const names = [...this.#toSend];
    this.#toSend = new Set();
    try {
      await this.db.accept(() => this.db.write(notify, this.channel, column('text', names)));
    } catch {
      // Hints may be lost.
    }
  }

  #wake(name: string): void {
    for (const wake of [...(this.#waiting.get(name) ?? [])]) wake();
  }
}
