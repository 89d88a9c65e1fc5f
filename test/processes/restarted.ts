import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenedRecord } from '../../libs/oauth-providers/src/vault/index.js';
import { type Member } from './fleet.js';
import { describeOn, Ground, servers, type StoreServer } from './ground.js';
import { note } from './measured.js';
import { type Served } from './task.js';
import { until } from '../support/until.js';

const isFull = process.env['FULL'] === '1';
const people = isFull ? 2_000 : 200;
const kills = isFull ? 10 : 3;
const hour = 3_600_000;
/** Short, because claims whose holder could not say more are waited for: this and ten seconds. */
const timeoutMs = 5_000;
const unavailable = [expect.stringContaining('StoreUnavailableError')];

/*
 * The store is killed in the middle of what everybody does, and comes back with what it had acknowledged. Needs the build
 * (`npm run build`).
 */
export function describeRestarted(kind: 'redis' | 'postgres'): void {
  describeOn(describe, kind, 'processes whose store is killed and comes back', () => {
    let server: StoreServer;
    let ground: Ground;
    let drawing: Ground;
    let fleet: readonly Member[];
    let drawers: readonly Member[];
    let steady: string;
    const subjects = Array.from({ length: people }, (_, index) => `user-${index}`);
    const steadyOne = 'user-100000';
    const deadOne = 'user-100001';

    beforeAll(async () => {
      server = await servers[kind]();
      const options = { latencyMs: 20, timeoutMs };
      [ground, drawing] = await Promise.all([
        Ground.within(server, 'renewing', options),
        Ground.within(server, 'drawing', { ...options, provider: 'anyweb' }),
      ]);
      [fleet, drawers] = await Promise.all([
        ground.fleet(4, { settings: { concurrency: 2 } }),
        drawing.fleet(2),
      ]);
      const next = subjects.values();
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (const subject of next) await ground.signIn(subject, { endsIn: hour });
        }),
      );
      steady = await ground.signIn(steadyOne, { endsIn: hour, dueIn: hour });
      // Nobody's sweep is to touch it, and nobody can use it.
      await ground.signIn(deadOne, { endsIn: -1_000, dueIn: hour });
    }, 120_000);
    afterAll(async () => {
      await Promise.all([ground.stop(), drawing.stop()]);
      await server.stop();
    });

    const everywhere = (subject: string): Promise<Served[]> =>
      Promise.all(fleet.map((member) => member.tell('ask', { subject, callers: 50 })));
    const records = async (): Promise<OpenedRecord[]> =>
      (await Promise.all(subjects.map((subject) => ground.record(subject)))).filter(
        (record) => record !== undefined,
      );
    const isSettled = ({ dueAt, leasedUntil }: OpenedRecord): boolean =>
      dueAt !== null && dueAt > ground.now() && leasedUntil === null;

    it('lose no token, spend none twice, and count every draw once', async () => {
      await everywhere(steadyOne);
      const draws = { attempts: 0, granted: 0 };
      const errors = new Set<string>();
      const failed = (error: unknown): void => {
        errors.add(String(error).replace(/:? \(?[A-Z_]+\)?\b.*/, ''));
      };
      let isOver = false;
      const busy = [
        ...fleet.map((member) =>
          until(async () => {
            await member.tell('sweep', {}).catch(failed);
            return isOver;
          }),
        ),
        ...drawers.map((member) =>
          until(async () => {
            draws.attempts += 1;
            const error = await member.tell('draw', { operation: 'exchange' });
            if (error === null) draws.granted += 1;
            else failed(error);
            return isOver;
          }),
        ),
      ];
      try {
        for (let kill = 1; kill <= kills; kill += 1) {
          await until(() => ground.counts().refreshes >= (people * kill) / (kills + 1));
          await server.kill();
          for (const served of await everywhere(steadyOne)) {
            expect(served).toMatchObject({ tokens: [steady], failed: 0 });
          }
          for (const served of await everywhere(deadOne)) {
            expect(served).toMatchObject({ tokens: [], failed: 50, errors: unavailable });
          }
          await server.restart();
        }
        const since = ground.now();
        // The test's own connection has to come back, too.
        await until(() =>
          records().then(
            (all) => all.length === people && all.every(isSettled),
            () => false,
          ),
        );
        note(`restart ${kind}`, { settledAfterMs: ground.now() - since });
      } finally {
        isOver = true;
        await Promise.all(busy);
      }

      // Whoever had an answer of the platform has kept it until it was saved; whoever did not get so far has not asked.
      const then = await records();
      const doubtful = then.filter(({ state }) => state === 'in_doubt').length;
      expect(then.filter(({ state }) => state === 'fresh')).toHaveLength(people - doubtful);
      expect(ground.counts()).toMatchObject({ refreshes: people - doubtful, reuse: 0 });
      for (const member of fleet) expect(await member.tell('stats', {})).toMatchObject({ unsaved: 0 });

      // What is stored is what the platform takes: everybody's is renewed once more.
      const served = await Promise.all(
        then.flatMap(({ identity, tokens }, index) => {
          const subject = identity.kind === 'user' ? identity.subject : '';
          const rejected = tokens.accessToken.reveal();
          return fleet[index % fleet.length]?.tell('ask', { subject, callers: 1, rejected }) ?? [];
        }),
      );
      expect(served).toHaveLength(people);
      expect(served.filter(({ failed }) => failed !== 0)).toEqual([]);
      expect(ground.counts()).toMatchObject({ refreshes: 2 * people - doubtful, reuse: 0 });

      const used = await drawing.used();
      expect(draws.granted).toBeGreaterThan(0);
      expect(used).toBeGreaterThanOrEqual(draws.granted);
      expect(used).toBeLessThanOrEqual(draws.attempts);
      expect([...errors].filter((error) => !error.includes('StoreUnavailableError'))).toEqual([]);
      expect([...fleet, ...drawers].map(({ complaints }) => complaints).join('')).toBe('');
      note(`restart ${kind} counts`, { doubtful, draws, used, errors: [...errors] });
    }, 600_000);
  });
}
