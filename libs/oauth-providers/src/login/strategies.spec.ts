import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Request } from 'express';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { clients } from '../testing-support/clients.js';
import { FakeClock } from '../testing-support/fakes.js';
import {
  attemptsWith,
  setCookies,
  type Visit,
  Visitor,
  type VisitOptions,
} from '../testing-support/visitor.js';
import { AttemptCookies } from './attempt-cookies.js';
import { HandoffStrategy } from './handoff.strategy.js';
import { type LoginFlow } from './login-flow.js';
import { type LoginContext, type LoginEntry } from './login-provider.js';
import { PublicUrl } from './public-url.js';
import { RedirectStrategy } from './redirect.strategy.js';

const site = new PublicUrl('https://app.example.com');

/** How a strategy settled a request, with the redirect it left behind. */
type Outcome =
  | { readonly kind: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly kind: 'pass'; readonly status: number; readonly location: string | undefined }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'fail' };

let visitor: Visitor;
let context: LoginContext;
let exchanged: { provider: string; code: string; inputs: object }[];
let exchanging: Error | undefined;
beforeEach(() => {
  visitor = new Visitor(site);
  exchanged = [];
  exchanging = undefined;
  const flow = {
    exchange: ({ name }: ConfiguredProvider, code: string, inputs: object) => {
      exchanged.push({ provider: name, code, inputs });
      return exchanging === undefined ? Promise.resolve({ tokens: {} }) : Promise.reject(exchanging);
    },
    complete: ({ name }: ConfiguredProvider) => Promise.resolve({ provider: name, subject: 'u1' }),
  } as unknown as LoginFlow;
  context = {
    publicUrl: site,
    flow,
    attempts: attemptsWith(new AttemptCookies(site), new FakeClock()),
    exchangeOf: (request) => {
      if (visit.request !== request) throw new Error('not the request that was made');
      return visit.exchange;
    },
    resolveUser: (login) => Promise.resolve({ id: login.subject } as Express.User),
  };
});

function entryOf(provider: ConfiguredProvider): LoginEntry {
  const callbackPath = `/auth/${provider.name}/callback`;
  const target = {
    provider,
    callbackPath,
    callbackUrl: site.absolute(callbackPath),
    attemptsUrl: site.absolute(`/auth/${provider.name}/attempts`),
  };
  const { title, login } = provider.contract;
  return {
    name: provider.name,
    title,
    kind: login.kind,
    callbackPath,
    resolve: () => Promise.resolve(target),
  };
}

let visit: Visit;
/** Lets a strategy handle a request the way Passport does, on an object of its own. */
async function handle(
  provider: ConfiguredProvider,
  url: string,
  options: VisitOptions = {},
): Promise<Outcome> {
  const { kind } = provider.contract.login;
  const Strategy = kind === 'redirect' ? RedirectStrategy : HandoffStrategy;
  const strategy = new Strategy(context, entryOf(provider));
  visit = visitor.ask(url, options);
  const outcome = await new Promise<Outcome>((resolve) => {
    const acting = Object.assign(Object.create(strategy) as typeof strategy, {
      success: (user: unknown, info: unknown) => resolve({ kind: 'success', user, info }),
      fail: () => resolve({ kind: 'fail' }),
      error: (error: unknown) => resolve({ kind: 'error', error }),
      redirect: () => resolve({ kind: 'error', error: new Error('Passport redirected by itself') }),
      pass: () => {
        visit.response.writeHead(200);
        const location = visit.response.getHeader('location');
        resolve({ kind: 'pass', status: visit.response.statusCode, location: location?.toString() });
      },
    });
    acting.authenticate(visit.request as unknown as Request);
  });
  visitor.accept(visit);
  return outcome;
}

/** Starts a login; gives the parameters of the authorization request. */
async function start(provider: ConfiguredProvider, query = ''): Promise<URLSearchParams> {
  const outcome = await handle(provider, `/auth/${provider.name}${query}`);
  expect(outcome).toMatchObject({ kind: 'pass', status: 302 });
  return new URL(outcome.kind === 'pass' ? (outcome.location ?? '') : '').searchParams;
}

