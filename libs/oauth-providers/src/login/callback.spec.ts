import { beforeEach, describe, expect, it } from '@jest/globals';
import { type CallbackRules, type RedirectLogin } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { clients } from '../testing-support/clients.js';
import { FakeClock, failureOf } from '../testing-support/fakes.js';
import { attemptsWith, FakeMarks, type Visit, Visitor } from '../testing-support/visitor.js';
import { AttemptCookies } from './attempt-cookies.js';
import { type LoginAttempt } from './attempt.js';
import { acceptCallback } from './callback.js';
import { type LoginContext, type LoginProvider } from './login-provider.js';
import { PublicUrl } from './public-url.js';

const site = new PublicUrl('https://app.example.com');
const rulesOf = (provider: ConfiguredProvider) => (provider.contract.login as RedirectLogin).callback;

let marks: FakeMarks;
let context: LoginContext;
let visitor: Visitor;
beforeEach(() => {
  marks = new FakeMarks();
  const attempts = attemptsWith(new AttemptCookies(site), new FakeClock(), marks);
  context = { publicUrl: site, attempts } as unknown as LoginContext;
  visitor = new Visitor(site);
});

/** Begins a login in the visitor's browser. */
function begin(provider: ConfiguredProvider): LoginAttempt {
  const visit = visitor.ask(`/auth/${provider.name}`);
  const { attempt, cookies } = context.attempts.begin(provider, '/files', visitor.sent());
  visit.exchange.setCookies(cookies);
  visitor.accept(visit);
  return attempt;
}

let visit: Visit;
/** Comes back with these parameters. */
function comeBack(
  provider: ConfiguredProvider,
  query: string,
  rules: CallbackRules = rulesOf(provider),
): ReturnType<typeof acceptCallback> {
  visit = visitor.ask(`/auth/${provider.name}/callback?${query}`);
  const target = { provider } as LoginProvider;
  return acceptCallback(context, target, rules, visit.exchange, visit.exchange.query);
}

/** What the callback did to the attempt. */
function traces(): { spent: boolean; cookieLeft: boolean } {
  visitor.accept(visit);
  return { spent: marks.spent.size > 0, cookieLeft: visitor.cookies.size > 0 };
}

describe('a callback with a code', () => {
  it('uses the attempt up and gives the code', async () => {
    const attempt = begin(clients.wps);
    expect(await comeBack(clients.wps, `code=c-1&state=${attempt.state}`)).toEqual({ attempt, code: 'c-1' });
    expect(traces()).toEqual({ spent: true, cookieLeft: false });
  });

  it('gives Huawei’s codes their pluses back', async () => {
    const { state } = begin(clients.huawei);
    const { code } = await comeBack(clients.huawei, `code=ab+c%2Bd%2F%3D&state=${state}`);
    expect(code).toBe('ab+c+d/=');
  });

  it('works once, even when the browser sends the cookie again', async () => {
    const { state } = begin(clients.wps);
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, () => comeBack(clients.wps, `code=c&state=${state}`)),
    );
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await failureOf(comeBack(clients.wps, `code=c&state=${state}`))).toMatchObject({
      errorClass: 'invalid_request',
    });
  });

  it.each([
    ['no state', () => 'code=c'],
    ['a state of somebody else', () => `code=c&state=lq-${'x'.repeat(22)}`],
    ['two states', (state: string) => `code=c&state=${state}&state=${state}`],
    ['an empty state', () => 'code=c&state='],
  ])('is refused with %s, and nothing is used up', async (_, query) => {
    const { state } = begin(clients.wps);
    expect(await failureOf(comeBack(clients.wps, query(state)))).toMatchObject({
      name: 'LoginRefusedError',
      errorClass: 'invalid_request',
      unproven: undefined,
    });
    expect(traces()).toEqual({ spent: false, cookieLeft: true });
  });

  it('is refused at the callback of another provider', async () => {
    const { state } = begin(clients.huawei);
    expect((await failureOf(comeBack(clients.wps, `code=c&state=${state}`))).message).toContain(
      'another provider',
    );
    expect(traces()).toEqual({ spent: false, cookieLeft: true });
  });

  it.each([['state'], ['state&code='], ['state&code=a&code=b']])('needs a code: %s', async (query) => {
    const { state } = begin(clients.wps);
    const failure = await failureOf(comeBack(clients.wps, query.replace('state', `state=${state}`)));
    expect(failure.message).toContain('the code is missing');
    expect(traces()).toEqual({ spent: true, cookieLeft: false });
  });

  it('fails closed when the store does not answer', async () => {
    marks.failure = new Error('down');
    const { state } = begin(clients.wps);
    expect(await failureOf(comeBack(clients.wps, `code=c&state=${state}`))).toMatchObject({
      errorClass: 'transient',
    });
  });
});

