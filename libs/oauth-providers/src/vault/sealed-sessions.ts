import { type SealedBlobs } from './sealed-blobs.js';

const writesBetweenSweeps = 64;
const sweepLimit = 256;

/**
 * Web sessions at rest: ids hashed, contents sealed and bound to their id. A session store of any framework
 * is a thin adapter over this. Expired sessions are swept a few at a time by later writes.
 */
export class SealedSessions {
  readonly #blobs: SealedBlobs;
  #writes = 0;

  constructor(blobs: SealedBlobs) {
    this.#blobs = blobs;
  }

  /**
   * The session `id`, as it was set.
   *
   * @throws SealError when it was tampered with or its key is missing; it is no session then
   */
  async get(id: string): Promise<Record<string, unknown> | undefined> {
    const text = await this.#blobs.get(id);
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }

  /**
   * Keeps a session.
   *
   * @param session - must survive JSON
   * @param expiresAt - in ms since the epoch, store time
   */
  async set(id: string, session: object, expiresAt: number): Promise<void> {
    await this.#blobs.put(id, JSON.stringify(session), expiresAt);
    this.#writes += 1;
    if (this.#writes % writesBetweenSweeps === 0) await this.#blobs.sweep(sweepLimit);
  }

  /** Moves the expiry of a session that is alive; never brings one back. */
  async touch(id: string, expiresAt: number): Promise<void> {
    await this.#blobs.touch(id, expiresAt);
  }

  async destroy(id: string): Promise<void> {
    await this.#blobs.delete(id);
  }
}
