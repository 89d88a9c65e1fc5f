import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, type Timers } from '../core/ports.js';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes only when a test says so. Sleepers wake in order, and what they do is done before the next. */
export class VirtualTime implements Clock, Timers {
  private elapsed = 0;
  private readonly sleepers = new Set<Sleeper>();

  constructor(private start = Date.parse('2026-05-01T08:00:00Z')) {}

  now(): number {
    return this.start + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  /** Moves the wall clock, and nothing else. */
  jump(milliseconds: number): void {
    this.start += milliseconds;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = { at: this.elapsed + milliseconds, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Lets time pass. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.elapsed + milliseconds;
    for (;;) {
      await this.settle();
      const [next] = [...this.sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.sleepers.delete(next);
      this.elapsed = Math.max(this.elapsed, next.at);
      next.wake();
    }
    this.elapsed = end;
    await this.settle();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 12; rounds += 1) await turn();
  }
}
