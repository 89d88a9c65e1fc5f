import { afterEach, describe, expect, it } from '@jest/globals';
import passport from 'passport';
import { OAuthConfigurationError } from '../core/errors.js';
import { DispatchingStrategy } from './dispatching.strategy.js';

const name = 'dispatched';
const releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases.splice(0)) release();
});

/** Registers a strategy that answers with a word. */
function register(application: unknown, word: string): () => void {
  const strategy = {
    name,
    authenticate(this: { success: (user: unknown) => void }) {
      this.success({ word });
    },
  };
  const release = DispatchingStrategy.register(application, strategy);
  releases.push(release);
  return release;
}

/** What `AuthGuard(name)` would see for a request to an application. */
function ask(application: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answered = (error: Error | null, user: unknown) => (error === null ? resolve(user) : reject(error));
    const authenticate = passport.authenticate(name, answered) as (...parts: unknown[]) => void;
    authenticate({ app: application }, {}, reject);
  });
}

describe('DispatchingStrategy', () => {
  it('gives each application of the process its own strategy under one name', async () => {
    const [one, two] = [{}, {}];
    register(one, 'one');
    register(two, 'two');
    expect(await Promise.all([ask(two), ask(one), ask(two)])).toEqual([
      { word: 'two' },
      { word: 'one' },
      { word: 'two' },
    ]);
  });

  it('refuses a second provider of one name in one application', () => {
    const application = {};
    register(application, 'one');
    expect(() => register(application, 'two')).toThrow(OAuthConfigurationError);
    expect(() => register(application, 'two')).toThrow(/Two providers.*called dispatched.*another `name`/);
  });

  it('names the provider that an application does not have', async () => {
    register({}, 'one');
    await expect(ask({})).rejects.toThrow('This application has no provider called dispatched.');
  });

  it('leaves Passport as it was when the last application has gone', async () => {
    const [one, two] = [{}, {}];
    const releaseOne = register(one, 'one');
    const releaseTwo = register(two, 'two');
    releaseOne();
    expect(await ask(two)).toEqual({ word: 'two' });
    await expect(ask(one)).rejects.toThrow(OAuthConfigurationError);
    releaseTwo();
    releaseTwo();
    await expect(ask(two)).rejects.toThrow(/Unknown authentication strategy/);
  });

  it('is not taken away by whoever let go of it before', async () => {
    const application = {};
    const release = register(application, 'old');
    release();
    register(application, 'new');
    release();
    expect(await ask(application)).toEqual({ word: 'new' });
  });
});
