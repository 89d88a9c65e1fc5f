import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresAvailable, howToInstall, startPostgres } from '../tools/servers/postgres.mjs';
import { type Member } from './processes/fleet.js';
import { describeEach, servers, type StoreServer } from './processes/ground.js';
import { note } from './processes/measured.js';
import { StandIn } from './processes/stand-in.js';
import { until } from './support/until.js';

const prefix = 'user';
const wrongMs = 300_000;

/*
 * One process believes that it is five minutes later, the other that it is five minutes earlier, and tokens live for a few
 * seconds. Whoever took his own clock for the store's would find all of them dead, or never due; and whoever wrote his own
 * time would mislead the other. Half way both clocks are set, each to what the other had. Needs the build (`npm run build`).
 */
describeEach(describe, 'two processes whose clocks are ten minutes apart', (kind) => {
  const [lifeMs, renewals] = process.env['FULL'] === '1' ? [8_000, 10] : [6_000, 6];
  const subjects = 40;
  let server: StoreServer;
  let platform: StandIn;
  let members: readonly Member[];

  beforeAll(async () => {
    // No token is due before two fifths of its life are over. A wrong clock or a race would come at once, a request
    // that a busy machine has kept for two seconds would not.
    const conduct = { lifeMs, earlyMs: lifeMs / 20 };
    [server, platform] = await Promise.all([servers[kind](), StandIn.start(conduct)]);
    members = await Promise.all(
      [wrongMs, -wrongMs].map((skewMs) => platform.member(server.place, { skewMs })),
    );
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await server.stop();
  });

  it('renew each token once per life, in time, and tell the same time', async () => {
    const all = <Result>(order: (member: Member, at: number) => Promise<Result>): Promise<Result[]> =>
      Promise.all(members.map(order));
    await all((member, at) =>
      member.tell('seed', {
        ...{
          prefix,
          from: (at * subjects) / 2,
          count: subjects / 2,
          lifeMs,
          endIn: [lifeMs, lifeMs] as const,
        },
      }),
    );
    await all((member) => member.tell('work', { everyMs: 20, callers: 4, prefix, subjects }));
    const renewedTimes = async (times: number): Promise<void> =>
      until(async () => {
        const { renewed, fewest } = await platform.counts();
        return renewed === subjects && fewest >= times;
      });
    await renewedTimes(renewals / 2);
    await all((member, at) => member.tell('setClock', { skewMs: at === 0 ? -wrongMs : wrongMs }));
    await renewedTimes(renewals);
    const shifts = await all((member) => member.tell('rest', {}));

    const { refreshes, reuse, early, late, refused, fewest, most, latestMs } = await platform.counts();
    expect({ reuse, early }).toEqual({ reuse: 0, early: 0 });
    for (const { asked, swept, failed, errors, ended, refused: declined } of shifts) {
      expect(asked).toBeGreaterThan(0);
      expect({ failed, errors, ended, declined }).toEqual({ failed: 0, errors: [], ended: 0, declined: 0 });
      expect({ failed: swept.failed, broken: swept.broken }).toEqual({ failed: 0, broken: 0 });
    }
    let saved = 0;
    for (let at = 0; at < subjects; at += 1) {
      const subject = `${prefix}-${at}`;
      const [here, there] = await all((member) => member.tell('look', { subject }));
      expect(here).toEqual(there);
      const [, , generation, endsAt] = here?.accessToken.split('~') ?? [];
      expect({ state: here?.state, generation: Number(generation) }).toEqual({
        state: 'fresh',
        generation: await platform.tell('generationOf', { subject }),
      });
      saved += Number(generation);
      // The platform's clock is the store's here: what is apart is how long the request was under way.
      expect(Math.abs((here?.expiresAt ?? 0) - Number(endsAt))).toBeLessThan(lifeMs);
    }
    expect(saved).toBe(refreshes);
    const told = await all(async (member) => (await member.tell('stats', {})).storeTime - Date.now());
    expect(Math.max(...told.map(Math.abs))).toBeLessThan(wrongMs / 10);
    note(`clocks ${kind}`, { lifeMs, subjects, refreshes, fewest, most, late, latestMs, refused });
  }, 300_000);
});

const describePostgres = postgresAvailable() ? describe : describe.skip;
const missing = postgresAvailable() ? '' : ` (not run: ${howToInstall})`;

/*
 * Every renewal waits for the platform without holding a connection: the platform keeps its answers back until all slots
 * are taken, which a renewal that held one would never let happen. Needs the build (`npm run build`).
 */
describePostgres(`a pool of two connections with 64 renewals in flight${missing}`, () => {
  const due = 256;
  const slots = 64;
  const poolSize = 2;
  const lifeMs = 7_200_000;
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let platform: StandIn;

  beforeAll(async () => {
    [server, platform] = await Promise.all([
      startPostgres({ settings: { log_connections: 'on' } }),
      StandIn.start({ lifeMs, latencyMs: 100 }),
    ]);
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await server.stop();
  });

  it('renews each token once, over two connections, none of which ever rests in a transaction', async () => {
    const place = { kind: 'postgres', url: server.url, poolSize } as const;
    const member = await platform.member(place, { settings: { concurrency: slots } });
    await member.tell('seed', { prefix, from: 0, count: due, lifeMs, endIn: [-1_000, -1_000] });
    // From here on the server itself ends every session that rests in a transaction for a millisecond.
    await server.psql('ALTER SYSTEM SET idle_in_transaction_session_timeout = 1');
    await server.psql('SELECT pg_reload_conf()');
    const sessions = async (): Promise<{ tooMany: number; resting: number }> => {
      const [pool = 0, resting = 0] = (
        await server.psql(
          `SELECT count(*) FILTER (WHERE query NOT LIKE 'LISTEN%'), count(*) FILTER (WHERE state LIKE 'idle in%')
           FROM pg_stat_activity WHERE application_name = 'nestjs-oauth-providers'`,
        )
      )
        .split('|')
        .map(Number);
      return { tooMany: Math.max(pool - poolSize, 0), resting };
    };

    await platform.tell('hold', {});
    const sweeping = { over: false };
    const swept = member.tell('sweep', {}).finally(() => {
      sweeping.over = true;
    });
    await until(async () => (await platform.counts()).inFlight === slots);
    expect(await sessions()).toEqual({ tooMany: 0, resting: 0 });
    await platform.tell('release', {});
    const began = performance.now();
    let looked = 0;
    while (!sweeping.over) {
      expect(await sessions()).toEqual({ tooMany: 0, resting: 0 });
      looked += 1;
    }
    const ms = performance.now() - began;

    expect(await swept).toEqual({ claimed: due, renewed: due, failed: 0, broken: 0 });
    const { refreshes, renewed, reuse, mostInFlight } = await platform.counts();
    expect({ refreshes, renewed, reuse, mostInFlight }).toEqual({
      ...{ refreshes: due, renewed: due, reuse: 0, mostInFlight: slots },
    });
    expect(
      await server.psql('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
    ).toBe('0');
    const log = (await server.log()).split('\n');
    const opened = log.filter((line) => /authorized.*application_name=nestjs-oauth-providers/.test(line));
    // The two, the one that listens, and before them the one that made the tables: none was opened anew.
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.length).toBeLessThanOrEqual(poolSize + 2);
    // A server that is not ready yet says so to whoever asks whether it is.
    const ready = log.filter((line) => !line.includes('the database system is starting up'));
    expect(ready.filter((line) => /(FATAL|ERROR|PANIC):/.test(line))).toEqual([]);
    note('pool postgres', { due, slots, poolSize, latencyMs: 100, ms, looked });
  }, 300_000);
});
