import { afterEach, describe, expect, it } from '@jest/globals';
import { type RenewalRules } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer } from '../testing-support/fakes.js';
import { type DueClaim, StoreUnavailableError } from '../vault/index.js';

const hour = 3_600_000;
const renewal = answer({ access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 3600 });
const away = answer('', { status: 503 });
const done = { claimed: 1, renewed: 1, failed: 0, broken: 0 };

let world: EngineWorld;
afterEach(() => world.close());

function wpsWith(renewalRules: RenewalRules): ConfiguredProvider {
  return { ...clients.wps, contract: { ...clients.wps.contract, renewal: renewalRules } };
}

const sweep = () => world.engine.sweeper.refreshDue();

describe('what a sweep claims', () => {
  /** A world in which one record is due; what is claimed and what is marked apart from that. */
  async function due(provider = clients.wps): Promise<{ claims: DueClaim[]; marks: number }> {
    world = await EngineWorld.create(provider, { cacheEntries: 0 });
    await world.login();
    await world.time.advance(hour);
    const seen = { claims: [] as DueClaim[], marks: 0 };
    const { vault } = world;
    const [claimDue, markSpending] = [vault.claimDue.bind(vault), vault.markSpending.bind(vault)];
    vault.claimDue = (claim) => {
      seen.claims.push(claim);
      return claimDue(claim);
    };
    vault.markSpending = (record, owner) => {
      seen.marks += 1;
      return markSpending(record, owner);
    };
    return seen;
  }

  it.each<[string, ConfiguredProvider, boolean, number]>([
    ['is marked with the claim where the refresh token works once', clients.wps, true, 0],
    ['is not marked where it is kept', wpsWith({ policy: 'keep' }), false, 0],
    [
      'is marked before the call alone where doubt costs a login',
      wpsWith({ policy: 'rotate', lostReply: 'never' }),
      false,
      1,
    ],
  ])('%s', async (_what, provider, spending, marks) => {
    const seen = await due(provider);
    const marked: boolean[] = [];
    world.http.next(async () => {
      marked.push((await world.record()).inSpending);
      return renewal;
    });
    expect(await sweep()).toEqual(done);
    expect(seen.claims[0]?.spending).toBe(spending);
    expect([marked, seen.marks]).toEqual([[spending || marks > 0], marks]);
    expect(await world.record()).toMatchObject({ state: 'fresh', inSpending: false });
  });

  it('is in no doubt when the platform has done nothing', async () => {
    await due();
    world.http.next(away);
    expect(await sweep()).toMatchObject({ failed: 1 });
    expect(await world.record()).toMatchObject({ state: 'degraded', inSpending: false, leasedUntil: null });
  });

  it('is as it was when there turns out to be nothing to do', async () => {
    await due();
    const { subject, tokens } = { subject: world.subject, tokens: (await world.record()).tokens };
    const { name: provider, clientId } = world.provider;
    const now = world.time.now();
    const kept = { accessToken: tokens.accessToken, expiresAt: now + hour, issuedAt: now - hour, scope: [] };
    await world.vault.saveLogin({ provider, clientId, subject, tokens: kept, renewsAt: now });
    const before = await world.record();
    expect(await sweep()).toMatchObject({ claimed: 1 });
    expect(await world.record()).toEqual(before);
    expect(world.http.requests).toHaveLength(0);
  });

  it('is as it was when too little of the lease is left to send', async () => {
    const seen = await due();
    const before = await world.record();
    const { vault } = world;
    const claimDue = vault.claimDue.bind(vault);
    vault.claimDue = async (claim) => {
      const found = await claimDue(claim);
      if (found.records.length > 0) await world.time.advance(claim.leaseMs - 6_000);
      return found;
    };
    expect(await sweep()).toMatchObject({ claimed: 1, failed: 1 });
    expect(world.http.requests).toHaveLength(0);
    expect(seen.claims.length).toBeGreaterThan(0);
    expect(await world.record()).toEqual(before);
  });

  it.each([
    ['retry-late', clients.wps],
    ['never', wpsWith({ policy: 'rotate', lostReply: 'never' })],
  ])('is as it was when something of ours is broken before the call (%s)', async (_rule, provider) => {
    await due(provider);
    const before = await world.record();
    world.engine.gate.run = () => Promise.reject(new Error('a module cannot be loaded'));
    expect(await sweep()).toMatchObject({ claimed: 1, failed: 1 });
    expect(await world.record()).toEqual(before);
  });

  it('is still in doubt when it was before', async () => {
    await due();
    const owner = Buffer.alloc(16, 1);
    const { record } = await world.vault.claim(world.user, owner, hour);
    await world.vault.markSpending(record!, owner);
    await world.vault.release(record!, owner);
    world.http.next(away);
    await sweep();
    expect(await world.record()).toMatchObject({ state: 'in_doubt', inSpending: true });
  });

  it('is never in doubt where it is the client’s own, whatever marks it', async () => {
    world = await EngineWorld.create(clients.yuanzhibang, { cacheEntries: 0 });
    const tokens = { accessToken: new Secret('app-0'), expiresAt: world.time.now() + 1_000, scope: [] };
    await world.vault.saveFirst(world.vault.prepareFirst(world.app, tokens, world.time.now()));
    const { name: provider, clientId } = world.provider;
    const lost = { provider, clientId, owner: Buffer.alloc(16, 1), leaseMs: 1, limit: 1, spending: true };
    await world.vault.claimDue(lost);
    await world.time.advance(1_000);
    world.http.next(answer('', { status: 500 }));
    expect(await sweep()).toMatchObject({ claimed: 1, failed: 1 });
    expect(await world.vault.load(world.app)).toMatchObject({ state: 'degraded', inSpending: false });
  });
});

