import { type Clock, type Timers } from '../core/ports.js';

/** How long the store's time is believed without asking again: what two good clocks drift apart meanwhile is nothing. */
const believedMs = 60_000;
/** An answer that was under way for longer says too little about the time. */
const slowestAnswerMs = 2_000;
/** The wall clock was set, or the machine slept: so much more or less than the monotonic clock shows is no drift. */
const jumpMs = 1_000;

interface Reading {
  /** Store time. */
  readonly time: number;
  /** The same moment on the monotonic clock, and on the wall clock. */
  readonly at: number;
  readonly wall: number;
}

/**
 * The time of a store with a clock of its own, told without asking it each time. All processes on one store agree on
 * it, whatever their own clocks show: it is the store's last answer and what has passed since.
 */
export class StoreClock implements Clock {
  private asking: Promise<void> | undefined;

  private constructor(
    private readonly ask: () => Promise<number>,
    private readonly wall: Clock,
    private readonly timers: Pick<Timers, 'monotonic'>,
    private reading: Reading,
  ) {}

  /** Asks for the time once, and then again now and then. Rejects as `ask` does. */
  static async start(
    ask: () => Promise<number>,
    wall: Clock,
    timers: Pick<Timers, 'monotonic'>,
  ): Promise<StoreClock> {
    const { reading } = await read(ask, wall, timers);
    return new StoreClock(ask, wall, timers, reading);
  }

  now(): number {
    const passed = this.timers.monotonic() - this.reading.at;
    const jumped = Math.abs(this.wall.now() - this.reading.wall - passed) > jumpMs;
    if (jumped || passed > believedMs) this.askAgain();
    return Math.floor(this.reading.time + passed);
  }

  /** Behind the back of whoever wants to know the time; while the store does not answer, the old reading goes on. */
  private askAgain(): void {
    this.asking ??= read(this.ask, this.wall, this.timers)
      .then(({ reading, tookMs }) => {
        if (tookMs <= slowestAnswerMs) this.reading = reading;
      })
      .catch(() => undefined)
      .finally(() => {
        this.asking = undefined;
      });
  }
}

async function read(
  ask: () => Promise<number>,
  wall: Clock,
  timers: Pick<Timers, 'monotonic'>,
): Promise<{ reading: Reading; tookMs: number }> {
  const before = timers.monotonic();
  const time = await ask();
  const at = timers.monotonic();
  const tookMs = at - before;
  // Somewhere on the way there and back: the middle is wrong by half of it at most.
  return { reading: { time: time + tookMs / 2, at, wall: wall.now() }, tookMs };
}
