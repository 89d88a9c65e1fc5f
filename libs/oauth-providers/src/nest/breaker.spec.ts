import { describe, expect, it } from '@jest/globals';
import { OAuthProviderError } from '../core/errors.js';
import { ClientGate } from '../refresh/client-gate.js';
import { clients } from '../testing-support/clients.js';
import { failureOf } from '../testing-support/fakes.js';
import { VirtualTime } from '../testing-support/virtual-time.js';
import { cockatielBreakers } from './breaker.js';

const failure = (errorClass: 'transient' | 'invalid_grant') =>
  new OAuthProviderError({ errorClass, provider: 'wps', operation: 'refresh', reason: 'no' });

const gateOf = (): ClientGate => {
  const time = new VirtualTime();
  const coolDowns = { get: () => Promise.resolve(null), set: () => Promise.resolve() };
  return new ClientGate(time, time, cockatielBreakers, coolDowns);
};

describe('the circuit of a client', () => {
  it('opens after five failures in a row: nothing is called, and the error says when to come back', async () => {
    const gate = gateOf();
    let calls = 0;
    const call = (): Promise<string> => {
      calls += 1;
      return Promise.reject(failure('transient'));
    };
    for (let count = 0; count < 5; count += 1) await failureOf(gate.run(clients.wps, call));
    expect(await failureOf(gate.run(clients.wps, call))).toMatchObject({
      errorClass: 'transient',
      fate: 'not_sent',
      retryAfterSeconds: 1,
    });
    expect(calls).toBe(5);
    expect(gate.openCircuits()).toEqual([{ provider: 'wps', clientId: clients.wps.clientId }]);
    // Another client is another circuit.
    expect(await gate.run(clients.huawei, () => Promise.resolve('ok'))).toBe('ok');
  });

  it('does not count refusals: the platform is well', async () => {
    const gate = gateOf();
    const refuse = (): Promise<string> => Promise.reject(failure('invalid_grant'));
    for (let count = 0; count < 9; count += 1) await failureOf(gate.run(clients.wps, refuse));
    expect(await gate.run(clients.wps, () => Promise.resolve('ok'))).toBe('ok');
  });
});
