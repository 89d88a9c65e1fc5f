import { describe, expect, it } from '@jest/globals';
import { OAuthConfigurationError } from '../core/errors.js';
import { PublicUrl } from './public-url.js';

describe('PublicUrl', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com', true, 'https://app.example.com/auth/x'],
    ['https://app.example.com/', 'https://app.example.com', true, 'https://app.example.com/auth/x'],
    ['https://APP.example.com:443', 'https://app.example.com', true, 'https://app.example.com/auth/x'],
    [
      'https://app.example.com:8443',
      'https://app.example.com:8443',
      true,
      'https://app.example.com:8443/auth/x',
    ],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000', false, 'http://127.0.0.1:3000/auth/x'],
    ['https://example.com/app', 'https://example.com', true, 'https://example.com/app/auth/x'],
    ['https://example.com/app//', 'https://example.com', true, 'https://example.com/app/auth/x'],
  ])('%s', (value, origin, secure, absolute) => {
    const url = new PublicUrl(value);
    expect([url.origin, url.secure, url.absolute('/auth/x')]).toEqual([origin, secure, absolute]);
  });

  it.each([
    '',
    'app.example.com',
    '/app',
    'ftp://app.example.com',
    'javascript:alert(1)',
    'https://',
    'https://user@app.example.com',
    'https://user:pass@app.example.com',
    'https://app.example.com/?a=b',
    'https://app.example.com/#top',
  ])('refuses %j with a sentence that names the setting', (value) => {
    expect(() => new PublicUrl(value)).toThrow(OAuthConfigurationError);
    expect(() => new PublicUrl(value)).toThrow(/publicUrl \(PUBLIC_URL\) must be/);
  });

  it.each([
    ['/app/auth/wps', '/auth/wps'],
    // A proxy may strip the prefix.
    ['/auth/wps', '/auth/wps'],
    ['/application/auth', '/application/auth'],
    ['/app', '/app'],
  ])('routes %s as %s below a prefix', (path, route) => {
    expect(new PublicUrl('https://example.com/app').route(path)).toBe(route);
  });
});