describe('a callback with an error', () => {
  it('is believed when the attempt is this browser’s, and uses it up', async () => {
    const { state } = begin(clients.huawei);
    const query = `error=1107&error_description=access+denied&state=${state}`;
    expect(await failureOf(comeBack(clients.huawei, query))).toMatchObject({
      name: 'OAuthProviderError',
      errorClass: 'access_denied',
      platformCode: '1107',
      platformMessage: 'access denied',
    });
    expect(traces()).toEqual({ spent: true, cookieLeft: false });
  });

  it('wins over a code beside it', async () => {
    const { state } = begin(clients.wps);
    const failure = await failureOf(comeBack(clients.wps, `code=c&error=server_error&state=${state}`));
    expect(failure.errorClass).toBe('transient');
  });

  it.each([
    ['huawei', 'error=1107', 'cancelled'],
    ['huawei', 'error=access_denied', 'cancelled'],
    ['wps', 'error=access_denied', 'cancelled'],
    ['wps', 'error=server_error', 'not_completed'],
    ['wps', 'error=%3Cscript%3E', 'not_completed'],
    ['wps', 'error=', 'not_completed'],
  ] as const)('without an attempt changes nothing (%s: %s)', async (name, query, unproven) => {
    begin(clients[name]);
    for (const state of ['', '&state=', `&state=lq-${'x'.repeat(22)}`]) {
      const failure = await failureOf(comeBack(clients[name], query + state));
      expect(failure).toMatchObject({ errorClass: 'invalid_request', unproven, platformCode: undefined });
      expect(traces()).toEqual({ spent: false, cookieLeft: true });
    }
  });
});

describe('the issuer (RFC 9207)', () => {
  const value = 'https://sso.example.com';
  const withIssuer = (presence: 'if-present' | 'required'): CallbackRules => ({
    ...rulesOf(clients.wps),
    issuer: { value, presence },
  });

  it.each([
    ['if-present', 'right', `&iss=${encodeURIComponent(value)}`, true],
    ['if-present', 'absent', '', true],
    ['if-present', 'wrong', '&iss=https%3A%2F%2Fevil.example', false],
    ['if-present', 'the same with a slash', `&iss=${encodeURIComponent(`${value}/`)}`, false],
    ['if-present', 'empty', '&iss=', false],
    ['required', 'right', `&iss=${encodeURIComponent(value)}`, true],
    ['required', 'absent', '', false],
    ['required', 'wrong', '&iss=https%3A%2F%2Fevil.example', false],
    ['required', 'given twice', `&iss=${encodeURIComponent(value)}&iss=${encodeURIComponent(value)}`, false],
  ] as const)('%s: %s', async (presence, _, iss, accepted) => {
    const { state } = begin(clients.wps);
    const outcome = comeBack(clients.wps, `code=c&state=${state}${iss}`, withIssuer(presence)).then(
      ({ code }) => code,
      (error: unknown) => String(error),
    );
    expect(await outcome).toMatch(accepted ? /^c$/ : /does not come from the expected issuer/);
  });

  it('is checked before an error is believed, too', async () => {
    const { state } = begin(clients.wps);
    const query = `error=access_denied&state=${state}&iss=https%3A%2F%2Fevil.example`;
    const failure = await failureOf(comeBack(clients.wps, query, withIssuer('if-present')));
    expect(failure).toMatchObject({ errorClass: 'invalid_request', name: 'LoginRefusedError' });
  });

  it('is ignored where the contract says nothing of it', async () => {
    const { state } = begin(clients.wps);
    await expect(comeBack(clients.wps, `code=c&state=${state}&iss=x`)).resolves.toBeDefined();
  });
});
