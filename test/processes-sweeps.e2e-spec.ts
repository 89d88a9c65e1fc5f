import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Member } from './processes/fleet.js';
import { describeEach } from './processes/ground.js';
import { note } from './processes/measured.js';
import { measuredServers, type MeasuredServer } from './processes/measured-servers.js';
import { StandIn } from './processes/stand-in.js';
import { until } from './support/until.js';

const tokens = process.env['FULL'] === '1' ? 10_000 : 1_000;
/** Of one client in one process, where nothing else is said. */
const slots = 16;
const lifeMs = 7_200_000;

/*
 * Everything is due at once, and several processes sweep. The platform keeps its first answers back until every slot of
 * every process is taken, so each of them certainly has its share. Needs the build (`npm run build`).
 */
describeEach(describe, `a sweep of ${tokens} due tokens`, (kind) => {
  let server: MeasuredServer;
  let platform: StandIn;
  let members: readonly Member[];

  beforeAll(async () => {
    [server, platform] = await Promise.all([measuredServers[kind](), StandIn.start({ lifeMs })]);
    members = await Promise.all([1, 2, 3, 4].map(() => platform.member(server.place)));
  }, 120_000);
  afterEach(() => platform.tell('forget', {}));
  afterAll(async () => {
    await platform.stop();
    await server.stop();
  });

  it.each([1, 2, 4])(
    'by %i processes renews each of them once',
    async (size) => {
      const [seeder] = members;
      const before = await server.size();
      await seeder?.tell('seed', {
        ...{ prefix: `of-${size}`, from: 0, count: tokens, lifeMs, endIn: [-1_000, -1_000] as const },
        tokenBytes: 2_048,
      });
      const stored = (await server.size()) - before;
      const written = await server.written();
      await platform.tell('behave', { tokenBytes: 2_048 });
      await platform.tell('hold', {});
      const swept = members.slice(0, size).map((member) => member.tell('sweep', {}));
      await until(async () => (await platform.counts()).inFlight === slots * size);
      const began = performance.now();
      await platform.tell('release', {});
      const reports = await Promise.all(swept);
      const ms = performance.now() - began;

      const { refreshes, reuse, renewed, mostInFlight } = await platform.counts();
      expect({ refreshes, reuse, renewed, mostInFlight }).toEqual({
        ...{ refreshes: tokens, reuse: 0, renewed: tokens, mostInFlight: slots * size },
      });
      expect(sumOf(reports)).toEqual({ claimed: tokens, renewed: tokens, failed: 0, broken: 0 });
      expect(Math.min(...reports.map(({ claimed }) => claimed))).toBeGreaterThanOrEqual(slots);
      const shares = reports.map(({ claimed }) => claimed);
      note(`sweep ${kind}`, {
        ...{ processes: size, tokens, ms, perSecond: ((tokens - slots * size) / ms) * 1_000, shares },
        bytesPerRecord: stored / tokens,
        writtenPerRenewal: ((await server.written()) - written) / tokens,
      });
    },
    600_000,
  );
});

function sumOf(
  reports: readonly { claimed: number; renewed: number; failed: number; broken: number }[],
): object {
  return reports.reduce((sum, { claimed, renewed, failed, broken }) => ({
    claimed: sum.claimed + claimed,
    renewed: sum.renewed + renewed,
    failed: sum.failed + failed,
    broken: sum.broken + broken,
  }));
}
