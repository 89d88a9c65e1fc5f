import { describe, expect, it } from '@jest/globals';
import { HttpFailure, type HttpFailureReason } from '../core/ports.js';
import { clients, inputs, wireWith } from '../testing-support/clients.js';
import { answer, failureOf } from '../testing-support/fakes.js';

describe('no answer', () => {
  it.each<[HttpFailureReason, boolean, string, RegExp]>([
    ['unreachable', false, 'transient', /cannot be reached/],
    ['timeout', true, 'transient', /within the time limit/],
    ['aborted', true, 'transient', /aborted/],
    ['reset', true, 'transient', /cut/],
    ['too_large', true, 'transient', /larger than the limit/],
    ['tls', false, 'transient', /TLS/],
    // Nothing but a change of settings helps.
    ['refused_address', false, 'invalid_client', /allowPrivateNetwork/],
  ])('%s (sent: %s) is %s', async (reason, sent, errorClass, words) => {
    const { wire, http } = wireWith(new HttpFailure(reason, sent));
    const failure = await failureOf(wire.tokens(clients.wps, 'exchange', inputs));
    const fate = sent ? 'unknown' : 'not_sent';
    expect(failure).toMatchObject({ errorClass, fate, provider: 'wps', operation: 'exchange' });
    expect(failure.message).toMatch(words);
    expect(failure.httpStatus).toBeUndefined();
    // A code is exchanged once, whatever happens.
    expect(http.requests).toHaveLength(1);
  });

  it('takes a failure it does not know for one after sending', async () => {
    const { wire } = wireWith(new Error('bug'));
    expect(await failureOf(wire.profile(clients.wps, inputs))).toMatchObject({
      errorClass: 'transient',
      fate: 'unknown',
    });
  });
});

describe('an answer nobody can read', () => {
  it.each(
    Object.entries(clients).flatMap(([name, provider]) =>
      (
        [
          ['nothing', ''],
          ['HTML', '<html><body>welcome</body></html>'],
          ['cut JSON', '{"access_token":"CANARY"'],
          ['text', '"ok"'],
          ['null', 'null'],
          ['33 levels', '['.repeat(33) + ']'.repeat(33)],
        ] as const
      ).map(([what, body]) => [name, what, body, provider] as const),
    ),
  )('%s: HTTP 200 with %s is transient', async (_, __, body, provider) => {
    const { wire } = wireWith(answer(body));
    const failure = await failureOf(wire.tokens(provider, 'exchange', inputs));
    expect(failure).toMatchObject({ errorClass: 'transient', httpStatus: 200, fate: 'unknown' });
    expect(failure.message).toContain('could not be read');
  });

  it.each(Object.entries(clients))('%s: HTTP 400 with HTML is unknown', async (_, provider) => {
    const { wire } = wireWith(answer('<html></html>', { status: 400 }));
    const failure = await failureOf(wire.tokens(provider, 'exchange', inputs));
    expect(failure).toMatchObject({ errorClass: 'unknown', httpStatus: 400 });
  });

  it.each(Object.entries(clients))('%s: an empty list is no success', async (_, provider) => {
    const { wire } = wireWith(answer('[]'));
    expect(await failureOf(wire.tokens(provider, 'exchange', inputs))).toMatchObject({ httpStatus: 200 });
  });
});

describe('an answer whose content type lies', () => {
  it.each([['text/plain'], ['text/html'], ['application/octet-stream'], ['']])('%j', async (type) => {
    const { wire } = wireWith(answer({ access_token: 'a' }, { headers: { 'content-type': type } }));
    const { tokens } = await wire.tokens(clients.wps, 'exchange', inputs);
    expect(tokens.accessToken.reveal()).toBe('a');
  });

  it('may begin with a byte order mark', async () => {
    const { wire } = wireWith(answer(Buffer.from('\uFEFF{"access_token":"a"}')));
    await expect(wire.tokens(clients.wps, 'exchange', inputs)).resolves.toBeDefined();
  });

  it('cannot reach a prototype', async () => {
    const { wire } = wireWith(answer('{"__proto__":{"access_token":"a"},"expires_in":1}'));
    await failureOf(wire.tokens(clients.wps, 'exchange', inputs));
    expect({}).not.toHaveProperty('access_token');
  });
});

describe('time', () => {
  it('counts the life of a token from when the request was sent', async () => {
    const { wire, http, clock } = wireWith();
    const sentAt = clock.now();
    http.next(() => {
      clock.advance(9_000);
      return answer({ access_token: 'a', expires_in: 60, refresh_token: 'r', refresh_expires_in: '120' });
    });
    const { tokens } = await wire.tokens(clients.wps, 'exchange', inputs);
    expect(tokens.expiresAt).toBe(sentAt + 60_000);
    expect(tokens.refreshExpiresAt).toBe(sentAt + 120_000);
  });

  it('counts even the default from there', async () => {
    const { wire, http, clock } = wireWith();
    const sentAt = clock.now();
    http.next(() => {
      clock.advance(9_000);
      return answer({ access_token: 'a' });
    });
    const { tokens } = await wire.tokens(clients.wps, 'exchange', inputs);
    expect(tokens.expiresAt).toBe(sentAt + 7_200_000);
  });
});

describe('what a contract does not have', () => {
  it.each(['renewRefreshToken', 'ticket'] as const)('fails without a call: %s', async (operation) => {
    const { wire, http } = wireWith();
    const failure = await failureOf(wire.tokens(clients.anyweb, operation, inputs));
    expect(failure).toMatchObject({ errorClass: 'invalid_request', operation, fate: 'not_sent' });
    expect(http.requests).toHaveLength(0);
  });

  it('hands the caller’s signal on', async () => {
    const { wire, http } = wireWith(answer({ access_token: 'a' }));
    const { signal } = new AbortController();
    await wire.tokens(clients.wps, 'exchange', inputs, { signal });
    expect(http.last.signal).toBe(signal);
  });
});

describe('what became of a failed request', () => {
  it.each([
    [429, { code: 1, msg: 'busy' }, 'not_processed'],
    [503, '', 'not_processed'],
    [502, '<html></html>', 'not_processed'],
    [504, '', 'not_processed'],
    // The platform itself speaks, so its own gateway was passed.
    [502, { code: 5, msg: 'internal' }, 'unknown'],
    [500, { code: 5, msg: 'internal' }, 'unknown'],
    [500, '', 'unknown'],
    [307, '', 'unknown'],
    [200, '<html></html>', 'unknown'],
    [200, {}, 'unknown'],
    [200, { code: 5, msg: 'no' }, 'refused'],
    [400, { code: 5, msg: 'no' }, 'refused'],
    [400, '<html></html>', 'refused'],
  ] as const)('HTTP %s with %j: %s', async (status, body, fate) => {
    const { wire } = wireWith(answer(body, { status }));
    expect((await failureOf(wire.tokens(clients.wps, 'exchange', inputs))).fate).toBe(fate);
  });
});
