import { describe, expect, it } from '@jest/globals';
import { setCookies, Visitor, type VisitOptions } from '../testing-support/visitor.js';
import { HttpExchange } from './http-exchange.js';
import { PublicUrl } from './public-url.js';

const https = new PublicUrl('https://app.example.com');
const http = new PublicUrl('http://127.0.0.1:3000');
const ask = (url: string, options: VisitOptions = {}, site = https) => new Visitor(site).ask(url, options);

describe('what a request says', () => {
  it.each([
    ['/auth/wps/callback?code=a&state=b', { code: 'a', state: 'b' }],
    // Decoded exactly once: a plus is a blank, an encoded plus is a plus, an encoded percent sign stays one.
    ['/cb?code=a+b%2Bc%2Fd%3D%252F', { code: 'a b+c/d=%2F' }],
    // A parameter that is repeated is no parameter (RFC 6749 §3.1).
    ['/cb?state=a&code=x&state=b', { code: 'x' }],
    ['/cb?state=a&state=a', {}],
    ['/cb?code', { code: '' }],
    ['/cb?a=b?c=d', { a: 'b?c=d' }],
    ['/cb?', {}],
    ['/cb', {}],
    ['/cb?code=%E4%B8', { code: '\ufffd' }],
  ])('%s', (url, query) => {
    expect(ask(url).exchange.query).toEqual(query);
  });

  it.each(['&&a=1&', '=x', 'a==b&c', 'a=1&b&a=2', '__proto__=x', '\u00e9=\u00e9'])(
    'reads %j as forms are read',
    (text) => {
      const expected = [...new URLSearchParams(text)];
      const names = expected.map(([name]) => name);
      const single = expected.filter(([name]) => names.filter((other) => other === name).length === 1);
      expect(Object.entries(ask(`/cb?${text}`).exchange.query)).toEqual(single);
    },
  );

  it('has no parameter that reaches a prototype', () => {
    const { query } = ask('/cb?__proto__=x&constructor=y').exchange;
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  });

  it('reads text members of a body and nothing else', () => {
    const body = { code: 'a', state: ['b', 'c'], count: 1, nested: { code: 'x' }, empty: '', none: null };
    expect(ask('/cb', { method: 'POST', body }).exchange.form).toEqual({ code: 'a', empty: '' });
  });

  it.each([[undefined], [null], ['code=a'], [7]])('reads nothing from the body %j', (body) => {
    expect(ask('/cb', { method: 'POST', body }).exchange.form).toEqual({});
  });

  it('routes by the path, below the prefix of the public URL', () => {
    expect(ask('/auth/wps?x=/y').exchange.path).toBe('/auth/wps');
    const prefixed = new PublicUrl('https://example.com/app');
    expect(ask('/app/auth/wps', {}, prefixed).exchange.path).toBe('/auth/wps');
  });

  it('reads cookies, and none where there are none', () => {
    expect(ask('/', { headers: { cookie: 'a=1; b=2; a=3' } }).exchange.cookies).toEqual({ a: '1', b: '2' });
    expect(ask('/').exchange.cookies).toEqual({});
  });

  it('believes nothing of Host or X-Forwarded-*', () => {
    const headers = {
      host: 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
    };
    const { exchange, response } = ask('/auth/wps', { headers }, http);
    exchange.setCookies([{ name: 'a', value: 'b', maxAgeSeconds: 1 }]);
    expect(exchange.path).toBe('/auth/wps');
    expect(setCookies(response)).toEqual(['a=b; Max-Age=1; Path=/; HttpOnly; SameSite=Lax']);
  });
});

describe('the exchange of a request', () => {
  it('is one for all who ask, as long as they mean the same place', () => {
    const { exchange, response } = ask('/auth/wps');
    const { request } = exchange;
    const one = HttpExchange.of(request, response, https);
    expect(HttpExchange.of(request, response, https)).toBe(one);
    expect(HttpExchange.of(request, response, http)).not.toBe(one);
  });

  it('says whether its answer becomes a redirect', () => {
    const { exchange } = ask('/auth/wps');
    expect(exchange.redirects).toBe(false);
    exchange.redirect('/x');
    expect(exchange.redirects).toBe(true);
  });
});

describe('cookies', () => {
  const change = { name: '__Host-oa_x', value: 'v', maxAgeSeconds: 600 };

  it.each([
    ['https', https, 'lax', '__Host-oa_x=v; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [
      'https and form_post',
      https,
      'none',
      '__Host-oa_x=v; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=None',
    ],
    ['http', http, 'lax', '__Host-oa_x=v; Max-Age=600; Path=/; HttpOnly; SameSite=Lax'],
    // Browsers refuse SameSite=None without Secure.
    ['http and form_post', http, 'none', '__Host-oa_x=v; Max-Age=600; Path=/; HttpOnly; SameSite=Lax'],
  ] as const)('over %s', (_, site, sameSite, line) => {
    const { exchange, response } = ask('/', {}, site);
    exchange.setCookies([change], sameSite);
    expect(setCookies(response)).toEqual([line]);
  });

  it('are deleted under the same attributes, and leave those of others alone', () => {
    const { exchange, response } = ask('/');
    response.setHeader('Set-Cookie', 'session=1');
    exchange.setCookies([{ name: '__Host-oa_x', value: undefined, maxAgeSeconds: 0 }, change]);
    expect(setCookies(response)).toEqual([
      'session=1',
      '__Host-oa_x=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-oa_x=v; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
  });
});

describe('redirect', () => {
  it.each([
    [200, 302],
    [201, 302],
  ])('turns the handler’s %i into the redirect', (status, expected) => {
    const { exchange, response } = ask('/auth/wps');
    exchange.redirect('https://openapi.wps.cn/oauth2/auth?a=b');
    response.writeHead(status);
    expect(response.statusCode).toBe(expected);
    expect(response.getHeader('location')).toBe('https://openapi.wps.cn/oauth2/auth?a=b');
    expect(response.getHeader('cache-control')).toBe('no-store');
  });

  it('with another status', () => {
    const { exchange, response } = ask('/auth/wps');
    exchange.redirect('/x', 303);
    response.writeHead(200);
    expect(response.statusCode).toBe(303);
  });

  it.each([304, 400, 403, 500])('leaves an answer of %i as it is', (status) => {
    const { exchange, response } = ask('/auth/wps');
    exchange.redirect('https://openapi.wps.cn/');
    response.writeHead(status);
    expect(response.statusCode).toBe(status);
    expect(response.getHeader('location')).toBeUndefined();
  });
});
