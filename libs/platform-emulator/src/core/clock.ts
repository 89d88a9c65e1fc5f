/** Where the emulator takes the time from. */
export interface TimeSource {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The emulator's clock: a time source plus an offset that steering moves forward. */
export class EmulatorClock implements TimeSource {
  readonly #source: TimeSource;
  #offset = 0;

  constructor(source: TimeSource = { now: () => Date.now() }) {
    this.#source = source;
  }

  now(): number {
    return this.#source.now() + this.#offset;
  }

  /** Whole seconds since the Unix epoch, as `iat`, `exp` and absolute stamps count them. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  advance(seconds: number): void {
    this.#offset += seconds * 1000;
  }

  /** Back to the time of the source. */
  reset(): void {
    this.#offset = 0;
  }
}
