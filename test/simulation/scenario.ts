import { type PlatformName } from './dialects.js';
import { type StoreFate } from './faulty-store.js';
import { type Fate, type Rotation } from './platform.js';
import { Prng } from './prng.js';

/** What a run consists of, drawn from its seed. */
export interface Setup {
  readonly seed: number;
  /** Nothing fails at all. */
  readonly calm: boolean;
  readonly platforms: readonly {
    readonly name: PlatformName;
    readonly rotation: Rotation;
    readonly lifeSeconds: number;
  }[];
  readonly users: readonly { readonly name: string; readonly platform: PlatformName }[];
  /** How wrong the clock of each process is, in ms: as many as there are processes. */
  readonly skews: readonly number[];
  /** How far clocks may be apart at the most. */
  readonly clockError: number;
  /** How long the trouble lasts, in ms. */
  readonly troubleMs: number;
  readonly sweepMs: number;
  /** Who answers which way, drawn anew for every call. */
  readonly fates: readonly Fate[];
  readonly faultShare: number;
  readonly storeFates: readonly StoreFate[];
  readonly storeFaultShare: number;
  readonly actions: readonly Action[];
}

/** Something that happens in a run. */
export type Action = { readonly at: number; readonly pick: number } & (
  | {
      readonly what:
        'ask' | 'ask-app' | 'login' | 'delete' | 'crash' | 'reject' | 'revoke' | 'sweep' | 'race';
    }
  | { readonly what: 'pause' | 'outage' | 'store-outage'; readonly forMs: number }
  | { readonly what: 'jump'; readonly byMs: number }
  | { readonly what: 'burst'; readonly callers: number }
);

const faults: readonly Fate[] = [
  ...(['refused-connection', 'lost-before', 'lost-after', 'slow', 'error-before', 'error-after'] as const),
  ...(['garbage', 'busy', 'gateway', 'throttled', 'client', 'odd'] as const),
];
const storeFaults: readonly StoreFate[] = ['fails', 'hangs', 'loses-the-answer'];

/** Draws a run. The same seed gives the same run, always. */
export function draw(seed: number): Setup {
  const prng = new Prng(seed);
  const calm = prng.chance(0.1);
  const clocks = !calm && prng.chance(0.2);
  const names: readonly PlatformName[] = prng.chance(0.3)
    ? [prng.pick(['wps', 'anyweb'] as const), 'huawei']
    : [prng.pick(['wps', 'wps', 'anyweb', 'huawei'] as const)];
  const platforms = names.map((name) => ({
    name,
    rotation: name === 'huawei' ? ('keep' as const) : prng.pick(['strict', 'strict', 'grace'] as const),
    lifeSeconds: prng.pick([90, 180, 300]),
  }));
  const users = Array.from({ length: prng.between(1, 3) }, (_, index) => ({
    name: `user-${index}`,
    platform: prng.pick(names),
  }));
  const troubleMs = 60_000 * prng.between(3, 8);
  const processes = prng.between(1, 3);
  return {
    ...{ seed, calm, platforms, users, troubleMs },
    skews: Array.from({ length: processes }, () => (clocks ? prng.between(-300_000, 300_000) : 0)),
    clockError: clocks ? 5 : 0,
    sweepMs: prng.pick([10_000, 20_000, 30_000]),
    fates: calm ? [] : some(prng, faults),
    faultShare: calm ? 0 : prng.pick([0, 0.2, 0.5]),
    storeFates: calm ? [] : some(prng, storeFaults),
    storeFaultShare: calm ? 0 : prng.pick([0, 0, 0.02, 0.1]),
    actions: actionsOf(prng, troubleMs, calm, clocks),
  };
}

function some<T>(prng: Prng, list: readonly T[]): T[] {
  const chosen = list.filter(() => prng.chance(0.4));
  return chosen.length > 0 ? chosen : [prng.pick(list)];
}

function actionsOf(prng: Prng, troubleMs: number, calm: boolean, clocks: boolean): Action[] {
  return Array.from({ length: prng.between(15, 50) }, (): Action => {
    const when = { at: prng.between(0, troubleMs), pick: prng.between(0, 1_000) };
    const dice = prng.next();
    if (dice < 0.5) return { ...when, what: 'ask' };
    if (dice < 0.6) return { ...when, what: 'burst', callers: prng.between(2, 8) };
    if (dice < 0.65) return { ...when, what: 'ask-app' };
    if (dice < 0.7) return { ...when, what: 'sweep' };
    if (dice < 0.74) return { ...when, what: 'login' };
    if (calm) return { ...when, what: 'ask' };
    if (dice < 0.76) return { ...when, what: 'delete' };
    if (dice < 0.8) return { ...when, what: 'reject' };
    if (dice < 0.82) return { ...when, what: 'revoke' };
    if (dice < 0.84) return { ...when, what: 'race' };
    if (dice < 0.87) return { ...when, what: 'crash' };
    if (dice < 0.91) return { ...when, what: 'pause', forMs: prng.between(100, 60_000) };
    if (dice < 0.95) return { ...when, what: 'outage', forMs: prng.between(5_000, 120_000) };
    if (dice < 0.98 || !clocks) return { ...when, what: 'store-outage', forMs: prng.between(1_000, 60_000) };
    return { ...when, what: 'jump', byMs: prng.between(-300_000, 300_000) };
  });
}
