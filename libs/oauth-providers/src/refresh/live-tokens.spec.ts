import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { HttpFailure, type HttpReply } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer, failureOf, formOf, renewal, type Step } from '../testing-support/fakes.js';

const minute = 60_000;
const hour = 60 * minute;

let world: EngineWorld;
afterEach(() => world.close());

async function signedIn(...steps: Step[]): Promise<void> {
  world = await EngineWorld.create(clients.wps, { cacheEntries: 0 });
  world.http.next(...steps);
  await world.login();
}

describe('a caller', () => {
  it('gets the stored token while it is good, without a call', async () => {
    await signedIn();
    expect(await world.token()).toBe('access-0');
    expect(world.http.requests).toHaveLength(0);
  });

  it('of a user who never signed in is told so', async () => {
    world = await EngineWorld.create();
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
  });

  it('gets the old token at once in the advisory window, and one renewal runs behind its back', async () => {
    await signedIn(renewal(1));
    await world.time.advance(55 * minute);
    expect(await Promise.all(Array.from({ length: 1000 }, () => world.token()))).toEqual(
      Array.from({ length: 1000 }, () => 'access-0'),
    );
    await world.time.settle();
    expect(await world.token()).toBe('access-1');
    expect(world.http.requests).toHaveLength(1);
    expect(formOf(world.http.last)).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-0',
    });
    expect(world.events).toMatchObject([{ type: 'renewed', provider: 'wps', subject: 'subject-1' }]);
  });

  it('waits in the last moments, and a thousand of them cost one call', async () => {
    await signedIn(renewal(1));
    await world.time.advance(hour - 1000);
    const all = await Promise.all(Array.from({ length: 1000 }, () => world.token()));
    expect(new Set(all)).toEqual(new Set(['access-1']));
    expect(world.http.requests).toHaveLength(1);
  });

  it('waits when the token is dead, and a thousand of them cost one call', async () => {
    await signedIn(renewal(1));
    await world.time.advance(2 * hour);
    const all = await Promise.all(Array.from({ length: 1000 }, () => world.token()));
    expect(new Set(all)).toEqual(new Set(['access-1']));
    expect(world.http.requests).toHaveLength(1);
  });

  it('shares one read with all who come in the same turn', async () => {
    await signedIn(renewal(1));
    await world.time.advance(2 * hour);
    const read = jest.spyOn(world.vault, 'load');
    await Promise.all(Array.from({ length: 100 }, () => world.token()));
    await Promise.all(Array.from({ length: 100 }, () => world.token()));
    expect(read).toHaveBeenCalledTimes(2);
    // Who does not believe what is known has an answer of his own, out of the same read.
    await Promise.all(Array.from({ length: 9 }, () => world.token('another')));
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('waits five seconds at most while the old token lives', async () => {
    await signedIn(() => new Promise<HttpReply>(() => undefined));
    await world.time.advance(hour - 30_000);
    let got: string | undefined;
    void world.token().then((token) => (got = token));
    await world.time.advance(4_999);
    expect(got).toBeUndefined();
    await world.time.advance(1);
    expect(got).toBe('access-0');
  });

  it('may give up without hurting the others', async () => {
    let answerNow: (reply: HttpReply) => void = () => undefined;
    await signedIn(() => new Promise<HttpReply>((resolve) => (answerNow = resolve)));
    await world.time.advance(2 * hour);
    const impatient = new AbortController();
    const gone = world.engine.live.get(world.provider, world.user, { signal: impatient.signal });
    const patient = world.token();
    await world.time.settle();
    impatient.abort(new Error('no time'));
    await expect(gone).rejects.toThrow('no time');
    answerNow(renewal(1));
    expect(await patient).toBe('access-1');
    expect(world.http.requests).toHaveLength(1);
  });

  it('who was rejected gets a new token, a hundred of them by one renewal', async () => {
    await signedIn(renewal(1));
    const all = await Promise.all(Array.from({ length: 100 }, () => world.token('access-0')));
    expect(new Set(all)).toEqual(new Set(['access-1']));
    // Who comes late with the old one is simply given the new one.
    expect(await world.token('access-0')).toBe('access-1');
    expect(world.http.requests).toHaveLength(1);
  });
});

