/** A calendar day in a time zone. */
export interface LocalDay {
  /** Such as `2026-05-01`. */
  readonly id: string;
  /** When the next one begins, in milliseconds since the epoch. */
  readonly end: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const hour = 3_600_000;

/** The day it is in a time zone, and when it ends. Days may be 23 to 25 hours long. */
export function localDay(zone: string, now: number): LocalDay {
  const id = dayOf(zone, now);
  // Halving finds the first millisecond of the next day, whatever the zone does in between.
  let low = now;
  let high = now + 26 * hour;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dayOf(zone, middle) === id) low = middle;
    else high = middle;
  }
  return { id, end: high };
}

function dayOf(zone: string, moment: number): string {
  const known = formats.get(zone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  if (known === undefined) formats.set(zone, format);
  return format.format(moment);
}
