import { type PublicUrl } from './public-url.js';

const maxLength = 512;

/** A second slash or backslash, or a control character, that somebody on the way may decode. */
const treacherous = /^\/(\/|%(2f|5c|0[0-9a-f]|1[0-9a-f]))/i;

/**
 * The place inside the application to go to after login, or undefined when the wish is anything but an
 * absolute path of our own origin. What is refused is dropped, never an error: the login still works.
 */
export function safeReturnTo(wish: unknown, publicUrl: PublicUrl): string | undefined {
  if (typeof wish !== 'string' || wish.length > maxLength) return undefined;
  // Browsers drop tabs and line breaks, and read a backslash as a slash: neither belongs into a path.
  if (!/^\/[^\s\\\p{Cc}]*$/u.test(wish) || treacherous.test(wish)) return undefined;
  const url = URL.canParse(wish, publicUrl.origin) ? new URL(wish, publicUrl.origin) : undefined;
  // Dot segments are gone now, and what stood behind them stands in front.
  if (url?.origin !== publicUrl.origin || treacherous.test(url.pathname)) return undefined;
  const path = `${url.pathname}${url.search}${url.hash}`;
  return path.length <= maxLength ? path : undefined;
}
