import { describe, expect, it } from '@jest/globals';
import { type ErrorClass } from '../core/errors.js';
import { clients, inputs, readProfile, readTokens, wireWith } from '../testing-support/clients.js';
import { answer, failureOf } from '../testing-support/fakes.js';

/**
 * Every documented code, and the class that decides what happens next. A class in these tables changes only
 * when a document does.
 */
const huawei: readonly (readonly [ErrorClass, number, number])[] = [
  ['invalid_client', 1101, 12304],
  ['invalid_client', 1203, 12304],
  ['invalid_client', 1203, 12303],
  ['invalid_client', 1101, 20002],
  ['invalid_client', 1101, 20003],
  ['invalid_client', 1101, 20085],
  ['invalid_client', 1101, 20171],
  ['invalid_client', 1101, 20172],
  ['invalid_client', 1101, 20022],
  ['invalid_client', 1101, 20023],
  ['invalid_client', 1101, 20024],
  ['invalid_client', 1101, 20154],
  ['invalid_client', 1203, 100502],
  ['invalid_grant', 1101, 20155],
  ['invalid_grant', 1101, 20156],
  ['invalid_grant', 1101, 20158],
  ['invalid_grant', 1103, 20153],
  ['invalid_grant', 1101, 20192],
  ['invalid_grant', 1102, 20191],
  ['invalid_grant', 1203, 11205],
  ['invalid_grant', 1203, 31202],
  ['invalid_grant', 1203, 31204],
  ['invalid_grant', 1203, 31218],
  ['invalid_request', 1101, 20041],
  ['invalid_request', 1101, 20042],
  ['invalid_request', 1101, 20152],
  ['invalid_request', 1101, 20182],
  ['invalid_request', 1102, 20181],
  ['invalid_request', 1102, 20001],
  ['invalid_request', 1102, 20151],
  ['transient', 1203, 500],
  ['transient', 1203, 100300],
  // Numbers that belong to another main code, or to nobody, say nothing.
  ['unknown', 1102, 20155],
  ['unknown', 1103, 12304],
  ['unknown', 1101, 99999],
  ['unknown', 9999, 20155],
];

const anyweb: readonly (readonly [ErrorClass, string])[] = [
  ['invalid_request', 'A107P001'],
  ['invalid_request', 'A107P002'],
  ['invalid_request', 'A107P003'],
  ['invalid_request', 'A107P004'],
  ['invalid_client', 'A107P005'],
  ['invalid_token', 'A107P006'],
  ['invalid_client', 'A107P007'],
  ['invalid_request', 'A107P008'],
  ['invalid_grant', 'A107P009'],
  ['invalid_client', 'A107P010'],
  ['insufficient_scope', 'A107P011'],
  ['invalid_grant', 'A107P012'],
  ['unknown', 'A108P001'],
  ['unknown', 'A107B999'],
  ['unknown', '1001'],
];

const yuanzhibang: readonly (readonly [ErrorClass, number])[] = [
  ['unknown', 4000],
  ['invalid_request', 4101],
  ['invalid_grant', 4102],
  ['insufficient_scope', 4103],
  ['insufficient_scope', 4104],
  ['unknown', 4999],
];

describe('error tables', () => {
  it.each(huawei)('Huawei: %s for %i/%i', async (errorClass, error, sub_error) => {
    for (const body of [
      { error, sub_error },
      { error: String(error), sub_error: String(sub_error) },
    ]) {
      const failure = await failureOf(readTokens(clients.huawei, answer(body, { status: 400 })));
      expect(failure.errorClass).toBe(errorClass);
    }
  });

  it.each([
    [503, 'throttled'],
    [500, 'transient'],
    [502, 'transient'],
    [504, 'transient'],
    [590, 'transient'],
    [403, 'invalid_client'],
    [404, 'invalid_client'],
    [405, 'invalid_client'],
    [429, 'throttled'],
    [400, 'unknown'],
  ] as const)('Huawei: HTTP %i alone is %s', async (status, errorClass) => {
    const failure = await failureOf(readTokens(clients.huawei, answer('<html></html>', { status })));
    expect(failure.errorClass).toBe(errorClass);
  });

  it.each(anyweb)('AnyWeb: %s for %s', async (errorClass, code) => {
    for (const status of [200, 400]) {
      const failure = await failureOf(readTokens(clients.anyweb, answer({ code, message: 'm' }, { status })));
      expect(failure).toMatchObject({ errorClass, platformCode: code });
    }
    expect((await failureOf(readProfile(clients.anyweb, answer({ code })))).errorClass).toBe(errorClass);
  });

  it.each(yuanzhibang)('yuanzhibang: %s for %i', async (errorClass, code) => {
    for (const status of [code, String(code)]) {
      const failure = await failureOf(readTokens(clients.yuanzhibang, answer({ status, data: [] })));
      expect(failure).toMatchObject({ errorClass, platformCode: String(code) });
    }
  });
});

describe('what no table names', () => {
  const everybody = Object.entries(clients);

  it.each(everybody)('%s: an unknown code is unknown, and never a dead grant', async (_, provider) => {
    const body = { code: 'X', status: 'X', error: 'X', sub_error: 'X', msg: 'x', message: 'x', data: [] };
    for (const status of [200, 400, 401, 409, 422]) {
      const failure = await failureOf(readTokens(provider, answer(body, { status })));
      expect(failure).toMatchObject({ errorClass: 'unknown', httpStatus: status });
    }
  });

  it.each(everybody)('%s: 429 is throttled and 5xx is transient', async (_, provider) => {
    for (const body of ['', '<html>busy</html>', {}]) {
      const busy = await failureOf(readTokens(provider, answer(body, { status: 429 })));
      expect(busy).toMatchObject({ errorClass: 'throttled', retryable: true });
      const down = await failureOf(readTokens(provider, answer(body, { status: 502 })));
      expect(down).toMatchObject({ errorClass: 'transient', retryable: true });
    }
  });

  it.each(everybody)('%s: a redirect is an answer nobody follows', async (_, provider) => {
    const moved = answer('', { status: 307, headers: { location: 'https://evil.example/' } });
    const { wire, http } = wireWith(moved);
    const failure = await failureOf(wire.tokens(provider, 'exchange', inputs));
    expect(failure).toMatchObject({ errorClass: 'unknown', httpStatus: 307 });
    expect(failure.message).toContain('redirect');
    expect(http.requests).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  it.each([
    ['seconds', '120', 120],
    ['nothing to wait', '0', 0],
    ['more than a day', '999999999', 86_400],
    ['more digits than a number holds', '9'.repeat(400), undefined],
    // The fake clock stands at 08:00:00.
    ['a date', 'Wed, 01 May 2024 08:01:30 GMT', 90],
    ['a date that has passed', 'Wed, 01 May 2024 07:59:59 GMT', undefined],
    ['a date of next year', 'Thu, 01 May 2025 08:00:00 GMT', 86_400],
    ['words', 'soon', undefined],
    ['a negative number', '-5', undefined],
    ['a list', '5, 10', undefined],
    ['nothing', '', undefined],
  ])('is read as %s', async (_, value, seconds) => {
    const reply = answer({ code: 1 }, { status: 429, headers: { 'retry-after': value } });
    expect((await failureOf(readTokens(clients.wps, reply))).retryAfterSeconds).toBe(seconds);
  });

  it('is absent when the platform says nothing', async () => {
    const failure = await failureOf(readTokens(clients.wps, answer('', { status: 503 })));
    expect(failure.retryAfterSeconds).toBeUndefined();
  });
});
