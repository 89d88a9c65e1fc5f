import { describe, expect, it } from '@jest/globals';
import { type Condition, type ReplySpec, type TokenFields } from '../core/contract.js';
import { OAuthProviderError } from '../core/errors.js';
import { clients } from '../testing-support/clients.js';
import { type Answer, firstText, readPath } from './answer.js';
import { meets } from './conditions.js';
import { readProfile, readTokens, subjectOf, webUrl } from './fields.js';

const answerWith = (root: unknown, headers: Record<string, string> = {}): Answer => ({
  status: 200,
  headers,
  root,
  sentAt: 1_000_000,
  receivedAt: 1_000_000,
});

describe('readPath', () => {
  const answer = answerWith({ data: { a: { b: 1 } }, list: ['x'], none: null }, { nsp_status: '6' });

  it.each([
    ['', undefined, answer.root],
    ['', 'data', { a: { b: 1 } }],
    ['a.b', 'data', 1],
    ['data.a.b', undefined, 1],
    ['data.a.b', '', 1],
    ['list.0', undefined, 'x'],
    ['none.a', undefined, undefined],
    ['data.a.b.c', undefined, undefined],
    ['header:NSP_STATUS', 'data', '6'],
    ['header:missing', undefined, undefined],
    // Nothing of a prototype is ever read.
    ['constructor', undefined, undefined],
    ['data.__proto__', undefined, undefined],
    ['list.length.toString', undefined, undefined],
    ['data.toString', undefined, undefined],
  ])('%j in %j', (path, payload, value) => {
    expect(readPath(answer, payload, path)).toEqual(value);
  });
});

describe('firstText', () => {
  it.each([
    ['text', 'x', 'x'],
    ['a number', 12, '12'],
    ['zero', 0, '0'],
    ['a fraction', 1.5, '1.5'],
    ['the largest exact integer', Number.MAX_SAFE_INTEGER, '9007199254740991'],
    // Two users whose ids differ in the last digit would be one.
    ['an integer that has lost digits', JSON.parse('12345678901234567891'), undefined],
    ['a list', ['x'], undefined],
    ['an object', {}, undefined],
    ['true', true, undefined],
    ['null', null, undefined],
    ['empty text', '', undefined],
  ])('reads %s', (_, value, text) => {
    expect(firstText(answerWith({ v: value }), undefined, ['v'])).toBe(text);
  });

  it('takes the first path with a value', () => {
    const answer = answerWith({ a: '', b: null, c: 'x', d: 'y' });
    expect(firstText(answer, undefined, ['a', 'b', 'missing', 'c', 'd'])).toBe('x');
    expect(firstText(answer, undefined, undefined)).toBeUndefined();
  });
});

describe('conditions', () => {
  const answer = answerWith({ code: 0, text: '2000', empty: '', none: null, list: [], flag: false });

  it.each<[Condition, boolean]>([
    [{ equals: ['code', 0] }, true],
    [{ equals: ['code', '0'] }, true],
    [{ equals: ['text', 2000] }, true],
    [{ equals: ['text', 200] }, false],
    [{ equals: ['missing', 'undefined'] }, false],
    [{ equals: ['none', 'null'] }, false],
    [{ equals: ['list', ''] }, false],
    [{ equals: ['flag', 'false'] }, false],
    [{ present: 'code' }, true],
    [{ present: 'flag' }, true],
    [{ present: 'empty' }, false],
    [{ present: 'none' }, false],
    [{ present: 'missing' }, false],
    [{ absent: 'missing' }, true],
    [{ absent: 'empty' }, true],
    [{ absent: 'code' }, false],
    [{ ok: true }, true],
    [{ all: [{ ok: true }, { present: 'code' }] }, true],
    [{ all: [{ ok: true }, { present: 'missing' }] }, false],
    [{ any: [{ present: 'missing' }, { present: 'code' }] }, true],
    [{ any: [{ present: 'missing' }, { absent: 'code' }] }, false],
  ])('%j is %s', (condition, holds) => {
    expect(meets(answer, condition)).toBe(holds);
  });
});

