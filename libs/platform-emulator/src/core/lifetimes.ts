/** Lifetimes in whole seconds that replace those of every platform, in replies and in effect. */
export interface TokenLifetimes {
  /** Access tokens of users and of apps. */
  readonly accessToken?: number | undefined;
  /** Refresh tokens, and with them what WPS counts down. */
  readonly refreshToken?: number | undefined;
  /** 猿之棒: js_tickets. */
  readonly ticket?: number | undefined;
}

/** Refuses lifetimes no token can have; the message names the one that is wrong. */
export function checkLifetimes(lifetimes: TokenLifetimes): TokenLifetimes {
  for (const [name, seconds] of Object.entries(lifetimes) as [string, number | undefined][]) {
    if (seconds !== undefined && !(Number.isSafeInteger(seconds) && seconds >= 1)) {
      throw new TypeError(`lifetimes.${name}: must be a whole number of seconds, at least 1`);
    }
  }
  return lifetimes;
}