describe('the slots of a sweep', () => {
  /** Two slots, so many records due, and saves that wait until they are let through. */
  async function crowd(count: number): Promise<{ let: () => void; limits: number[] }> {
    world = await EngineWorld.create(clients.wps, { settings: { concurrency: 2 }, cacheEntries: 0 });
    const { vault, http } = world;
    const { name: provider, clientId } = world.provider;
    const now = world.time.now();
    for (let user = 0; user < count; user += 1) {
      const texts = { accessToken: new Secret(`a${user}`), refreshToken: new Secret(`r${user}`) };
      const tokens = { ...texts, issuedAt: now - hour, expiresAt: now + 1_000, scope: [] };
      await vault.saveLogin({
        provider,
        clientId,
        subject: `user-${user}`,
        tokens,
        renewsAt: now - count + user,
      });
      http.next(renewal);
    }
    const waiting: (() => void)[] = [];
    const limits: number[] = [];
    const [save, claimDue] = [vault.saveRenewal.bind(vault), vault.claimDue.bind(vault)];
    vault.saveRenewal = async (prepared) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return save(prepared);
    };
    vault.claimDue = (claim) => {
      limits.push(claim.limit);
      return claimDue(claim);
    };
    return { let: () => waiting.shift()?.(), limits };
  }

  it('fall free with the answer, and no more calls are made than saves may wait', async () => {
    const saves = await crowd(6);
    const swept = sweep();
    await world.time.settle();
    // Two that were answered make room for two more; with four saves under way nothing more is claimed.
    expect(world.http.requests).toHaveLength(4);
    saves.let();
    await world.time.settle();
    expect(world.http.requests).toHaveLength(5);
    for (let rest = 0; rest < 6; rest += 1) {
      saves.let();
      await world.time.settle();
    }
    expect(await swept).toEqual({ claimed: 6, renewed: 6, failed: 0, broken: 0 });
    expect(Math.max(...saves.limits)).toBe(2);
  });

  it('are waited for at the end, saves included, and no more is claimed', async () => {
    const saves = await crowd(6);
    const swept = sweep();
    await world.time.settle();
    expect(world.http.requests).toHaveLength(4);
    let stopped = false;
    const stop = world.engine.sweeper.stop().then(() => (stopped = true));
    saves.let();
    saves.let();
    await world.time.settle();
    expect(stopped).toBe(false);
    expect(world.http.requests).toHaveLength(4);
    saves.let();
    saves.let();
    await stop;
    expect(await swept).toMatchObject({ claimed: 4, renewed: 4 });
  });

  it('are free again after a claim that failed, and what was under way is finished first', async () => {
    const saves = await crowd(3);
    const { vault } = world;
    const claimDue = vault.claimDue.bind(vault);
    let claims = 0;
    let isBack = false;
    vault.claimDue = (claim) => {
      claims += 1;
      const answers = claims === 1 || isBack;
      return answers ? claimDue(claim) : Promise.reject(new StoreUnavailableError('test', 'DOWN'));
    };
    const swept = sweep();
    let over = false;
    const failure = swept.then(
      () => undefined,
      (error: unknown) => {
        over = true;
        return error;
      },
    );
    await world.time.settle();
    expect(over).toBe(false);
    saves.let();
    saves.let();
    expect(await failure).toBeInstanceOf(StoreUnavailableError);
    isBack = true;
    const again = sweep();
    await world.time.settle();
    saves.let();
    expect(await again).toMatchObject({ claimed: 1, renewed: 1 });
  });
});