describe('the platform', () => {
  it('says that the grant is dead: only then a login is needed', async () => {
    await signedIn(answer({ code: 1, msg: 'refresh_token invalid or expired' }, { status: 400 }));
    await world.time.advance(2 * hour);
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
    expect(await world.record()).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'dead_grant' },
      dueAt: null,
    });
    await world.time.advance(hour);
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
    expect(world.http.requests).toHaveLength(1);
    await world.login({ accessToken: new Secret('again') });
    expect(await world.token()).toBe('again');
    expect(await world.record()).toMatchObject({ state: 'fresh', cause: null });
  });

  it.each([
    ['is down', new HttpFailure('unreachable', false), 'degraded', 'outage'],
    ['is busy', answer('', { status: 503 }), 'degraded', 'outage'],
    ['has had enough', answer('', { status: 429 }), 'degraded', 'throttled'],
    [
      'does not know our secret',
      answer({ code: 2, msg: 'client_secret is wrong' }, { status: 400 }),
      'degraded',
      'client',
    ],
    [
      'refuses without a reason we know',
      answer({ code: 3, msg: 'hm' }, { status: 400 }),
      'degraded',
      'refused',
    ],
  ] as const)('%s: the grant lives on', async (_what, step, state, reason) => {
    await signedIn(step, renewal(1));
    await world.time.advance(2 * hour);
    await failureOf(world.token());
    expect(await world.record()).toMatchObject({ state, cause: { reason }, failures: 1, inSpending: false });
    // At most one try a second, however many ask.
    await Promise.all(Array.from({ length: 50 }, () => failureOf(world.token())));
    expect(world.http.requests).toHaveLength(1);
    await world.time.advance(minute);
    expect(await world.token()).toBe('access-1');
    expect(await world.record()).toMatchObject({ state: 'fresh', failures: 0 });
  });

  it('refuses three times without a reason, while the client works: then a login is needed', async () => {
    const odd = answer({ code: 3, msg: 'hm' }, { status: 400 });
    const app = answer({ access_token: 'app', expires_in: 7200, token_type: 'bearer' });
    await signedIn(odd, app, odd, odd);
    await world.time.advance(2 * hour);
    await failureOf(world.token());
    await world.time.advance(minute);
    await world.engine.live.get(world.provider, world.app);
    for (let count = 0; count < 2; count += 1) {
      await world.time.advance(minute);
      await failureOf(world.token());
    }
    expect(await world.record()).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'refused', platformCode: '3' },
    });
  });

  it('loses its answer: the old token is served, and the single retry waits until it is needed', async () => {
    await signedIn(new HttpFailure('reset', true), renewal(1));
    await world.time.advance(55 * minute);
    expect(await world.token()).toBe('access-0');
    await world.time.settle();
    expect(await world.record()).toMatchObject({
      state: 'in_doubt',
      cause: { reason: 'lost_reply' },
      inSpending: true,
    });
    await world.time.advance(2 * minute);
    expect(await world.token()).toBe('access-0');
    await world.time.settle();
    expect(world.http.requests).toHaveLength(1);
    await world.time.advance(2.5 * minute);
    expect(await world.token()).toBe('access-1');
    expect(await world.record()).toMatchObject({ state: 'fresh', inSpending: false });
  });

  it('loses its answer and has spent the refresh token: a login is needed, and the cause says why', async () => {
    const dead = answer({ code: 1, msg: 'refresh_token invalid or expired' }, { status: 400 });
    await signedIn(new HttpFailure('timeout', true), dead);
    await world.time.advance(2 * hour);
    await failureOf(world.token());
    await world.time.advance(minute);
    expect(await failureOf(world.token())).toMatchObject({ errorClass: 'invalid_grant' });
    expect(await world.record()).toMatchObject({ state: 'needs_login', cause: { reason: 'lost_reply' } });
  });

  it('is not asked again and again while a lost answer stays lost', async () => {
    const lost = (): HttpFailure => new HttpFailure('timeout', true);
    await signedIn(lost(), lost(), lost(), renewal(1));
    await world.time.advance(2 * hour);
    for (let count = 0; count < 3; count += 1) {
      await failureOf(world.token());
      await world.time.advance(2 * minute);
    }
    expect(await world.record()).toMatchObject({ state: 'in_doubt' });
    expect(await world.token()).toBe('access-1');
  });
});

