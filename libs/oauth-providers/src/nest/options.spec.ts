import { describe, expect, it } from '@jest/globals';
import { OAuthConfigurationError } from '../core/errors.js';
import { clients } from '../testing-support/clients.js';
import { memoryStore } from '../vault/index.js';
import { type OAuthProvidersOptions, resolveOptions } from './options.js';

const good: OAuthProvidersOptions = {
  publicUrl: 'https://app.example.com',
  encryptionKeys: `k:${Buffer.alloc(32).toString('base64')}`,
  store: memoryStore(),
  providers: [clients.wps],
  resolveUser: ({ subject }) => ({ subject }),
};
const resolve = (change: Record<string, unknown>) => () => resolveOptions({ ...good, ...change });

describe('resolveOptions', () => {
  it('fills in the paths', () => {
    expect(resolveOptions(good)).toMatchObject({
      basePath: '/auth',
      callbackPath: '/auth/:provider/callback',
      site: { origin: 'https://app.example.com', secure: true },
    });
  });

  it('builds the callback on the base path, and drops the slash at its end', () => {
    expect(resolveOptions({ ...good, basePath: '/sign-in/' })).toMatchObject({
      basePath: '/sign-in',
      callbackPath: '/sign-in/:provider/callback',
    });
  });

  it('takes a callback path of the application’s own', () => {
    expect(resolveOptions({ ...good, callbackPath: '/cb/:provider' }).callbackPath).toBe('/cb/:provider');
  });

  it('takes one platform twice under two names', () => {
    const providers = [clients.wps, { ...clients.wps, name: 'wps-2' }];
    expect(resolveOptions({ ...good, providers }).providers).toHaveLength(2);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no public URL', { publicUrl: undefined }, /publicUrl \(PUBLIC_URL\) must be/],
    ['a public URL that is none', { publicUrl: 'app.example.com' }, /publicUrl \(PUBLIC_URL\) must be/],
    ['no providers', { providers: [] }, /providers is empty: name at least one/],
    [
      'two providers of one name',
      { providers: [clients.wps, clients.wps] },
      /Two providers are called wps.*`name`/,
    ],
    ['no resolveUser', { resolveUser: undefined }, /resolveUser must be a function/],
    ['a base path without a slash', { basePath: 'auth' }, /basePath must be an absolute path/],
    ['a base path that is the root', { basePath: '/' }, /basePath must be an absolute path/],
    ['a base path with a parameter', { basePath: '/:tenant/auth' }, /basePath must be an absolute path/],
    ['a base path with a query', { basePath: '/auth?x' }, /basePath must be an absolute path/],
    ['a callback without a slash', { callbackPath: 'cb/:provider' }, /callbackPath must be.*:provider/],
    ['a callback for nobody in particular', { callbackPath: '/callback' }, /callbackPath must be.*:provider/],
  ])('refuses %s', (_, change, message) => {
    expect(resolve(change)).toThrow(OAuthConfigurationError);
    expect(resolve(change)).toThrow(message);
  });
});
