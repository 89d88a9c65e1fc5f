import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { clients } from '../testing-support/clients.js';
import { FakeClock, failureOf } from '../testing-support/fakes.js';
import { attemptsWith, FakeMarks, Visitor } from '../testing-support/visitor.js';
import { AttemptCookies } from './attempt-cookies.js';
import { type BegunAttempt, type LoginAttempts } from './login-attempts.js';
import { PublicUrl } from './public-url.js';

const { huawei, wps } = clients;
const site = new PublicUrl('https://app.example.com');
const tenMinutes = 600_000;

let clock: FakeClock;
let marks: FakeMarks;
let attempts: LoginAttempts;
beforeEach(() => {
  clock = new FakeClock();
  marks = new FakeMarks();
  attempts = attemptsWith(new AttemptCookies(site), clock, marks);
});

/** The cookies of a browser that has begun these attempts, each with the value it was given. */
function cookiesOf(...begun: readonly BegunAttempt[]): Record<string, string | undefined> {
  return Object.fromEntries(begun.flatMap(({ cookies }) => cookies.map(({ name, value }) => [name, value])));
}
const refusal = (call: () => unknown) => failureOf(Promise.resolve().then(call));

describe('begin', () => {
  it('makes states of 128 random bits that never repeat', () => {
    const states = Array.from({ length: 10_000 }, () => attempts.begin(wps, undefined, {}).attempt.state);
    expect(new Set(states).size).toBe(10_000);
    for (const state of states.slice(0, 10)) expect(state).toMatch(/^[0-9a-z]+-[\w-]{22}$/);
  });

  it('draws verifier, nonce and state independently, and derives the S256 challenge (RFC 7636)', () => {
    const { attempt, codeChallenge } = attempts.begin(huawei, '/files', {});
    expect(attempt.codeVerifier).toMatch(/^[\w-]{43}$/);
    expect(attempt.nonce).toMatch(/^[\w-]{22}$/);
    expect(new Set([attempt.nonce, attempt.state.slice(-22), attempt.codeVerifier.slice(0, 22)]).size).toBe(
      3,
    );
    expect(codeChallenge).toBe(createHash('sha256').update(attempt.codeVerifier).digest('base64url'));
    expect(attempt).toMatchObject({
      provider: 'huawei',
      clientId: '107408391',
      returnTo: '/files',
      expiresAt: clock.now() + tenMinutes,
    });
  });

  it('writes nothing to the store: an anonymous visitor is free', () => {
    attempts.begin(wps, undefined, {});
    expect(marks.spent.size).toBe(0);
  });

  it('tells the browser nothing it could read or change', () => {
    const { attempt, cookies } = attempts.begin(wps, '/private', {});
    const [cookie] = cookies;
    expect(cookie?.name).toBe(`__Host-oa_${attempt.state}`);
    expect(cookie?.maxAgeSeconds).toBe(600);
    const bytes = Buffer.from(cookie?.value ?? '', 'base64url').toString('latin1');
    for (const inside of [attempt.codeVerifier, attempt.nonce, '/private', 'wps']) {
      expect(bytes).not.toContain(inside);
    }
  });

  it('fits 1 KB with the longest returnTo, provider and client id there are', () => {
    const provider = { ...wps, name: 'x'.repeat(32), clientId: '1'.repeat(64) };
    const { cookies } = attempts.begin(provider, `/${'x'.repeat(511)}`, {});
    const [cookie] = cookies;
    expect(cookie?.value?.length).toBeLessThanOrEqual(1024);
  });
});

describe('at most five attempts per browser', () => {
  it('the oldest goes, by the time in its state', () => {
    const visitor = new Visitor(site);
    visitor.cookies.set('session', 's').set('oa_zzzz-other', 'x');
    const begun: BegunAttempt[] = [];
    for (let index = 0; index < 7; index += 1) {
      const visit = visitor.ask('/auth/wps');
      const next = attempts.begin(wps, undefined, visitor.sent());
      visit.exchange.setCookies(next.cookies);
      visitor.accept(visit);
      begun.push(next);
      clock.advance(1000);
    }
    const alive = begun.map(({ attempt }) => attempts.isPresent(attempt.state, visitor.sent()));
    expect(alive).toEqual([false, false, true, true, true, true, true]);
    // Cookies of others are none of our business.
    expect(visitor.sent()).toMatchObject({ session: 's', 'oa_zzzz-other': 'x' });
  });

  it('a browser with too many loses all that are too many at once', () => {
    const names = Array.from({ length: 9 }, (_, index) => `__Host-oa_a${index}-${'x'.repeat(22)}`);
    const browser = Object.fromEntries(names.toReversed().map((name) => [name, 'v']));
    const gone = attempts.begin(wps, undefined, browser).cookies.filter(({ value }) => value === undefined);
    expect(gone.map(({ name }) => name)).toEqual(names.slice(0, 5));
  });
});