describe('readTokens', () => {
  const fields: TokenFields = {
    accessToken: ['t', 'token'],
    tokenType: ['type'],
    expires: [{ path: 'exp', unit: 'seconds' }],
    defaultLifetime: 100,
    refreshToken: ['r'],
    refreshExpires: [{ path: 'rexp', unit: 'seconds' }],
    scope: { path: 'scope', separator: ',' },
    subject: ['sub'],
  };
  const reply: ReplySpec<TokenFields> = { decode: 'json', success: { ok: true }, fields, error: {} };
  const read = (root: unknown) =>
    readTokens(answerWith(root), reply, { provider: clients.wps, operation: 'exchange' });

  it('falls back to the contract’s life of a token', () => {
    for (const exp of [undefined, 0, -1, 'x', 1e12]) {
      expect(read({ t: 'a', exp }).tokens.expiresAt).toBe(1_100_000);
    }
  });

  it.each([['Bearer'], ['bearer'], ['BEARER'], [undefined], ['']])('accepts the token type %j', (type) => {
    expect(read({ t: 'a', type }).tokens.accessToken.reveal()).toBe('a');
  });

  it.each([['mac'], ['DPoP'], ['bearer2'], [1]])('refuses the token type %j', (type) => {
    expect(() => read({ t: 'a', type })).toThrow(/type that is not supported/);
  });

  it('refuses a token longer than 16 KiB and takes one of 16 KiB', () => {
    expect(read({ t: 'x'.repeat(16_384) }).tokens.accessToken.reveal()).toHaveLength(16_384);
    expect(() => read({ t: 'x'.repeat(16_385) })).toThrow(OAuthProviderError);
  });

  it.each([
    ['text', 'a, b,,c', ['a', 'b', 'c']],
    ['a list', ['a', ' b ', '', 7], ['a', 'b']],
    ['one scope', 'a', ['a']],
    ['empty text: nothing was granted', '', []],
    ['nothing: what was asked for', undefined, ['kso.user_base.read']],
    ['null: what was asked for', null, ['kso.user_base.read']],
  ])('reads scopes from %s', (_, scope, expected) => {
    expect(read({ t: 'a', scope }).tokens.scope).toEqual(expected);
  });

  it('wraps every token, so that the reply prints none', () => {
    expect(JSON.stringify(read({ t: 'CANARY-a', r: 'CANARY-r' }))).not.toContain('CANARY');
  });
});

describe('readProfile', () => {
  const reply = {
    decode: 'json',
    success: { ok: true },
    payload: 'data',
    fields: { subject: ['id'], displayName: ['name', 'nick'], avatarUrl: ['pic'] },
    error: {},
  } as const;

  it.each([[[]], [null], ['text'], [undefined]])('reads nothing from data: %j', (data) => {
    expect(readProfile(answerWith({ data }), reply)).toEqual({ raw: {} });
  });

  it('keeps fields it does not know', () => {
    const data = { id: 7, nick: 'Ada', level: [1] };
    expect(readProfile(answerWith({ data }), reply)).toEqual({ subject: '7', displayName: 'Ada', raw: data });
  });
});

describe('what ends up in pages and records', () => {
  it.each([
    ['https://p.example/a.png', true],
    ['http://p.example/a.png', true],
    ['HTTPS://p.example/a.png', true],
    ['//p.example/a.png', false],
    ['/a.png', false],
    ['javascript:alert(1)', false],
    ['data:image/svg+xml,<svg onload=alert(1)>', false],
    [' https://p.example', false],
    ['https://', false],
    [`https://p.example/${'x'.repeat(2048)}`, false],
    ['', false],
  ])('the picture %j', (url, kept) => {
    expect(webUrl(url)).toBe(kept ? url : undefined);
  });

  it('subjects up to 2048 characters', () => {
    expect(subjectOf('x'.repeat(2048))).toHaveLength(2048);
    expect(subjectOf('x'.repeat(2049))).toBeUndefined();
    expect(subjectOf(undefined)).toBeUndefined();
  });
});
