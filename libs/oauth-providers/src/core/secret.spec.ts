import { format, inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { OAuthProviderError } from './errors.js';
import { Secret } from './secret.js';

const secret = new Secret('CANARY');
/** The first eight digits of its SHA-256. */
const printed = /^\[redacted sha256:[0-9a-f]{8}\]$/;

describe('Secret', () => {
  it('gives its value to whoever asks for it by name, and to nobody else', () => {
    expect(secret.reveal()).toBe('CANARY');
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- this is what must be harmless
    expect(`${secret}`).toMatch(printed);
    expect(String(secret)).toMatch(printed);
    expect(inspect(secret)).toMatch(printed);
    expect(JSON.parse(JSON.stringify(secret))).toMatch(printed);
  });

  it('stays closed wherever it is put', () => {
    const holder = { tokens: [secret], deep: { secret }, map: new Map([['token', secret]]) };
    const cause = new Error('x', { cause: holder });
    for (const text of [
      inspect(holder, { depth: 9, showHidden: true, getters: true }),
      format('%s %o %O %j', secret, holder, holder, holder),
      JSON.stringify(holder),
      inspect(cause, { depth: 9 }),
      JSON.stringify(Object.assign({}, secret)),
      JSON.stringify(structuredClone(Object.assign({}, secret))),
      Object.entries(secret).flat().join(),
    ]) {
      expect(text).not.toContain('CANARY');
    }
  });

  it('tells two tokens apart', () => {
    expect(String(new Secret('a'))).toBe(String(new Secret('a')));
    expect(String(new Secret('a'))).not.toBe(String(new Secret('b')));
  });
});

describe('OAuthProviderError', () => {
  const details = { provider: 'wps', operation: 'exchange', reason: 'no' } as const;

  it('says what happened, with which provider, and with which codes', () => {
    const error = new OAuthProviderError({ ...details, errorClass: 'transient', platformCode: '1' });
    expect(error.message).toBe('wps exchange: no (transient, platform code 1)');
    expect(String(error)).toMatch(/^OAuthProviderError: wps exchange/);
    expect(error).toBeInstanceOf(Error);
    expect(error.fate).toBe('refused');
  });

  it.each([
    ['transient', true],
    ['throttled', true],
    ['invalid_grant', false],
    ['invalid_client', false],
    ['unknown', false],
  ] as const)('%s may go away by itself: %s', (errorClass, retryable) => {
    expect(new OAuthProviderError({ ...details, errorClass }).retryable).toBe(retryable);
  });

  it('becomes JSON without its cause and its stack', () => {
    const error = new OAuthProviderError({ ...details, errorClass: 'unknown', cause: new Error('CANARY') });
    expect(JSON.stringify(error)).not.toMatch(/CANARY|stack|spec\.ts/);
  });
});