describe('RedirectStrategy', () => {
  it('sends the browser to the platform with a cookie and lets the request pass', async () => {
    const params = await start(clients.huawei, '?returnTo=/files');
    expect(params.get('redirect_uri')).toBe('https://app.example.com/auth/huawei/callback');
    expect(params.get('code_challenge_method')).toBe('S256');
    expect(params.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(params.get('nonce')).toMatch(/^[\w-]{22}$/);
    expect(setCookies(visit.response)).toEqual([
      expect.stringMatching(/^__Host-oa_.*; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
  });

  it('leaves PKCE out where it was turned off, and where the platform has none', async () => {
    expect((await start({ ...clients.huawei, pkce: false })).has('code_challenge')).toBe(false);
    expect((await start(clients.wps)).has('code_challenge')).toBe(false);
  });

  it('exchanges the code with the verifier, and says who signed in and where to', async () => {
    const state = (await start(clients.huawei, '?returnTo=/files')).get('state');
    const outcome = await handle(clients.huawei, `/auth/huawei/callback?code=a%2Bb+c&state=${state}`);
    expect(outcome).toMatchObject({
      kind: 'success',
      user: { id: 'u1' },
      info: { login: { provider: 'huawei', subject: 'u1' }, returnTo: '/files' },
    });
    expect(exchanged).toEqual([
      {
        provider: 'huawei',
        code: 'a+b+c',
        inputs: {
          redirectUri: 'https://app.example.com/auth/huawei/callback',
          codeVerifier: expect.stringMatching(/^[\w-]{43}$/),
        },
      },
    ]);
    expect(visitor.cookies.size).toBe(0);
  });

  it('drops a returnTo that leads elsewhere; the login works all the same', async () => {
    const state = (await start(clients.wps, '?returnTo=//evil.example')).get('state');
    const outcome = await handle(clients.wps, `/auth/wps/callback?code=c&state=${state}`);
    expect(outcome).toMatchObject({ kind: 'success', info: { returnTo: undefined } });
  });

  it('exchanges a code once, also when the callback comes twenty times', async () => {
    const state = (await start(clients.wps)).get('state');
    const cookies = new Map(visitor.cookies);
    for (let round = 0; round < 20; round += 1) {
      for (const [name, value] of cookies) visitor.cookies.set(name, value);
      await handle(clients.wps, `/auth/wps/callback?code=c&state=${state}`);
    }
    expect(exchanged).toHaveLength(1);
  });

  it('hands the typed failure of the exchange on as it is', async () => {
    const { OAuthProviderError } = await import('../core/errors.js');
    exchanging = new OAuthProviderError({
      errorClass: 'invalid_grant',
      provider: 'wps',
      operation: 'exchange',
      reason: 'no',
    });
    const state = (await start(clients.wps)).get('state');
    expect(await handle(clients.wps, `/auth/wps/callback?code=c&state=${state}`)).toEqual({
      kind: 'error',
      error: exchanging,
    });
  });

  it('never asks the platform without an attempt', async () => {
    await start(clients.wps);
    for (const query of ['code=c', 'code=c&state=x', `code=c&state=lq-${'x'.repeat(22)}`]) {
      const outcome = await handle(clients.wps, `/auth/wps/callback?${query}`);
      expect(outcome).toMatchObject({ kind: 'error', error: { errorClass: 'invalid_request' } });
    }
    expect(exchanged).toEqual([]);
    expect(visitor.cookies.size).toBe(1);
  });

  it.each(['', '?', '?state=s', '?foo=bar'])('shows the relay page for a callback of %j', async (query) => {
    await start(clients.huawei);
    const outcome = await handle(clients.huawei, `/auth/huawei/callback${query}`);
    expect(outcome).toMatchObject({ kind: 'error', error: { name: 'LoginPageSignal', page: 'relay' } });
    expect(visitor.cookies.size).toBe(1);
  });

  it('takes a form, too', async () => {
    const state = (await start(clients.huawei)).get('state');
    const options = { method: 'POST', body: { code: 'c', state } };
    expect(await handle(clients.huawei, '/auth/huawei/callback', options)).toMatchObject({ kind: 'success' });
  });

  it('asks a form that came without its cookie to come again by GET, once', async () => {
    const state = (await start(clients.huawei)).get('state') ?? '';
    const cookies = new Map(visitor.cookies);
    visitor.cookies.clear();
    const form = { method: 'POST', body: { code: 'a+b/=', state } };
    const again = await handle(clients.huawei, '/auth/huawei/callback', form);
    expect(again).toMatchObject({ kind: 'pass', status: 303 });
    const url = new URL(again.kind === 'pass' ? (again.location ?? '') : '');
    expect(url.origin + url.pathname).toBe('https://app.example.com/auth/huawei/callback');
    // Without the cookie it is refused, not sent round again.
    const without = await handle(clients.huawei, url.pathname + url.search);
    expect(without).toMatchObject({ kind: 'error', error: { errorClass: 'invalid_request' } });
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    expect(await handle(clients.huawei, url.pathname + url.search)).toMatchObject({ kind: 'success' });
    expect(exchanged).toMatchObject([{ code: 'a+b/=' }]);
  });

  it('a form without a state is refused, not sent round', async () => {
    const options = { method: 'POST', body: { code: 'c' } };
    expect(await handle(clients.huawei, '/auth/huawei/callback', options)).toMatchObject({ kind: 'error' });
  });

  it('sends SameSite=None only where the platform answers with a form', async () => {
    const { login } = clients.huawei.contract;
    const contract = { ...clients.huawei.contract, login: { ...login, responseMode: 'form_post' } };
    await start({ ...clients.huawei, contract } as ConfiguredProvider);
    expect(setCookies(visit.response)[0]).toMatch(/Secure; SameSite=None$/);
  });
});

describe('HandoffStrategy', () => {
  const { anyweb } = clients;
  const begin = () => {
    const first = visitor.ask('/auth/anyweb/attempts');
    const { attempt, cookies } = context.attempts.begin(anyweb, '/files', visitor.sent());
    first.exchange.setCookies(cookies);
    visitor.accept(first);
    return attempt.state;
  };
  const handIn = (body: object) => handle(anyweb, '/auth/anyweb/callback', { method: 'POST', body });

  it('shows its page at the start', async () => {
    const outcome = await handle(anyweb, '/auth/anyweb?returnTo=/files');
    expect(outcome).toMatchObject({
      kind: 'error',
      error: { name: 'LoginPageSignal', page: 'handoff', returnTo: '/files' },
    });
    // The attempt is begun only when there is a code to hand in.
    expect(setCookies(visit.response)).toEqual([]);
  });

  it('exchanges the code that was handed in with the state of this browser', async () => {
    const state = begin();
    expect(await handIn({ code: 'c', state })).toMatchObject({
      kind: 'success',
      user: { id: 'u1' },
      info: { returnTo: '/files' },
    });
    expect(exchanged).toEqual([{ provider: 'anyweb', code: 'c', inputs: {} }]);
    expect(visitor.cookies.size).toBe(0);
  });

  it('works once, also when the browser sends the cookie again', async () => {
    const state = begin();
    const cookies = new Map(visitor.cookies);
    await handIn({ code: 'c', state });
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    expect(await handIn({ code: 'd', state })).toMatchObject({ kind: 'error' });
    expect(exchanged).toHaveLength(1);
  });

  it.each([
    ['no state', { code: 'c' }],
    ['a state of somebody else', { code: 'c', state: `lq-${'x'.repeat(22)}` }],
    ['a state that is no text', { code: 'c', state: ['x'] }],
  ])('refuses %s and asks nobody', async (_, body) => {
    begin();
    expect(await handIn(body)).toMatchObject({ kind: 'error', error: { errorClass: 'invalid_request' } });
    expect(exchanged).toEqual([]);
    expect(visitor.cookies.size).toBe(1);
  });

  it.each([[undefined], [''], [7]])('an attempt survives a code of %j', async (code) => {
    const state = begin();
    expect(await handIn({ code, state })).toMatchObject({ kind: 'error' });
    expect(await handIn({ code: 'c', state })).toMatchObject({ kind: 'success' });
  });

  it('takes nothing from the query', async () => {
    const state = begin();
    const outcome = await handle(anyweb, `/auth/anyweb/callback?code=c&state=${state}`, { method: 'POST' });
    expect(outcome).toMatchObject({ kind: 'error', error: { errorClass: 'invalid_request' } });
  });
});
