import { afterEach, describe, expect, it } from '@jest/globals';
import { type HttpReply } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf, type Step } from '../testing-support/fakes.js';
import { memoryStore, type StoreEngine } from '../vault/index.js';

const minute = 60_000;
const hour = 60 * minute;
const renewal = answer({ access_token: 'access-1', refresh_token: 'refresh-1', expires_in: 3600 });

let world: EngineWorld;
afterEach(() => world.close());

async function signedIn(steps: readonly Step[], store?: StoreEngine, provider = clients.wps): Promise<void> {
  const options = { cacheEntries: 0, ...(store === undefined ? {} : { store }) };
  world = await EngineWorld.create(provider, options);
  world.http.next(...steps);
  await world.login();
}

/** A store whose clock is ahead of ours. */
function ahead(milliseconds: number): StoreEngine {
  const engine = memoryStore();
  return {
    ...engine,
    embedded: false,
    open: (clock) => engine.open({ now: () => clock.now() + milliseconds }),
  };
}

describe('a store whose clock is ahead of ours', () => {
  it('says what is due: the sweeper renews it, and does not give it back again and again', async () => {
    await signedIn([renewal], ahead(30_000));
    const { dueAt } = await world.record();
    await world.time.advance((dueAt ?? 0) - world.time.now() - 30_001);
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 0 });
    await world.time.advance(1);
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 1, renewed: 1 });
  });

  it('counts the time until the next try, and until the end of a token', async () => {
    await signedIn([answer('', { status: 503 }), renewal], ahead(10 * minute));
    await world.time.advance(hour);
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 1, failed: 1 });
    const { dueAt } = await world.record();
    expect(dueAt).toBeGreaterThan(world.time.now() + 10 * minute);
    expect(world.http.requests).toHaveLength(1);
    await world.time.advance(minute);
    expect(await world.token()).toBe('access-1');
    expect((await world.record()).tokens.expiresAt).toBe(world.time.now() + 10 * minute + hour);
  });
});

describe('a grant that is not saved yet', () => {
  it('is saved by the sweeper that meets the old record, and its refresh token is not spent again', async () => {
    await signedIn([renewal]);
    await world.time.advance(2 * hour);
    const save = world.vault.saveRenewal.bind(world.vault);
    world.vault.saveRenewal = () => Promise.reject(new Error('store away'));
    expect(await world.token()).toBe('access-1');
    await world.time.advance(minute);
    world.vault.saveRenewal = save;
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 1, renewed: 1 });
    expect((await world.record()).tokens.accessToken.reveal()).toBe('access-1');
    expect(world.http.requests).toHaveLength(1);
  });

  it('stays away when the record was deleted meanwhile', async () => {
    await signedIn([renewal]);
    await world.time.advance(2 * hour);
    const save = world.vault.saveRenewal.bind(world.vault);
    world.vault.saveRenewal = () => Promise.reject(new Error('store away'));
    await world.token();
    await world.time.advance(minute);
    world.vault.saveRenewal = async (prepared) => {
      await world.vault.remove(world.user);
      return save(prepared);
    };
    await world.engine.sweeper.refreshDue();
    expect(await world.vault.load(world.user)).toBeUndefined();
  });
});

describe('a record in doubt', () => {
  it('is no reason to ask for a login while its old token lives', async () => {
    await signedIn([]);
    const owner = Buffer.alloc(16, 1);
    const { record } = await world.vault.claim(world.user, owner, 1_000);
    await world.vault.markSpending(record ?? (await world.record()), owner);
    await world.time.advance(58 * minute);
    expect(await world.engine.live.renew(world.provider, world.user)).toMatchObject({
      end: 'failed',
      record: { state: 'in_doubt' },
      error: { errorClass: 'transient' },
    });
    expect(await world.token()).toBe('access-0');
    expect(world.http.requests).toHaveLength(0);
  });
});

describe('a renewal that comes home too late', () => {
  it('does not end the grant at the platform where the record still lives on the same refresh token', async () => {
    let answerNow: (reply: HttpReply) => void = () => undefined;
    await signedIn([() => new Promise<HttpReply>((done) => (answerNow = done))], undefined, clients.huawei);
    await world.time.advance(2 * hour);
    const late = world.token();
    await world.time.settle();
    const record = await world.record();
    const tokens = {
      ...record.tokens,
      accessToken: new Secret('faster'),
      expiresAt: world.time.now() + hour,
    };
    await world.vault.saveRenewal(world.vault.prepareRenewal(record, tokens, tokens.expiresAt));
    answerNow(answer({ access_token: 'late', expires_in: 3600 }));
    expect(await late).toBe('faster');
    expect(world.http.requests).toHaveLength(1);
  });
});

describe('a caller in the last moments of a token', () => {
  it('is not given the token that died while it waited', async () => {
    await signedIn([]);
    await world.time.advance(hour - 1_000);
    const claim = world.vault.claim.bind(world.vault);
    world.vault.claim = async (...request) => {
      const claimed = await claim(...request);
      if (claimed.record === undefined) return claimed;
      world.time.jump(2_000);
      return { ...claimed, record: { ...claimed.record, state: 'needs_login' } };
    };
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
  });
});

describe('a deleted record', () => {
  it('is not served from the cache for longer when the wall clock is set back', async () => {
    world = await EngineWorld.create();
    await world.login();
    expect(await world.token()).toBe('access-0');
    await world.vault.remove(world.user);
    world.time.jump(-hour);
    await world.time.advance(5_000);
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
  });
});

describe('a caller who goes', () => {
  it('does not wait for a store that hangs', async () => {
    await signedIn([]);
    world.vault.load = () => new Promise(() => undefined);
    const impatient = new AbortController();
    const gone = world.engine.live.get(world.provider, world.user, { signal: impatient.signal });
    impatient.abort(new Error('no time'));
    await expect(gone).rejects.toThrow('no time');
  });
});
