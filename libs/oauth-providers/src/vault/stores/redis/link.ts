import { type Buckets, type BucketRange } from './buckets.js';
import { type Client } from './connection.js';
import { closedError, unavailable } from './errors.js';
import { type ScriptName } from './scripts/index.js';

/** What a script is called with. */
export type Argument = Buffer | string | number;

type Call = (...args: readonly Argument[]) => Promise<unknown>;

/** Where tests get the time of a store from, in place of the server's. */
export type TimeSource = () => number;

/** The way to the server: sends scripts and reads, and turns every failure into one kind of error. */
export class Link {
  #underWay = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;
  #isApart: boolean;

  constructor(
    readonly client: Client,
    readonly buckets: Buckets,
    isCluster: boolean,
    private readonly time: TimeSource | undefined,
  ) {
    this.#isApart = isCluster;
  }

  /** Reads one value, in one command. */
  get(key: Buffer): Promise<Buffer | null> {
    return this.#watch(() => this.client.getBuffer(key));
  }

  /** Whether something is over that a read has found. On its own the server gives out nothing that is. */
  isOver(until: number): boolean {
    return this.time !== undefined && until <= this.time();
  }

  /** Runs a script about what lies in one slot. */
  run(script: ScriptName, keys: readonly Buffer[], ...args: readonly Argument[]): Promise<unknown> {
    const calls = this.client as unknown as Readonly<Record<string, Call>>;
    return this.#watch(
      () =>
        calls[`${script}Buffer`]?.call(this.client, ...keys, this.#now(), ...args) ??
        Promise.reject(missing(script)),
    );
  }

  /** Runs a script about buckets that lie on the same server. */
  runOver(script: ScriptName, { first, last }: BucketRange, ...args: readonly Argument[]): Promise<unknown> {
    const { prefix } = this.buckets;
    return this.run(script, [this.buckets.in(first, '', '')], prefix, first, last, ...args);
  }

  /** The buckets from `first` on, in groups that one script can go through. */
  groups(first = 0): readonly BucketRange[] {
    const { last } = this.buckets;
    if (!this.#isApart) return [{ first, last }];
    return Array.from({ length: last - first + 1 }, (_, i) => ({ first: first + i, last: first + i }));
  }

  /** Refuses new work and waits for what was accepted. */
  async drain(): Promise<void> {
    this.#closed = true;
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  #now(): string {
    return this.time === undefined ? '' : String(this.time());
  }

  async #watch<Result>(send: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw closedError();
    this.#underWay += 1;
    try {
      return await send();
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle?.();
    }
  }
}

function missing(script: ScriptName): Error {
  return new Error(`There is no script ${script}.`);
}
