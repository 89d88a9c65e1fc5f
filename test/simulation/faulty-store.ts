import {
  type OpenStore,
  StoreUnavailableError,
  type StoreEngine,
  type TokenStore,
} from '../../libs/oauth-providers/src/vault/index.js';
import { type Prng } from './prng.js';
import { type Schedule } from './schedule.js';

/** What can happen to a call of the store. */
export type StoreFate = 'fine' | 'fails' | 'hangs' | 'loses-the-answer';

/** Sees what the store does, at the moment it does it. */
export interface StoreWitness {
  /** Something is about to be carried out for `process`. */
  before(process: object, method: string, request: unknown): void;
  /** It was carried out. */
  after(process: object, method: string, request: unknown, result: unknown): Promise<void>;
}

/** Lets the store of a world be used by one process, over a line that takes time and breaks. */
export interface StoreLine {
  readonly process: object;
  readonly inner: OpenStore;
  readonly schedule: Schedule;
  readonly prng: Prng;
  readonly witness: StoreWitness;
  readonly fate: () => StoreFate;
  /** Told when a process is told of a failure: others may have begun to wait for the same call meanwhile. */
  readonly failed: () => void;
  /** Hands something to the process, unless it has crashed; once it goes on, if it is paused. */
  readonly deliver: (what: () => void) => void;
  /** Changes what the store does, to break a rule on purpose. */
  readonly mutate: (tokens: TokenStore) => TokenStore;
}

/** The engine that a process opens. */
export function lineTo(line: StoreLine): StoreEngine {
  const open: OpenStore = { ...line.inner, tokens: faulty(line), close: () => Promise.resolve() };
  return { kind: 'simulated', embedded: false, open: () => Promise.resolve(open) };
}

function faulty(line: StoreLine): TokenStore {
  const tokens = line.mutate(line.inner.tokens);
  // Every method takes its time in the same way, so none is named here.
  return new Proxy(tokens, {
    get: (target, name) => {
      const method = String(name);
      // What the time is can be asked until it is answered; how that goes is tested with the clock itself.
      if (method === 'now') return () => target.now();
      const run = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => call(line, method, args, () => run.apply(target, args));
    },
  });
}

function call(
  line: StoreLine,
  method: string,
  args: readonly unknown[],
  run: () => Promise<unknown>,
): Promise<unknown> {
  const { schedule, prng, deliver, process, witness } = line;
  return new Promise((resolve, reject) => {
    const fate = line.fate();
    const fail = (after: number): void =>
      schedule.after(after, () => {
        line.failed();
        deliver(() => reject(new StoreUnavailableError('simulated', fate)));
      });
    if (fate === 'fails') {
      fail(2);
      return;
    }
    if (fate === 'hangs') {
      fail(prng.between(500, 4_000));
      return;
    }
    schedule.after(prng.between(0, 3), () => {
      witness.before(process, method, args[0]);
      void run().then(
        async (result) => {
          await witness.after(process, method, args[0], result);
          if (fate === 'loses-the-answer') fail(prng.between(1, 2_000));
          else schedule.after(prng.between(0, 3), () => deliver(() => resolve(result)));
        },
        (error: unknown) => deliver(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  });
}
