import {
  ConflictException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { type ErrorClass, OAuthProviderError, type OAuthProviderErrorDetails } from '../core/errors.js';
import { LoginRefusedError } from '../login/login-error.js';
import { problemOf } from './problem.js';

const failure = (errorClass: ErrorClass, more: Partial<OAuthProviderErrorDetails> = {}): OAuthProviderError =>
  new OAuthProviderError({
    errorClass,
    provider: 'huawei',
    operation: 'exchange',
    reason: 'words for the operator',
    platformMessage: 'words of the platform',
    ...more,
  });

describe('problemOf: failures of a platform', () => {
  it.each<[ErrorClass, number]>([
    ['invalid_request', 400],
    ['invalid_grant', 400],
    ['access_denied', 403],
    ['insufficient_scope', 403],
    ['transient', 502],
    ['unknown', 502],
    ['invalid_client', 502],
    ['invalid_token', 502],
    ['throttled', 503],
  ])('%s is %i', (errorClass, status) => {
    const { problem } = problemOf(failure(errorClass), 'en');
    expect(problem).toMatchObject({
      type: `urn:nestjs-oauth-providers:${errorClass}`,
      status,
      errorClass,
      provider: 'huawei',
    });
  });

  it('names the platform’s codes, and shows neither its words nor the operator’s', () => {
    const error = failure('invalid_grant', { platformCode: '1101', platformSubCode: '20155' });
    const { problem, text } = problemOf(error, 'en');
    expect(problem).toEqual({
      type: 'urn:nestjs-oauth-providers:invalid_grant',
      title: text.title,
      status: 400,
      detail: text.detail,
      errorClass: 'invalid_grant',
      provider: 'huawei',
      platformCode: '1101',
      platformSubCode: '20155',
    });
    expect(JSON.stringify(problem)).not.toMatch(/words of/);
  });

  it('has no members without a value', () => {
    expect(Object.keys(problemOf(failure('unknown'), 'en').problem)).not.toContain('platformCode');
  });

  it.each([
    ['what the platform says', failure('throttled', { retryAfterSeconds: 7 }), { 'Retry-After': '7' }],
    ['nothing to wait', failure('throttled', { retryAfterSeconds: 0 }), { 'Retry-After': '0' }],
    ['a minute when it does not say', failure('throttled'), { 'Retry-After': '60' }],
    ['nothing where waiting does not help', failure('invalid_grant', { retryAfterSeconds: 7 }), {}],
  ])('asks to wait: %s', (_, error, headers) => {
    expect(problemOf(error, 'en').headers).toEqual(headers);
  });

  it('speaks Chinese', () => {
    expect(problemOf(failure('access_denied'), 'zh').problem.title).toBe('已取消登录');
  });
});

describe('problemOf: refused callbacks', () => {
  it.each([
    [new LoginRefusedError('wps', 'x'), 'This sign-in cannot be continued', 400],
    [new LoginRefusedError('wps', 'x', { unproven: 'cancelled' }), 'Sign-in was cancelled', 400],
    [new LoginRefusedError('wps', 'x', { unproven: 'not_completed' }), 'Sign-in was not completed', 400],
    [new LoginRefusedError('wps', 'x', { errorClass: 'access_denied' }), 'Sign-in was cancelled', 403],
  ])('%#: %s', (error, title, status) => {
    expect(problemOf(error, 'en').problem).toMatchObject({ title, status });
  });
});

describe('problemOf: everything else', () => {
  it.each([
    [new NotFoundException('There is no such provider.'), 404, 'Not Found', 'There is no such provider.'],
    [new ConflictException('taken'), 409, 'Conflict', 'taken'],
    [new HttpException('odd', 499), 499, 'Error', 'odd'],
  ])('%s', (error, status, title, detail) => {
    expect(problemOf(error, 'en').problem).toEqual({ type: 'about:blank', title, status, detail });
  });

  it.each([
    [new InternalServerErrorException('CANARY'), 500],
    [new HttpException('CANARY', 503), 503],
    [new Error('CANARY'), 500],
    [new TypeError('CANARY'), 500],
    ['CANARY', 500],
    [undefined, 500],
    [{ status: 404, message: 'CANARY' }, 500],
  ])('tells nothing of what broke on our side: %s', (error, status) => {
    const { problem } = problemOf(error, 'en');
    expect(problem.status).toBe(status);
    expect(JSON.stringify(problem)).not.toContain('CANARY');
  });
});
