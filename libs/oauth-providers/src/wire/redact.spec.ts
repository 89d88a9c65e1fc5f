import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../core/secret.js';
import { clients, wireWith } from '../testing-support/clients.js';
import { answer, failureOf } from '../testing-support/fakes.js';
import { safeCode, safeMessage } from './redact.js';

describe('safeMessage', () => {
  it.each([
    ['a secret', 'the code c0de is bad', ['c0de'], 'the code [redacted] is bad'],
    ['a secret, every time', 'c0de, c0de', ['c0de'], '[redacted], [redacted]'],
    ['a secret in percent encoding', 'got a%2Fb%2Bc', ['a/b+c'], 'got [redacted]'],
    ['a long secret that begins with a short one', 'x abcdefgh y', ['abcd', 'abcdefgh'], 'x [redacted] y'],
    [
      'a run of token characters nobody sent',
      `token ${'aB3+/=_-.~'.repeat(3)} died`,
      [],
      'token [redacted] died',
    ],
    ['control characters', 'one\r\nFAKE LOG\u001b[31m \u2028two', [], 'one FAKE LOG [31m  two'],
  ])('takes out %s', (_, text, secrets, expected) => {
    expect(safeMessage(text, secrets)).toBe(expected);
  });

  it('leaves what is short enough to be anything', () => {
    expect(safeMessage('code abc is bad', ['abc'])).toBe('code abc is bad');
    expect(safeMessage('临时码已过期', [])).toBe('临时码已过期');
    expect(safeMessage(undefined, ['secret'])).toBeUndefined();
  });

  it('ends after 200 characters', () => {
    const message = safeMessage('oh no '.repeat(100), []);
    expect(message).toHaveLength(201);
    expect(message).toMatch(/…$/);
  });
});

describe('safeCode', () => {
  it.each([['1101'], ['A107P009'], ['invalid_grant'], ['isv.code-invalid'], ['urn:x'], ['x'.repeat(64)]])(
    'shows %s',
    (code) => {
      expect(safeCode(code, ['secret'])).toBe(code);
    },
  );

  it.each([
    ['an empty one', ''],
    ['a long one', 'x'.repeat(65)],
    ['one with blanks', 'bad code'],
    ['markup', '<img>'],
    ['line breaks', 'a\nb'],
    ['a secret', 'secret'],
    ['a secret with something around it', 'E-secret-1'],
  ])('does not show %s', (_, code) => {
    expect(safeCode(code, ['secret'])).toBe('(unreadable)');
  });

  it('has nothing to show when there is none', () => {
    expect(safeCode(undefined, [])).toBeUndefined();
  });
});

describe('errors of the wire', () => {
  const sent = {
    code: 'CANARY-code-x/y+z=',
    codeVerifier: 'CANARY-verifier',
    redirectUri: 'https://app.example.com/cb',
    accessToken: new Secret('CANARY-access'),
    refreshToken: 'CANARY-refresh',
    appToken: 'CANARY-app',
    subject: 'CANARY-subject',
  };
  const unseen = 'CANARYunseen'.repeat(4);

  it.each(Object.entries(clients))(
    '%s: hold nothing of the request, whatever the platform quotes of it',
    async (_, provider) => {
      const secret = provider.clientSecret?.reveal() ?? '';
      const said = [...Object.values(sent).map(String), sent.accessToken.reveal(), sent.code, unseen];
      const words = `you sent ${said.join(' ')} ${secret}`;
      for (const text of [words, encodeURIComponent(words), sent.code, secret]) {
        const body = { code: text, status: text, error: text, sub_error: text, msg: text, message: text };
        const refused = answer({ ...body, error_description: text }, { status: 400 });
        for (const operation of ['exchange', 'profile'] as const) {
          const { wire } = wireWith(refused);
          const failure = await failureOf(
            operation === 'exchange' ? wire.tokens(provider, 'exchange', sent) : wire.profile(provider, sent),
          );
          const printed = [
            failure.message,
            failure.stack,
            String(failure),
            JSON.stringify(failure),
            inspect(failure, { depth: 9, showHidden: true }),
          ].join('\n');
          expect(printed).not.toContain('CANARY');
        }
      }
    },
  );

  it('hold nothing when the answer itself is quoted by a failing transport', async () => {
    const { wire } = wireWith(new Error('CANARY-code leaked by a library'));
    const failure = await failureOf(wire.tokens(clients.wps, 'exchange', sent));
    expect(inspect(failure, { depth: 9 })).not.toContain('CANARY');
    expect(failure).toMatchObject({ errorClass: 'transient', fate: 'unknown' });
  });
});
