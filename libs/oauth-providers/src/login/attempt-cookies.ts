import { type PublicUrl } from './public-url.js';

/** States look like `<seconds, base 36>-<22 characters of base64url>`. */
const statePattern = /^[0-9a-z]{1,9}-[A-Za-z0-9_-]{22}$/;

/** A change of the browser's cookies. `value: undefined` deletes. */
export interface CookieChange {
  readonly name: string;
  readonly value: string | undefined;
  readonly maxAgeSeconds: number;
}

/** Names and lifetimes of the cookies that carry login attempts: one cookie per attempt, so tabs never clash. */
export class AttemptCookies {
  /** More than this many at once fill the header limits of servers; the oldest goes. */
  static readonly limit = 5;
  private readonly prefix: string;

  constructor(publicUrl: PublicUrl) {
    this.prefix = publicUrl.secure ? '__Host-oa_' : 'oa_';
  }

  /** The name of the cookie of an attempt, or undefined when the state is none of ours. */
  nameOf(state: string): string | undefined {
    return statePattern.test(state) ? `${this.prefix}${state}` : undefined;
  }

  /** The cookies to delete so that one more attempt fits: the oldest first, by the time in their state. */
  surplus(cookies: Readonly<Record<string, string | undefined>>): CookieChange[] {
    const states = Object.keys(cookies)
      .filter((name) => name.startsWith(this.prefix))
      .map((name) => name.slice(this.prefix.length))
      .filter((state) => statePattern.test(state))
      .sort((left, right) => bornAt(left) - bornAt(right));
    return states
      .slice(0, Math.max(0, states.length - AttemptCookies.limit + 1))
      .map((state) => ({ name: `${this.prefix}${state}`, value: undefined, maxAgeSeconds: 0 }));
  }
}

/** Writes the part of a state that says when it was made. */
export function stateTime(now: number): string {
  return Math.floor(now / 1000).toString(36);
}

function bornAt(state: string): number {
  return Number.parseInt(state.slice(0, state.indexOf('-')), 36);
}
