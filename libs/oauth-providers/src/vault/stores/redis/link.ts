import { type Socket as NetStream } from 'node:net';
import { type Buckets, type BucketRange } from './buckets.js';
import { type Client, isCluster, serversOf } from './connection.js';
import { closedError, unavailable } from './errors.js';
import { type ScriptName } from './scripts/index.js';

/** What a script is called with. */
export type Argument = Buffer | string | number;

type Call = (...args: readonly Argument[]) => Promise<unknown>;

/** Where tests get the time of a store from, in place of the server's. */
export type TimeSource = () => number;

/** The way to the server: sends scripts and reads, and turns every failure into one kind of error. */
export class Link {
  #isGathering = false;
  #underWay = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    private readonly client: Client,
    readonly buckets: Buckets,
    private readonly time: TimeSource | undefined,
  ) {}

  /** Reads one value, in one command. */
  get(key: Buffer): Promise<Buffer | null> {
    return this.#send(() => this.client.getBuffer(key));
  }

  /** Whether something is over that a read has found. On its own the server gives out nothing that is. */
  isOver(until: number): boolean {
    return this.time !== undefined && until <= this.time();
  }

  /** Runs a script about what lies in one slot. */
  run(
    script: ScriptName,
    keys: readonly [Buffer, ...Buffer[]],
    ...args: readonly Argument[]
  ): Promise<unknown> {
    const now = this.time === undefined ? '' : String(this.time());
    return this.#send(() => {
      const { client } = this;
      const call = (client as unknown as Readonly<Record<string, Call>>)[`${script}Buffer`];
      return call?.call(client, ...keys, now, ...args) ?? Promise.reject(new Error(`No script ${script}.`));
    });
  }

  /** Runs a script about buckets that lie on the same server. */
  runOver(script: ScriptName, { first, last }: BucketRange, ...args: readonly Argument[]): Promise<unknown> {
    const { prefix } = this.buckets;
    return this.run(script, [this.buckets.in(first, '', '')], prefix, first, last, ...args);
  }

  /** The buckets from `first` on, in groups that one script can go through. */
  groups(first = 0): readonly BucketRange[] {
    const { last } = this.buckets;
    if (!isCluster(this.client)) return [{ first, last }];
    return Array.from({ length: last - first + 1 }, (_, i) => ({ first: first + i, last: first + i }));
  }

  /** Refuses new work and waits for what was accepted. */
  async drain(): Promise<void> {
    this.#closed = true;
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  async #send<Result>(send: () => Promise<Result>): Promise<Result> {
    if (this.#closed) throw closedError();
    this.#underWay += 1;
    try {
      this.#gather();
      return await send();
    } catch (error) {
      throw unavailable(error);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#whenIdle?.();
    }
  }

  /** Lets what is sent in this turn of the event loop leave in one piece, unless it is alone. */
  #gather(): void {
    // The driver can do so too, but waits for all answers of a batch, and redirects none of one to a cluster.
    if (this.#underWay === 1 || this.#isGathering) return;
    const streams = serversOf(this.client).flatMap(({ stream }: { stream?: NetStream }) => stream ?? []);
    for (const stream of streams) stream.cork();
    this.#isGathering = true;
    process.nextTick(() => {
      this.#isGathering = false;
      for (const stream of streams) stream.uncork();
    });
  }
}
