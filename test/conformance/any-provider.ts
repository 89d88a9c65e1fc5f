import { type ConfiguredProvider, type OperationName } from 'nestjs-oauth-providers';
import { type Fault, type ProviderName } from 'platform-emulator';
import {
  answers,
  ended,
  type Entry,
  type Expectation,
  refused,
  type Row,
  rowsOf,
  table,
  tryLater,
} from './vocabulary.js';

/** Huawei's `rest.php`, which keeps its codes in a header. */
const restServices: readonly OperationName[] = ['profile', 'introspect'];
/** Huawei's token endpoint, of which 503 is documented as flow control. */
const tokenEndpoint: readonly OperationName[] = ['exchange', 'refresh', 'appToken'];

const quoting = ['code', 'access-token', 'refresh-token', 'app-token', 'token', 'subject']
  .map((name) => `CANARY-${name}`)
  .join(' ');

/** A refusal as the platform would write it, with a code that is nobody's. */
function refusal(provider: ProviderName, operation: OperationName, says: string): unknown {
  switch (provider) {
    case 'wps':
      return { code: 'X-1', msg: says };
    case 'anyweb':
      return { code: 'X-1', message: says };
    case 'yuanzhibang':
      return { status: 'X-1', message: says, data: [] };
    case 'huawei':
      return restServices.includes(operation)
        ? { error: says }
        : { error: 'X-1', sub_error: 'Y-2', error_description: says };
  }
}

/** The codes by which it is told again. Huawei's services have theirs in a header, and here there is none. */
function retold(provider: ProviderName, operation: OperationName): Expectation {
  if (provider !== 'huawei') return refused('unknown', 'X-1');
  return restServices.includes(operation) ? refused('unknown') : refused('unknown', 'X-1', 'Y-2');
}

/** Whatever the platform: what any server, proxy or gateway may answer on a bad day. */
function badDays(provider: ProviderName, operation: OperationName): readonly Entry[] {
  const refuses = (says: string, status = 200) => answers(refusal(provider, operation, says), { status });
  const toldAgain = retold(provider, operation);
  const busy = provider === 'huawei' && tokenEndpoint.includes(operation) ? 'throttled' : 'transient';
  const slowDown: Fault = { kind: 'status', status: 429, headers: { 'Retry-After': '7' } };
  const backIn7 = { error: { errorClass: 'throttled', retryable: true, retryAfterSeconds: 7 } } as const;
  // Nothing in the answer is what a revocation has to say.
  const saysNothing = operation === 'revoke' ? ended : refused('unknown');
  const rows = rowsOf(
    'any server',
    [
      ['a gateway’s page', { fault: { kind: 'html' } }, tryLater('transient')],
      ['a page with HTTP 200', { fault: { kind: 'html', status: 200 } }, tryLater('transient')],
      ['nothing', { fault: { kind: 'empty' } }, tryLater('transient')],
      ['half an answer', answers('{"access_token":"CANARY-half'), tryLater('transient')],
      ['an array', answers('[]'), saysNothing],
      ['a number', answers('1000'), tryLater('transient')],
      ['an empty object', answers({}), saysNothing],
      ['HTTP 429 with Retry-After', { fault: slowDown }, backIn7],
      ['plain HTTP 500', { fault: { kind: 'status' } }, tryLater('transient')],
      ['plain HTTP 503', { fault: { kind: 'status', status: 503 } }, tryLater(busy)],
      ['a redirect, which nobody follows', { fault: { kind: 'redirect' } }, refused('unknown')],
      ['a connection that is cut', { fault: { kind: 'reset' } }, tryLater('transient')],
      ['a well-formed refusal nobody knows', refuses('nobody knows'), toldAgain],
      ['the same with HTTP 400', refuses('nobody knows', 400), toldAgain],
    ],
    'any',
  );
  const quotes: Entry = {
    what: 'a refusal that quotes what was sent',
    source: 'any server',
    basis: 'any',
    given: refuses(`sent: ${quoting}`),
    expect: toldAgain,
  };
  return [...rows, quotes];
}

/** These rows for every operation of every contract. */
export function anyProviderRows(
  providers: Readonly<Record<ProviderName, ConfiguredProvider>>,
): readonly Row[] {
  return (Object.keys(providers) as ProviderName[]).flatMap((provider) => {
    const operations = Object.keys(providers[provider].contract.operations) as OperationName[];
    return table(
      provider,
      Object.fromEntries(operations.map((operation) => [operation, badDays(provider, operation)])),
    );
  });
}
