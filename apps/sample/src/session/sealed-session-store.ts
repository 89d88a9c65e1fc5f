import { type SessionData, Store } from 'express-session';
import { SealError, type SealedSessions } from 'nestjs-oauth-providers';

type Done = (error?: unknown) => void;
type Got = (error: unknown, session?: SessionData | null) => void;

/** A visitor who clicks around moves the expiry at most this often: each move is a write. */
const touchIntervalMs = 60_000;
const rememberedTouches = 10_000;

/**
 * Keeps the sessions of express-session in the vault: ids hashed, contents sealed. A session lives `lifetimeMs`
 * from its last visit.
 */
export class SealedSessionStore extends Store {
  readonly #touches = new Map<string, number>();

  constructor(
    private readonly sessions: SealedSessions,
    private readonly lifetimeMs: number,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override get(id: string, got: Got): void {
    void this.sessions.get(id).then(
      (session) => got(null, (session as SessionData | undefined) ?? null),
      // What was tampered with, or sealed with a key that is gone, is no session; an outage is an error.
      (error: unknown) => (error instanceof SealError ? got(null, null) : got(error)),
    );
  }

  override set(id: string, session: SessionData, done?: Done): void {
    settle(this.sessions.set(id, session, this.now() + this.lifetimeMs), done);
  }

  override touch(id: string, _session: SessionData, done?: Done): void {
    const now = this.now();
    const last = this.#touches.get(id);
    if (last !== undefined && now - last < touchIntervalMs) {
      settle(Promise.resolve(), done);
      return;
    }
    if (this.#touches.size >= rememberedTouches) this.#touches.clear();
    this.#touches.set(id, now);
    settle(this.sessions.touch(id, now + this.lifetimeMs), done);
  }

  override destroy(id: string, done?: Done): void {
    this.#touches.delete(id);
    settle(this.sessions.destroy(id), done);
  }
}

/** Callbacks run outside the promise: what they throw is not the store's failure. */
function settle(work: Promise<void>, done: Done = () => undefined): void {
  void work.then(
    () => setImmediate(done),
    (error: unknown) => setImmediate(done, error),
  );
}
