import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Member } from './processes/fleet.js';
import { describeEach, Ground } from './processes/ground.js';
import { note } from './processes/measured.js';
import { type Served } from './processes/task.js';

const callers = 250;
const latencyMs = 30;
const rounds = process.env['FULL'] === '1' ? 200 : 20;

/*
 * Four real processes, each with 250 callers who all want the same token at the moment it ends. The platform rotates its
 * refresh tokens and ends the whole grant when one comes back, so a second call would not just be waste: it would sign
 * the user out. Needs the build (`npm run build`).
 */
describeEach(describe, 'four processes with 250 callers each', (kind) => {
  let ground: Ground;
  let fleet: readonly Member[];

  beforeAll(async () => {
    ground = await Ground.prepare(kind, { latencyMs });
    fleet = await ground.fleet(4, { uncached: true });
  }, 120_000);
  afterAll(() => ground.stop());

  async function stampede(
    subject: string,
    rejected?: string,
  ): Promise<{ served: Served[]; calls: number; reuse: number }> {
    const before = ground.counts();
    const served = await Promise.all(
      fleet.map((member) => member.tell('ask', { subject, callers, rejected })),
    );
    const after = ground.counts();
    return { served, calls: after.refreshes - before.refreshes, reuse: after.reuse - before.reuse };
  }

  const wall = (served: readonly Served[]): number => Math.max(...served.map(({ ms }) => ms));

  it.each([
    ['has ended', { endsIn: -1_000 }],
    ['is about to end', { endsIn: 10_000 }],
  ])(
    `make one call when the token %s, in every one of ${rounds} rounds`,
    async (_when, times) => {
      const walls: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const subject = `user-${round}`;
        const old = await ground.signIn(subject, times);
        const { served, calls, reuse } = await stampede(subject);
        const now = (await ground.record(subject))?.tokens.accessToken.reveal();
        expect({ calls, reuse, failed: served.map(({ failed }) => failed) }).toEqual({
          ...{ calls: 1, reuse: 0, failed: [0, 0, 0, 0] },
        });
        expect(new Set(served.flatMap(({ tokens }) => tokens))).toEqual(new Set([now]));
        expect(now).not.toBe(old);
        walls.push(wall(served));
      }
      note(`stampede ${kind} ${_when}`, { latencyMs, rounds, wallMs: walls });
    },
    300_000,
  );

  it('make one call when the platform has killed the token, however many report it', async () => {
    for (let round = 0; round < Math.min(rounds, 20); round += 1) {
      const subject = `user-${500 + round}`;
      const old = await ground.signIn(subject, { endsIn: 3_600_000, dueIn: 3_000_000 });
      ground.emulator.revoke('wps', { user: subject, what: 'access' });
      const { served, calls, reuse } = await stampede(subject, old);
      expect({ calls, reuse, failed: served.map(({ failed }) => failed) }).toEqual({
        ...{ calls: 1, reuse: 0, failed: [0, 0, 0, 0] },
      });
      const [token = ''] = served.flatMap(({ tokens }) => tokens);
      expect(new Set(served.flatMap(({ tokens }) => tokens)).size).toBe(1);
      expect(await ground.takes(token)).toBe(true);
    }
  }, 300_000);
});
