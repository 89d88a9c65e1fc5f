import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf } from '../testing-support/fakes.js';

const life = 3_600_000;
const tokens = (name: string, seconds: number) =>
  answer({ access_token: name, refresh_token: `r-${name}`, expires_in: seconds, token_type: 'bearer' });

describe('tokens that hardly live', () => {
  let world: EngineWorld;
  beforeEach(async () => {
    world = await EngineWorld.create();
    await world.login();
  });
  afterEach(() => world.close());

  it('are not renewed twice within a second, neither by callers nor by the sweeper', async () => {
    world.http.next(tokens('brief', 0.2), tokens('longer', 7200));
    await world.time.advance(life);
    expect(await world.token()).toBe('brief');
    await world.time.advance(300);
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'transient', retryAfterSeconds: 1 });
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 0 });
    expect(world.http.requests).toHaveLength(1);
    await world.time.advance(700);
    expect(await world.token()).toBe('longer');
    expect(world.http.requests).toHaveLength(2);
  });

  it('are renewed at once when the platform has refused them', async () => {
    world.http.next(tokens('brief', 7200), tokens('longer', 7200));
    await world.time.advance(life);
    await world.token();
    expect(await world.token('brief')).toBe('longer');
  });

  it('are not handed out when they are dead on arrival', async () => {
    const late = (seconds: number) => async () => {
      await world.time.advance(2_000);
      return tokens('dead', seconds);
    };
    world.http.next(late(1));
    await world.time.advance(life - 10_000);
    expect(await world.token()).toBe('access-0');
    world.http.next(late(1));
    expect(await failureOf(world.engine.live.get(world.provider, world.app))).toMatchObject({
      errorClass: 'transient',
    });
  });
});

describe('a token that the platform has refused', () => {
  it('is replaced also when somebody is at the record who does not know that', async () => {
    const world = await EngineWorld.create();
    await world.login();
    world.http.next(tokens('next', 7200));
    const late = world.engine.live.renew(world.provider, world.user, new Secret('another'));
    expect(await Promise.all([world.token('access-0'), world.token('access-0')])).toEqual(['next', 'next']);
    expect((await late).end).toBe('current');
    expect(world.http.requests).toHaveLength(1);
    await world.close();
  });
});

describe('rows that do not open', () => {
  it('keep nobody behind them from being renewed', async () => {
    const world = await EngineWorld.create(undefined, { settings: { concurrency: 2 } });
    const { name: provider, clientId } = world.provider;
    const expiresAt = world.time.now() + life;
    for (let n = 0; n < 7; n += 1) {
      const lost = { accessToken: new Secret('lost'), expiresAt, scope: [] };
      await world.vault.saveLogin({ provider, clientId, subject: `lost ${n}`, tokens: lost, renewsAt: n });
    }
    const claimDue = world.vault.claimDue.bind(world.vault);
    world.vault.claimDue = async (request) => {
      const { records } = await claimDue(request);
      const opens = records.filter(({ identity }) => identity.subject === world.subject);
      const broken = records.filter((record) => !opens.includes(record));
      return {
        records: opens,
        broken: broken.map(({ key }) => ({ key, error: new Error('broken') as never })),
      };
    };
    await world.login({ expiresAt });
    await world.time.advance(life);
    world.http.next(tokens('renewed', 7200));
    const report = await world.engine.sweeper.refreshDue();
    expect(report).toEqual({ claimed: 1, renewed: 1, failed: 0, broken: 7 });
    expect(await world.token()).toBe('renewed');
    await world.close();
  });
});
