import { describe, expect, it } from '@jest/globals';
import { decode } from './decoders.js';

const json = (text: string | Buffer): unknown =>
  decode('json', Buffer.isBuffer(text) ? text : Buffer.from(text));

describe('decode json', () => {
  it.each([
    ['an object', '{"a":1}', { a: 1 }],
    ['a list', '[1]', [1]],
    ['space around it', '\n {"a":1}\r\n\t', { a: 1 }],
    ['a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['escaped slashes', String.raw`{"a":"b\/c"}`, { a: 'b/c' }],
    ['Chinese', '{"昵称":"艾达"}', { 昵称: '艾达' }],
    ['brackets inside text', `{"a":"${'['.repeat(99)}"}`, { a: '['.repeat(99) }],
    ['escaped quotes before brackets', String.raw`{"a":"\"${'{'.repeat(99)}"}`, { a: `"${'{'.repeat(99)}` }],
    ['a backslash at the end of a text', String.raw`{"a":"\\","b":[]}`, { a: '\\', b: [] }],
  ])('reads %s', (_, text, value) => {
    expect(json(text)).toEqual(value);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n '],
    ['a byte order mark alone', '\uFEFF'],
    ['HTML', '<!doctype html><html><body>502</body></html>'],
    ['an object that was cut', '{"access_token":"a","expi'],
    ['two objects', '{}{}'],
    ['text', '"ok"'],
    ['a number', '2000'],
    ['true', 'true'],
    ['null', 'null'],
    ['NaN', '{"expires_in":NaN}'],
    ['single quotes', "{'a':1}"],
    ['JSONP', 'callback( {"a":1} );'],
    ['a form', 'access_token=a&expires_in=1'],
  ])('cannot read %s', (_, text) => {
    expect(json(text)).toBeUndefined();
  });

  it('cannot read bytes that are no text', () => {
    expect(json(Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xff]))).toBeUndefined();
  });

  it('reads 32 levels and no more', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(json(nested(32))).toBeDefined();
    expect(json(nested(33))).toBeUndefined();
    expect(json('{"a":'.repeat(33) + '1' + '}'.repeat(33))).toBeUndefined();
    // Deep enough to exhaust the stack of a parser that recurses.
    expect(json('['.repeat(250_000))).toBeUndefined();
    // Width is not depth.
    expect(json(`[${'[],'.repeat(99)}[]]`)).toHaveLength(100);
  });

  it('drops __proto__ however it is spelled', () => {
    const value = json('{"a":1,"\\u005f_proto__":{"admin":true},"b":{"__pro\\u0074o__":{"admin":true}}}');
    expect(value).toEqual({ a: 1, b: {} });
    expect((value as { admin?: boolean }).admin).toBeUndefined();
    expect(Object.keys((value as { b: object }).b)).toEqual([]);
  });

  it('reads brackets that nest nothing, however many', () => {
    const flat = { text: '{['.repeat(50), list: Array.from({ length: 50 }, () => ({})) };
    expect(json(JSON.stringify(flat))).toEqual(flat);
  });

  it('drops __proto__ wherever it stands', () => {
    const value = json('{"__proto__":{"admin":true},"data":{"__proto__":{"admin":true},"a":1}}') as {
      data: object;
    };
    expect(Object.keys(value)).toEqual(['data']);
    expect(Object.keys(value.data)).toEqual(['a']);
    expect(value).not.toHaveProperty('admin');
    expect({}).not.toHaveProperty('admin');
  });
});

describe('decode urlencoded', () => {
  it('reads a form', () => {
    expect(decode('urlencoded', Buffer.from('access_token=a%2Fb%2B&expires_in=7776000'))).toEqual({
      access_token: 'a/b+',
      expires_in: '7776000',
    });
  });

  it('reads nothing from nothing', () => {
    expect(decode('urlencoded', Buffer.from(' '))).toBeUndefined();
  });
});

describe('decode jsonp', () => {
  it.each([
    ['callback( {"error":100016} );', { error: 100016 }],
    ['callback({"openid":"o"})', { openid: 'o' }],
    ['a.b.$c ( {"a":")"} ) ;\n', { a: ')' }],
    // Some platforms answer plain JSON all the same.
    ['{"a":1}', { a: 1 }],
    ['callback( );', undefined],
    ['callback( alert(1) );', undefined],
    ['<script>callback({})</script>', undefined],
  ])('%j', (text, value) => {
    expect(decode('jsonp', Buffer.from(text))).toEqual(value);
  });
});