describe('find', () => {
  it('gives the attempt back, to the last millisecond', () => {
    const begun = attempts.begin(huawei, '/files?a=1#b', {});
    clock.advance(tenMinutes - 1);
    expect(attempts.find(huawei, begun.attempt.state, cookiesOf(begun))).toEqual(begun.attempt);
  });

  it('tells several tabs and providers apart, in any order', () => {
    const begun = [huawei, wps, huawei].map((provider) => ({
      provider,
      ...attempts.begin(provider, undefined, {}),
    }));
    const cookies = cookiesOf(...begun);
    for (const { provider, attempt } of begun.toReversed()) {
      expect(attempts.find(provider, attempt.state, cookies)).toEqual(attempt);
    }
  });

  it.each<[string, (begun: BegunAttempt, other: BegunAttempt) => unknown]>([
    ['no state', (begun) => attempts.find(wps, undefined, cookiesOf(begun))],
    ['an empty state', (begun) => attempts.find(wps, '', cookiesOf(begun))],
    ['a state of nobody', (begun) => attempts.find(wps, `a-${'x'.repeat(22)}`, cookiesOf(begun))],
    ['a state that is no state', (begun) => attempts.find(wps, '__proto__', cookiesOf(begun))],
    ['another browser', (begun) => attempts.find(wps, begun.attempt.state, {})],
    ['another provider', (begun) => attempts.find(huawei, begun.attempt.state, cookiesOf(begun))],
    [
      'another provider with the same client id',
      (begun) => attempts.find({ ...wps, name: 'wps-2' }, begun.attempt.state, cookiesOf(begun)),
    ],
    [
      'another client of the same provider',
      (begun) => attempts.find({ ...wps, clientId: 'other' }, begun.attempt.state, cookiesOf(begun)),
    ],
    [
      'the cookie of one attempt under the name of another',
      (begun, other) => {
        const [name = ''] = Object.keys(cookiesOf(begun));
        const [value] = Object.values(cookiesOf(other));
        return attempts.find(wps, begun.attempt.state, { [name]: value });
      },
    ],
    [
      'ten minutes',
      (begun) => {
        clock.advance(tenMinutes);
        return attempts.find(wps, begun.attempt.state, cookiesOf(begun));
      },
    ],
  ])('refuses %s', async (_, find) => {
    const failure = await refusal(() => find(attempts.begin(wps, '/', {}), attempts.begin(wps, '/', {})));
    expect(failure).toMatchObject({
      name: 'LoginRefusedError',
      errorClass: 'invalid_request',
      operation: 'callback',
      unproven: undefined,
    });
  });

  it('refuses a cookie in which anything was changed, cut or added', async () => {
    const begun = attempts.begin(wps, '/', {});
    const [cookie] = begun.cookies;
    const { name, value = '' } = cookie ?? { name: '' };
    const flipped = Array.from(value, (char, at) => {
      return value.slice(0, at) + (char === 'A' ? 'B' : 'A') + value.slice(at + 1);
    });
    for (const bad of [...flipped, value.slice(0, -1), `${value}A`, `${value}=`, value.slice(4), '', 'x']) {
      const failure = await refusal(() => attempts.find(wps, begun.attempt.state, { [name]: bad }));
      expect(failure.message).toContain('cannot be opened');
    }
  });

  it('reads what a browser sends back', () => {
    const visitor = new Visitor(site);
    const begun = attempts.begin(wps, '/files', visitor.sent());
    const visit = visitor.ask('/auth/wps');
    visit.exchange.setCookies(begun.cookies);
    visitor.accept(visit);
    expect(attempts.find(wps, begun.attempt.state, visitor.sent())).toEqual(begun.attempt);
    const done = visitor.ask('/auth/wps/callback');
    done.exchange.setCookies([attempts.forget(begun.attempt)]);
    visitor.accept(done);
    expect(visitor.cookies.size).toBe(0);
  });
});

describe('spend', () => {
  it('works once, also in a race', async () => {
    const { attempt } = attempts.begin(wps, undefined, {});
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => attempts.spend(attempt)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await failureOf(attempts.spend(attempt))).toMatchObject({ errorClass: 'invalid_request' });
  });

  it.each([
    [0, 660_000],
    [599_000, 61_000],
    [700_000, 60_000],
  ])('leaves a mark that outlives the cookie, %i ms after the start', async (later, ttl) => {
    const { attempt } = attempts.begin(wps, undefined, {});
    clock.advance(later);
    await attempts.spend(attempt);
    expect(marks.spent.get(attempt.state)).toBe(ttl);
  });

  it('lets nobody in when the store does not answer', async () => {
    marks.failure = new Error('disk full');
    const { attempt } = attempts.begin(wps, undefined, {});
    expect(await failureOf(attempts.spend(attempt))).toMatchObject({
      errorClass: 'transient',
      operation: 'store',
    });
  });
});
