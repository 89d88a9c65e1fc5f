import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assertContract } from '../core/assert-contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { oauth2 } from './oauth2.js';

const options = {
  name: 'forge',
  authorizationUrl: 'https://forge.example/authorize',
  tokenUrl: 'https://forge.example/token',
  clientId: 'id',
  clientSecret: 'secret',
  profile: { url: 'https://forge.example/user', subject: 'id' },
};

const drawnText = fc.constantFrom<unknown[]>(
  ...[
    'forge',
    'No Name',
    '',
    ' ',
    'https://forge.example/x',
    '/x',
    'ftp://forge.example',
    'query',
    'form_post',
  ],
  ...[7, null, undefined, true, [], {}, ['x']],
);
const profile = fc.record(
  { url: drawnText, subject: drawnText, displayName: drawnText, avatarUrl: drawnText },
  { requiredKeys: [] },
);
const values = fc.record({
  name: drawnText,
  title: fc.oneof(drawnText, fc.record({ en: drawnText, zh: drawnText })),
  authorizationUrl: drawnText,
  tokenUrl: drawnText,
  revocationUrl: drawnText,
  scopeSeparator: drawnText,
  responseMode: drawnText,
  authorizationParams: fc.dictionary(fc.constantFrom('prompt', 'audience', 'state'), drawnText),
  profile: profile.map((fields) => ({ ...options.profile, ...fields })),
});
/** One or two options that differ from what works, or do not. */
const drawn = values.chain((all) =>
  fc.subarray(Object.entries(all), { maxLength: 2 }).map((entries) => Object.fromEntries(entries)),
);

function madeFrom(changes: object): ConfiguredProvider | undefined {
  try {
    return oauth2({ ...options, ...changes });
  } catch (error) {
    if (error instanceof OAuthConfigurationError) return undefined;
    throw error;
  }
}

describe('oauth2', () => {
  it('never makes a contract that the schema would refuse', () => {
    let made = 0;
    fc.assert(
      fc.property(drawn, (changes) => {
        const provider = madeFrom(changes);
        if (provider === undefined) return;
        made += 1;
        expect(() => assertContract(provider.contract)).not.toThrow();
      }),
      { numRuns: 5_000 },
    );
    expect(made).toBeGreaterThan(500);
  });

  it.each<[object, RegExp]>([
    [{ name: 'No Name' }, /name: must be 1 to 32 lower-case letters/],
    [{ authorizationUrl: '/authorize' }, /login\.authorizationUrl: must be an absolute URL/],
    [{ revocationUrl: 'revoke' }, /operations\.revoke\.request\.url: must be an absolute URL/],
    [{ title: { en: 'Forge', zh: '' } }, /title\.zh: /],
    [{ title: { en: 'Forge', zh: 'Forge', fr: 'Forge' } }, /title: /],
    [
      { profile: { url: '/user', subject: 'id' } },
      /operations\.profile\.request\.url: must be an absolute URL/,
    ],
    [{ scopeSeparator: '' }, /login\.scopeSeparator: /],
    [{ responseMode: 'fragment' }, /login\.responseMode: /],
    [{ authorizationParams: { prompt: null } }, /login\.params\.prompt: /],
  ])('names the path of a mistake: %j', (changes, message) => {
    expect(() => oauth2({ ...options, ...changes })).toThrow(message);
  });
});
