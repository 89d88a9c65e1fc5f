import { type Setup } from './scenario.js';
import { World } from './world.js';

export const minute = 60_000;
export const hour = 60 * minute;

/** Which platforms a fleet is spread over, and how long their tokens live. */
const platforms = [
  { name: 'wps', rotation: 'strict', lifeSeconds: 7_200, share: 4 },
  { name: 'huawei', rotation: 'keep', lifeSeconds: 3_600, share: 4 },
  { name: 'anyweb', rotation: 'strict', lifeSeconds: 7_200, share: 2 },
] as const;

/** What a day of a fleet looked like, minute by minute. */
export interface FleetDay {
  /** Renewals that the platforms have carried out, by minute. */
  readonly renewals: readonly number[];
  /** Callers who got an error, by minute. */
  readonly refused: readonly number[];
  /** How many a minute may hold if everything is spread over the jitter. */
  readonly even: number;
  readonly violation: string | undefined;
  readonly served: number;
  /** Records that are not fresh five minutes after the outage, and at the end. */
  readonly staleAfterOutage: number;
  readonly staleAtTheEnd: number;
  readonly lost: number;
}

/** The platform that is away, from when to when: while the tokens of its fifteenth renewal end. */
export const outage = {
  platform: 'huawei',
  from: 12 * hour + 25 * minute,
  to: 12 * hour + 55 * minute,
} as const;

/** A day of virtual time: tokens that were issued within a minute, a sweep every ten seconds, an outage at noon. */
export async function fleetDay(tokens: number): Promise<FleetDay> {
  const users = Array.from({ length: tokens }, (_, index): Setup['users'][number] => ({
    name: `user-${index}`,
    platform: index % 10 < 4 ? 'wps' : index % 10 < 8 ? 'huawei' : 'anyweb',
  }));
  const setup: Setup = {
    ...{ seed: 1, calm: false, platforms, users, skews: [0], clockError: 0, troubleMs: 0, sweepMs: 10_000 },
    ...{ fates: [], faultShare: 0, storeFates: [], storeFaultShare: 0, actions: [] },
  };
  const world = await World.create(setup, {});
  const { schedule } = world;
  const [process] = world.processes;
  if (process === undefined) throw new Error('there is no process');
  for (const [index, row] of world.rows.all.entries()) {
    schedule.after((index * minute) / tokens, () => world.login(process, row, false));
  }
  for (let at = 10_000; at < 24 * hour; at += 10_000) schedule.after(at, () => world.sweep(process));
  const away = world.platform(outage.platform);
  schedule.after(outage.from, () => (away.downUntil = outage.to));
  const renewals: number[] = [];
  const refused: number[] = [];
  let staleAfterOutage = 0;
  let [calls, errors] = [0, 0];
  for (let at = minute; at <= 24 * hour; at += minute) {
    schedule.after(at - 1, () => {
      const all = [...world.platforms.values()].reduce((sum, platform) => sum + platform.calls, 0);
      renewals.push(all - calls);
      refused.push(world.refused - errors);
      [calls, errors] = [all, world.refused];
      for (let count = 0; count < 10; count += 1) world.ask(process, world.prng.pick(world.rows.all));
    });
  }
  schedule.after(outage.to + 5 * minute, () => (staleAfterOutage = stale(world)));
  await schedule.run(24 * hour, () => world.check());
  return {
    ...{ renewals, refused, staleAfterOutage, served: world.served },
    even: platforms.reduce(
      (sum, { lifeSeconds, share }) => sum + (tokens * share) / 10 / (lifeSeconds / 600),
      0,
    ),
    violation: world.rules.violation?.message,
    staleAtTheEnd: stale(world),
    lost: world.rows.all.filter(({ stored }) => stored === undefined).length,
  };
}

function stale(world: World): number {
  const now = world.storeNow();
  return world.rows.all.filter(
    ({ stored, tokens }) => stored?.state !== 'fresh' || tokens === undefined || tokens.expiresAt <= now,
  ).length;
}
