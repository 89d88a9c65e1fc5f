import { type ArgumentsHost, Logger, NotFoundException } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OAuthProviderError } from '../core/errors.js';
import { LoginPageSignal, type LoginProvider } from '../login/login-provider.js';
import { defaultLayout, LoginPages } from '../login/pages/pages.js';
import { PublicUrl } from '../login/public-url.js';
import { clients } from '../testing-support/clients.js';
import { type Visit, Visitor } from '../testing-support/visitor.js';
import { OAuthExceptionFilter } from './oauth-exception.filter.js';

const site = new PublicUrl('https://app.example.com');
const filter = new OAuthExceptionFilter(new LoginPages(site, defaultLayout));
const target: LoginProvider = {
  provider: clients.anyweb,
  callbackPath: '/auth/anyweb/callback',
  callbackUrl: 'https://app.example.com/auth/anyweb/callback',
  attemptsUrl: 'https://app.example.com/auth/anyweb/attempts',
};
const refused = new OAuthProviderError({
  errorClass: 'invalid_grant',
  provider: 'huawei',
  operation: 'exchange',
  reason: 'no',
  platformCode: '1101',
  platformSubCode: '20155',
  platformMessage: '<img src=x>',
});

let logged: string[];
beforeEach(() => {
  logged = [];
  for (const level of ['debug', 'warn', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => {
      logged.push(`${level} ${String(line)}`);
    });
  }
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** What the filter answers to a request with these headers. */
function answerTo(error: unknown, headers: Record<string, string> = { accept: 'text/html' }) {
  const visit: Visit = new Visitor(site).ask('/auth/huawei/callback?code=CANARY', { headers });
  let body = '';
  visit.response.end = ((text: string) => {
    body = text;
    return visit.response;
  }) as typeof visit.response.end;
  const http = { getRequest: () => visit.request, getResponse: () => visit.response };
  filter.catch(error, { switchToHttp: () => http } as unknown as ArgumentsHost);
  const { response } = visit;
  return { status: response.statusCode, header: (name: string) => response.getHeader(name), body };
}

describe('OAuthExceptionFilter', () => {
  it('answers a page, with the codes and without the words of the platform', () => {
    const { status, header, body } = answerTo(refused);
    expect(status).toBe(400);
    expect(header('content-type')).toBe('text/html; charset=utf-8');
    expect(body).toContain('Platform code: 1101 / 20155');
    expect(body).not.toContain('<img');
    expect(body).not.toContain('CANARY');
  });

  it('answers problem details to whoever prefers JSON', () => {
    const { status, header, body } = answerTo(refused, { accept: 'application/json' });
    expect(status).toBe(400);
    expect(header('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({ errorClass: 'invalid_grant', platformSubCode: '20155' });
  });

  it.each(['text/html', 'application/json'])('lets nothing of the callback travel on (%s)', (accept) => {
    const { header } = answerTo(refused, { accept });
    expect(header('referrer-policy')).toBe('no-referrer');
    expect(header('cache-control')).toBe('no-store');
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('content-security-policy')).toContain("default-src 'none'");
    expect(header('content-security-policy')).not.toContain('unsafe');
  });

  it('says when to come back', () => {
    const busy = { errorClass: 'throttled', provider: 'wps', operation: 'exchange', reason: 'busy' } as const;
    const { status, header } = answerTo(new OAuthProviderError({ ...busy, retryAfterSeconds: 9 }));
    expect([status, header('retry-after')]).toEqual([503, '9']);
  });

  it('shows the relay page, which is no failure', () => {
    const { status, header, body } = answerTo(new LoginPageSignal('relay', target));
    expect(status).toBe(200);
    expect(body).toContain('/_oauth/relay.js');
    expect(header('referrer-policy')).toBe('no-referrer');
    expect(logged).toEqual([]);
  });

  it('shows the handoff page under a policy that keeps the origin of its form', () => {
    const { status, header, body } = answerTo(new LoginPageSignal('handoff', target, '/files'), {
      accept: 'text/html',
      'accept-language': 'zh-CN',
    });
    expect(status).toBe(200);
    expect(body).toContain('使用 AnyWeb 登录');
    // Under `no-referrer` browsers send `Origin: null` with a form, and the callback would refuse it.
    expect(header('referrer-policy')).toBe('same-origin');
  });

  it.each([
    ['debug', 'invalid_grant'],
    ['debug', 'invalid_request'],
    ['debug', 'access_denied'],
    ['warn', 'invalid_client'],
    ['warn', 'transient'],
    ['warn', 'unknown'],
  ] as const)('logs as %s: %s', (level, errorClass) => {
    answerTo(new OAuthProviderError({ errorClass, provider: 'wps', operation: 'exchange', reason: 'r' }));
    expect(logged).toEqual([`${level} wps exchange: r (${errorClass})`]);
  });

  it('logs what broke on our side, tells nothing of it, and leaves ordinary refusals alone', () => {
    expect(answerTo(new TypeError('CANARY')).body).not.toContain('CANARY');
    expect(logged).toEqual([expect.stringMatching(/^error TypeError: CANARY/)]);
    expect(answerTo(new NotFoundException('There is no such provider.')).status).toBe(404);
    expect(logged).toHaveLength(1);
  });
});
