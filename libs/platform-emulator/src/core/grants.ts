import { type CounterBook } from './counters.js';
import { type EmulatorClock } from './clock.js';
import { Ledger, type Standing } from './ledger.js';
import { type ProviderName } from './provider-name.js';
import { type DemoUser } from './users.js';

/** One consent of one user: the family of all tokens that come of it (RFC 9700 §4.14.2). */
export interface Grant {
  readonly user: DemoUser;
  isRevoked: boolean;
}

/** A token and the family it belongs to. */
export interface Granted<T> {
  readonly grant: Grant;
  readonly value: T;
}

/** What the grants of a platform depend on. */
export interface GrantRules {
  readonly clock: EmulatorClock;
  readonly counters: CounterBook;
  /** Whether a rotated refresh token that comes back ends its whole family. */
  readonly reuseDetection: boolean;
}

/** What steering can kill: access tokens, whole grants, or what belongs to apps (their tokens and tickets). */
export const revocable = ['access', 'grant', 'app'] as const;
export type Revocable = (typeof revocable)[number];

/** The user tokens of a platform. */
export class Grants<T> {
  readonly #rules: GrantRules;
  readonly #provider: ProviderName;
  readonly #access: Ledger<Granted<T>>;
  readonly #refresh: Ledger<Granted<T>>;

  constructor(provider: ProviderName, rules: GrantRules) {
    this.#rules = rules;
    this.#provider = provider;
    this.#access = new Ledger(rules.clock);
    this.#refresh = new Ledger(rules.clock);
  }

  putAccess(text: string, token: Granted<T>, lifetimeSeconds: number): void {
    this.#access.put(text, token, lifetimeSeconds);
  }

  putRefresh(text: string, token: Granted<T>, lifetimeSeconds: number): void {
    this.#refresh.put(text, token, lifetimeSeconds);
  }

  access(text: string): Standing<Granted<T>> {
    return standingOf(this.#access.look(text));
  }

  refresh(text: string): Standing<Granted<T>> {
    return standingOf(this.#refresh.look(text));
  }

  /** A refresh token that rotates has been used: it is dead from here on. */
  spendRefresh(text: string): void {
    this.#refresh.spend(text);
  }

  /** A spent refresh token came back: counted, and with reuse detection the end of its family. */
  reused(grant: Grant): void {
    this.#rules.counters.add(this.#provider, 'reuse');
    if (this.#rules.reuseDetection) grant.isRevoked = true;
  }

  /** Kills access tokens or whole grants, of one user or of all; returns how many of those were alive. */
  revoke(what: 'access' | 'grant', user: DemoUser | undefined): number {
    const isMeant = ({ grant }: Granted<T>) => user === undefined || grant.user.key === user.key;
    if (what === 'access') {
      return this.#access.revokeWhere((token) => !token.grant.isRevoked && isMeant(token));
    }
    const living = new Set<Grant>();
    const found = new Set<Grant>();
    for (const ledger of [this.#access, this.#refresh]) {
      ledger.forEach((token, isLive) => {
        if (token.grant.isRevoked || !isMeant(token)) return;
        found.add(token.grant);
        if (isLive) living.add(token.grant);
      });
    }
    for (const grant of found) grant.isRevoked = true;
    return living.size;
  }

  clear(): void {
    this.#access.clear();
    this.#refresh.clear();
  }
}

/** A token lives no longer than its grant. */
function standingOf<T>(standing: Standing<Granted<T>>): Standing<Granted<T>> {
  if (standing.status !== 'live' || !standing.value.grant.isRevoked) return standing;
  return { ...standing, status: 'revoked' };
}
