import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Member } from './processes/fleet.js';
import { describeOn, Ground, type GroundOptions, servers, type StoreServer } from './processes/ground.js';
import { type Served } from './processes/task.js';
import { until } from './support/until.js';

const callers = 50;
const hour = 3_600_000;

/*
 * Redis comes back with nothing of what it had, under four processes that have known it all. Needs the build
 * (`npm run build`).
 */
describeOn(describe, 'redis', 'processes whose store comes back empty', () => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await servers.redis();
  }, 60_000);
  afterAll(() => server.stop());

  const grounds: Ground[] = [];
  afterEach(() => Promise.all(grounds.splice(0).map((ground) => ground.stop())));

  async function prepare(space: string, options: GroundOptions): Promise<Ground> {
    const ground = await Ground.within(server, space, options);
    grounds.push(ground);
    return ground;
  }

  const everywhere = (
    fleet: readonly Member[],
    ask: (member: Member) => Promise<Served>,
  ): Promise<readonly Served[]> => Promise.all(fleet.map(ask));
  const tokensOf = (all: readonly Served[]): string[] => [...new Set(all.flatMap(({ tokens }) => tokens))];
  const errorsOf = (all: readonly Served[]): string[] => [...new Set(all.flatMap(({ errors }) => errors))];

  async function emptied(fleet: readonly Member[]): Promise<void> {
    await server.restartEmpty?.();
    for (const member of fleet) {
      await until(() =>
        member.tell('look', { subject: 'nobody' }).then(
          () => true,
          () => false,
        ),
      );
    }
  }

  it('say that everybody has to sign in, also those who knew the tokens, and bring none of them back', async () => {
    const latencyMs = 2_000;
    const ground = await prepare('people', { latencyMs });
    const fleet = await ground.fleet(4);
    const [known, dying] = ['user-1', 'user-2'];
    const token = await ground.signIn(known, { endsIn: hour, dueIn: hour });
    await ground.signIn(dying, { endsIn: -1_000 });
    const ask = (subject: string) => everywhere(fleet, (member) => member.tell('ask', { subject, callers }));
    expect(tokensOf(await ask(known))).toEqual([token]);

    // One renewal is under way, and what it brings belongs to nobody any more.
    const underWay = ask(dying);
    await until(() => ground.counts().refreshes === 1);
    await emptied(fleet);
    const said = new Set(errorsOf(await underWay));
    let asked: readonly Served[] = [];
    await until(async () => {
      asked = [...(await ask(known)), ...(await ask(dying))];
      for (const error of errorsOf(asked)) said.add(error);
      return tokensOf(asked).length === 0;
    });
    expect(errorsOf(asked)).toEqual(['invalid_grant']);
    expect([...said].filter((error) => !/^(invalid_grant$|StoreUnavailableError)/.test(error))).toEqual([]);

    for (const member of fleet) {
      await until(async () => (await member.tell('stats', {})).unsaved === 0);
      expect(await member.tell('sweep', {})).toEqual({ claimed: 0, renewed: 0, failed: 0, broken: 0 });
      expect(member.complaints).toBe('');
    }
    expect([await ground.record(known), await ground.record(dying)]).toEqual([undefined, undefined]);
    expect(tokensOf([...(await ask(known)), ...(await ask(dying))])).toEqual([]);
    expect(ground.counts()).toMatchObject({ refreshes: 1, reuse: 0 });
    // Who signs in again is somebody again, in all of them.
    const renewed = await ground.signIn(known, { endsIn: hour, dueIn: hour });
    expect(tokensOf(await ask(known))).toEqual([renewed]);
  }, 120_000);

  it('fetch the token of the application again with one call', async () => {
    const ground = await prepare('application', { provider: 'huawei', latencyMs: 30 });
    const fleet = await ground.fleet(4, { uncached: true });
    const ask = () => everywhere(fleet, (member) => member.tell('askApp', { callers }));
    const [before] = tokensOf(await ask());
    expect(ground.counts().appTokens).toBe(1);
    await emptied(fleet);
    const after = await ask();
    expect({ calls: ground.counts().appTokens, errors: errorsOf(after) }).toEqual({ calls: 2, errors: [] });
    expect(tokensOf(after)).toHaveLength(1);
    expect(tokensOf(after)).not.toContain(before);
    expect(fleet.map(({ complaints }) => complaints).join('')).toBe('');
  }, 120_000);

  it('fetch a ticket, and the token it hangs on, again with one call each', async () => {
    const ground = await prepare('tickets', { provider: 'yuanzhibang', latencyMs: 30 });
    const fleet = await ground.fleet(4, { uncached: true });
    const ask = () => everywhere(fleet, (member) => member.tell('askTicket', { type: 'js_ticket', callers }));
    await ask();
    expect(ground.counts()).toMatchObject({ tickets: 1, appTokens: 1 });
    await emptied(fleet);
    const after = await ask();
    expect(errorsOf(after)).toEqual([]);
    expect(tokensOf(after)).toHaveLength(1);
    expect(ground.counts()).toMatchObject({ tickets: 2, appTokens: 2 });
    expect(fleet.map(({ complaints }) => complaints).join('')).toBe('');
  }, 120_000);
});
