import { describe, expect, it } from '@jest/globals';
import { type IncomingMessage } from 'node:http';
import { fixedForm } from './answer-form.js';

describe('the form of an answer', () => {
  it.each([
    ['GET', '/api/me', 'json'],
    ['GET', '/api', 'json'],
    ['GET', '/apiary', undefined],
    ['GET', '/broker/tokens/wps/app', 'json'],
    ['POST', '/auth/wps/attempts', 'json'],
    ['GET', '/auth/wps?returnTo=/api/x', 'page'],
    ['GET', '/auth/nobody', 'page'],
    ['POST', '/auth/logout', undefined],
    ['GET', '/auth/wps/callback?code=1', undefined],
    ['GET', '/', undefined],
  ])('%s %s: %s', (method, originalUrl, form) => {
    expect(fixedForm({ method, originalUrl } as unknown as IncomingMessage)).toBe(form);
  });
});
