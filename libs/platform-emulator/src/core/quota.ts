import { type TimeSource } from './clock.js';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
/** Asia/Shanghai has no daylight saving time: always UTC+8. */
const shanghai = 8 * hour;

/** So many a calendar day of Asia/Shanghai, for each key. */
export class DailyQuota {
  readonly #clock: TimeSource;
  readonly #limit: number;
  readonly #used = new Map<string, { day: number; count: number }>();

  constructor(clock: TimeSource, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Takes one, unless the day's are used up. */
  take(key: string): boolean {
    const today = Math.floor((this.#clock.now() + shanghai) / day);
    const last = this.#used.get(key);
    const count = last?.day === today ? last.count : 0;
    if (count >= this.#limit) return false;
    this.#used.set(key, { day: today, count: count + 1 });
    return true;
  }

  clear(): void {
    this.#used.clear();
  }
}

/** So many in any window of this length, for each key. */
export class SlidingQuota {
  readonly #clock: TimeSource;
  readonly #limit: number;
  readonly #window: number;
  readonly #taken = new Map<string, number[]>();

  constructor(clock: TimeSource, limit: number, windowSeconds: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#window = windowSeconds * 1000;
  }

  /** Takes one, unless the window is full; what is refused is not counted. */
  take(key: string): boolean {
    if (this.#limit === Infinity) return true;
    const now = this.#clock.now();
    const recent = (this.#taken.get(key) ?? []).filter((at) => at > now - this.#window);
    this.#taken.set(key, recent);
    if (recent.length >= this.#limit) return false;
    recent.push(now);
    return true;
  }

  clear(): void {
    this.#taken.clear();
  }
}
