import { randomBytes } from 'node:crypto';
import { type WakeUps } from '../../store-engine.port.js';
import { type Client, isCluster } from './connection.js';
import { type Link } from './link.js';

/** For how long an announcement stands; whoever waits longer looks for himself by then. */
const announcedMs = 60_000;

/**
 * Hints by publish and subscribe. Who waits notes his channel beside the record; who changes the record tells the
 * channels that are noted there, and nobody else. The connection that listens is made when somebody waits first.
 */
export class RedisWakeUps implements WakeUps {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #channel: string;
  #listener: Client | undefined;
  #listening: Promise<void> | undefined;

  constructor(
    private readonly link: Link,
    private readonly listen: () => Client,
  ) {
    this.#channel = `${link.buckets.prefix}:wake:${randomBytes(12).toString('hex')}`;
  }

  async changed(key: Buffer, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const id = key.toString('latin1');
    const waiters = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiters);
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        waiters.delete(wake);
        if (waiters.size === 0 && this.#waiting.get(id) === waiters) this.#waiting.delete(id);
        resolve();
      };
      waiters.add(wake);
      signal.addEventListener('abort', wake);
      void this.#announce(key);
    });
  }

  /** Wakes everybody and lets go of the connection. */
  async close(): Promise<void> {
    for (const id of [...this.#waiting.keys()]) this.#wake(id);
    const listener = this.#listener;
    this.#listener = undefined;
    await this.#listening?.catch(() => undefined);
    listener?.disconnect();
  }

  /** Listens first: a hint must not come before there is somebody to hear it. Without one, the waiting is longer. */
  async #announce(key: Buffer): Promise<void> {
    try {
      this.#listening ??= this.#start();
      await this.#listening;
      await this.link.run('tokenAwait', [this.link.buckets.at('r', key)], this.#channel, announcedMs);
    } catch {
      this.#listening = undefined;
    }
  }

  async #start(): Promise<void> {
    if (this.#listener === undefined) {
      const listener = this.listen();
      this.#listener = listener;
      // A connection of its own may break without anybody waiting for it; it comes back by itself.
      listener.on('error', () => undefined);
      listener.on('messageBuffer', (_channel: Buffer, id: Buffer) => {
        this.#wake(id.toString('latin1'));
      });
    }
    await this.#listener.subscribe(this.#channel);
  }

  #wake(id: string): void {
    for (const wake of [...(this.#waiting.get(id) ?? [])]) wake();
  }
}

/** A client that may wait for its server: what it is asked is asked again when the server is back. */
export function listenerOf(client: Client): Client {
  const patient = { enableOfflineQueue: true, lazyConnect: false, enableAutoPipelining: false };
  return isCluster(client)
    ? client.duplicate([], { ...patient, scripts: {} })
    : client.duplicate({ ...patient, scripts: {}, maxRetriesPerRequest: null });
}