describe('a record that is deleted while it is renewed', () => {
  it('stays deleted', async () => {
    let answerNow: (reply: HttpReply) => void = () => undefined;
    await signedIn(() => new Promise<HttpReply>((resolve) => (answerNow = resolve)));
    await world.time.advance(2 * hour);
    const waiting = failureOf(world.token());
    await world.time.settle();
    await world.vault.remove(world.user);
    answerNow(renewal(1));
    expect(await waiting).toMatchObject({ errorClass: 'invalid_grant' });
    expect(await world.vault.load(world.user)).toBeUndefined();
  });
});

describe('a token without a refresh token', () => {
  it('asks for a login when it ends, and that is no error', async () => {
    world = await EngineWorld.create(clients.anyweb, { cacheEntries: 0 });
    const now = world.time.now();
    const { name, clientId } = world.provider;
    const tokens = { accessToken: new Secret('a'), issuedAt: now, expiresAt: now + hour, scope: [] };
    await world.vault.saveLogin({
      provider: name,
      clientId,
      subject: world.subject,
      tokens,
      renewsAt: tokens.expiresAt,
    });
    expect(await world.token()).toBe('a');
    await world.time.advance(hour);
    expect(await world.engine.sweeper.refreshDue()).toMatchObject({ claimed: 1 });
    expect(await world.record()).toMatchObject({
      state: 'needs_login',
      cause: { reason: 'no_refresh_token' },
    });
    expect(world.http.requests).toHaveLength(0);
  });
});

describe('the sweeper', () => {
  it('renews what is due, once, and leaves the rest alone', async () => {
    await signedIn(renewal(1));
    expect(await world.engine.sweeper.refreshDue()).toEqual({ claimed: 0, renewed: 0, failed: 0, broken: 0 });
    await world.time.advance(55 * minute);
    expect(await world.engine.sweeper.backlog()).toMatchObject([{ provider: 'wps', due: 1 }]);
    const [first, second] = await Promise.all([
      world.engine.sweeper.refreshDue(),
      world.engine.sweeper.refreshDue(),
    ]);
    expect(first.renewed + second.renewed).toBe(1);
    expect(world.http.requests).toHaveLength(1);
    expect(await world.token()).toBe('access-1');
  });
});

describe('the store failing between the answer and the save', () => {
  it('loses nothing: the grant is served from memory and saved as soon as the store is back', async () => {
    await signedIn(renewal(1));
    await world.time.advance(2 * hour);
    const save = world.vault.saveRenewal.bind(world.vault);
    world.vault.saveRenewal = () => Promise.reject(new Error('store away'));
    expect(await world.token()).toBe('access-1');
    expect(await world.token()).toBe('access-1');
    expect(world.engine.unsaved.size).toBe(1);
    await world.time.advance(30_000);
    expect((await world.record()).tokens.accessToken.reveal()).toBe('access-0');
    world.vault.saveRenewal = save;
    await world.time.advance(10_000);
    expect(world.engine.unsaved.size).toBe(0);
    expect((await world.record()).tokens.accessToken.reveal()).toBe('access-1');
    expect(world.http.requests).toHaveLength(1);
  });
});
