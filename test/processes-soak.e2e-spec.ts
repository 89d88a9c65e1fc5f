import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Member } from './processes/fleet.js';
import { describeEach } from './processes/ground.js';
import { note } from './processes/measured.js';
import { measuredServers, type MeasuredServer } from './processes/measured-servers.js';
import { StandIn } from './processes/stand-in.js';
import { until } from './support/until.js';

const tokens = Number(process.env['SOAK_TOKENS'] ?? 100_000);
const minutes = Number(process.env['SOAK_MINUTES'] ?? 5);
const processes = 4;
/** Everything is sixty times as fast as by default: two hours, ten minutes, one minute, ten seconds. */
const faster = 60;
const lifeMs = 7_200_000 / faster;
const settings = { advisoryMs: 600_000 / faster, mandatoryMs: 60_000 / faster };
const everyMs = 10_000 / faster;
const slots = 16;
const prefix = 'user';
const tokenBytes = 1_024;
const latencyMs = 20;
const tick = 2_000;
/** When a process has warmed up, in parts of the time; from then on what it holds must not grow with what it renews. */
const warmUp = 0.4;
const growth = 1.25;
const slackBytes = 8 * 1_048_576;
/** No second has more than so many times the mean of all. */
const crest = 4;

/** What was seen every few seconds. */
interface Sample {
  readonly at: number;
  readonly rss: readonly number[];
  /** What the processes hold after collecting their garbage: looked at once, when they are warm. */
  readonly held?: readonly number[];
  readonly lagMs: number;
  readonly due: number;
}

const long = process.env['FULL'] === '1' ? describe : describe.skip;
const how =
  process.env['FULL'] === '1' ? '' : ' (not run: FULL=1, with SOAK_TOKENS and SOAK_MINUTES, runs it)';

long(`${tokens} tokens in ${processes} processes for ${minutes} minutes${how}`, () => {
  describeEach(describe, 'in a sixtieth of the time', (kind) => {
    let server: MeasuredServer;
    let platform: StandIn;
    let members: readonly Member[];

    beforeAll(async () => {
      // No token is due before four fifths of its life are over.
      const conduct = { lifeMs, tokenBytes, latencyMs, earlyMs: lifeMs / 2 };
      [server, platform] = await Promise.all([measuredServers[kind](), StandIn.start(conduct)]);
      // The cache holds what it is allowed to; what else is held is to be seen.
      const each = Array.from({ length: processes }, () =>
        platform.member(server.place, { settings, uncached: true }),
      );
      members = await Promise.all(each);
    }, 120_000);
    afterAll(async () => {
      await platform.stop();
      await server.stop();
    });

    it(
      'renews each once per life, within the limits of the platform and in the memory it began with',
      async () => {
        const share = tokens / processes;
        // As if people had signed in evenly over the last two hours; the first is due when all are in.
        const seeding = {
          prefix,
          count: share,
          lifeMs,
          endIn: [lifeMs / 4, lifeMs * 1.25] as const,
          tokenBytes,
        };
        const seeded = performance.now();
        await Promise.all(members.map((member, at) => member.tell('seed', { ...seeding, from: at * share })));
        const seedMs = performance.now() - seeded;
        const [sizeAtFirst, writtenAtFirst] = [await server.size(), await server.written()];
        await Promise.all(
          members.map((member) => member.tell('work', { everyMs, callers: 4, prefix, subjects: tokens })),
        );
        const samples = await watch();
        const { perSecond } = await platform.counts();
        const shifts = await Promise.all(members.map((member) => member.tell('rest', {})));

        const { renewed, refreshes, reuse, early, late, latestMs, mostInFlight } = await platform.counts();
        const seconds = Object.entries(perSecond).map(([second, count]) => ({
          second: Number(second),
          count,
        }));
        const start = (seconds[0]?.second ?? 0) + lifeMs / 1_000;
        const later = seconds.filter(({ second }) => second >= start).map(({ count }) => count);
        const mean = later.reduce((sum, count) => sum + count, 0) / Math.max(later.length, 1);
        const warm = samples.find(({ held }) => held !== undefined);
        const last = samples.at(-1);
        const held = await Promise.all(members.map((member) => member.tell('held', {})));
        note(`soak ${kind}`, {
          ...{
            tokens,
            minutes,
            processes,
            lifeMs,
            latencyMs,
            seedMs,
            renewed,
            refreshes,
            reuse,
            early,
            late,
            latestMs,
            mostInFlight,
          },
          renewalsPerSecond: refreshes / (minutes * 60),
          afterFirstLife: { mean, most: Math.max(0, ...later), fewest: Math.min(...later) },
          perSecond: seconds.map(({ count }) => count),
          rssMb: { warm: warm?.rss.map(inMb), end: last?.rss.map(inMb) },
          heldMb: { warm: warm?.held?.map(inMb), end: held.map(inMb) },
          lagMs: { most: Math.max(...samples.map(({ lagMs }) => lagMs)), end: last?.lagMs },
          mostDue: Math.max(...samples.map(({ due }) => due)),
          asked: shifts.reduce((sum, { asked }) => sum + asked, 0),
          stored: { atFirst: sizeAtFirst / tokens, atLast: (await server.size()) / tokens },
          writtenPerRenewal: ((await server.written()) - writtenAtFirst) / refreshes,
        });

        expect({ reuse, early }).toEqual({ reuse: 0, early: 0 });
        const everybodyWasDue = minutes * 60_000 >= lifeMs * 1.7;
        expect(everybodyWasDue ? renewed : tokens).toBe(tokens);
        // Renewals of callers have no slots of their own: each process has at most one per caller.
        expect(mostInFlight).toBeLessThanOrEqual(processes * (slots + 4));
        for (const { swept, failed, errors, ended, refused } of shifts) {
          expect({ failed, errors, ended, refused }).toEqual({ failed: 0, errors: [], ended: 0, refused: 0 });
          expect({ failed: swept.failed, broken: swept.broken }).toEqual({ failed: 0, broken: 0 });
        }
        expect(Math.max(0, ...later)).toBeLessThanOrEqual(crest * Math.max(mean, processes * slots));
        for (const [at, bytes] of held.entries())
          expect(bytes).toBeLessThanOrEqual(growth * (warm?.held?.[at] ?? 0) + slackBytes);
      },
      (minutes + 10) * 60_000,
    );

    /** Looks at everything until the time is over. */
    async function watch(): Promise<readonly Sample[]> {
      const samples: Sample[] = [];
      const began = performance.now();
      while (performance.now() - began < minutes * 60_000) {
        const next = performance.now() + tick;
        await until(() => performance.now() >= next);
        const stats = await Promise.all(members.map((member) => member.tell('stats', {})));
        const backlog = await members[0]?.tell('backlog', {});
        const at = performance.now() - began;
        const isFirstWarm =
          at >= minutes * 60_000 * warmUp && samples.every(({ held }) => held === undefined);
        samples.push({
          at,
          ...(isFirstWarm && { held: await Promise.all(members.map((member) => member.tell('held', {}))) }),
          rss: stats.map(({ rssBytes }) => rssBytes),
          ...{ lagMs: backlog?.lagMs ?? 0, due: backlog?.due ?? 0 },
        });
      }
      return samples;
    }
  });
});

function inMb(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
