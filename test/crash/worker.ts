import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { type OAuthProviderError } from '../../libs/oauth-providers/src/core/errors.js';
import { type Randomness, type Timers } from '../../libs/oauth-providers/src/core/ports.js';
import { type Secret } from '../../libs/oauth-providers/src/core/secret.js';
import type * as AxiosHttpModule from '../../libs/oauth-providers/src/nest/axios-http.js';
import type * as BreakerModule from '../../libs/oauth-providers/src/nest/breaker.js';
import type * as HuaweiModule from '../../libs/oauth-providers/src/providers/huawei.js';
import type * as WpsModule from '../../libs/oauth-providers/src/providers/wps.js';
import type * as EngineModule from '../../libs/oauth-providers/src/refresh/engine.js';
import type * as QuotaModule from '../../libs/oauth-providers/src/refresh/quota-ledger.js';
import type * as SettingsModule from '../../libs/oauth-providers/src/refresh/settings.js';
import type * as CacheModule from '../../libs/oauth-providers/src/refresh/token-cache.js';
import type * as WindowsModule from '../../libs/oauth-providers/src/refresh/windows.js';
import { type OpenedRecord } from '../../libs/oauth-providers/src/vault/index.js';
import type * as VaultModule from '../../libs/oauth-providers/src/vault/index.js';
import type * as WireModule from '../../libs/oauth-providers/src/wire/wire.js';
import { type Recovery, type Task } from './task.js';

/*
 * A process that keeps one record alive, to be killed. It prints one line of JSON: its report. It is made of the built
 * library (`npm run build`), as a deployment runs it, and of one thing no deployment has: a failpoint, at which the
 * process kills itself with SIGKILL, so that not one more step is taken. See `run.ts` for how it is started: of other
 * files here it can take nothing but types.
 */

/** Part by part: the whole of the library would start slower. */
const built = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join('libs/oauth-providers/dist', `${path}.js`)).href);
const { huawei } = (await built('providers/huawei')) as typeof HuaweiModule;
const { wps } = (await built('providers/wps')) as typeof WpsModule;
const { KeyRing, sqliteStore, Vault } = (await built('vault/index')) as typeof VaultModule;
const { AxiosHttp, hardenedHttpService } = (await built('nest/axios-http')) as typeof AxiosHttpModule;
const { cockatielBreakers } = (await built('nest/breaker')) as typeof BreakerModule;
const { RenewalEngine } = (await built('refresh/engine')) as typeof EngineModule;
const { defaultQuotaSettings } = (await built('refresh/quota-ledger')) as typeof QuotaModule;
const { defaultSettings } = (await built('refresh/settings')) as typeof SettingsModule;
const { defaultCache } = (await built('refresh/token-cache')) as typeof CacheModule;
const { renewsAt } = (await built('refresh/windows')) as typeof WindowsModule;
const { Wire } = (await built('wire/wire')) as typeof WireModule;

/** Nothing of these runs is slow; whatever is not settled by then never will be. */
const longestTrail = 10;

const task = JSON.parse(process.env['TASK'] ?? '') as Task;
const settings = defaultSettings;
const randomness: Randomness = { bytes: (size) => randomBytes(size) };

/** Time stands still until it is moved, for the platform and for us alike: no lease and no token ends by waiting. */
const clock = {
  time: await moveClock(0),
  now: (): number => clock.time,
  async moveTo(moment: number): Promise<void> {
    clock.time = await moveClock(Math.max(Math.ceil((moment - clock.time) / 1000), 0));
  },
};
/** Nobody waits in here but for the platform: a renewal in the background is awaited as such. */
const timers: Timers = { monotonic: () => clock.time, sleep: () => new Promise(() => undefined) };

const provider = providerOf(task);
const http = new AxiosHttp(hardenedHttpService());
const wire = new Wire(http, clock, randomness);
const vault = await Vault.open({
  engine: sqliteStore({ file: task.file }),
  keys: KeyRing.parse({ encryptionKeys: `c:${Buffer.alloc(32, 7).toString('base64')}` }),
  clock,
  timers,
  randomness,
});
const engine = new RenewalEngine({
  vault,
  wire,
  clock,
  timers,
  randomness,
  breakers: cockatielBreakers,
  settings,
  cache: defaultCache,
  quota: defaultQuotaSettings,
  notify: () => undefined,
  providers: () => Promise.resolve([provider]),
  failpoint: (name) => {
    if (name === task.killAt) process.kill(process.pid, 'SIGKILL');
  },
});

const report = task.code === undefined ? await recover() : await renew(task.code);
await vault.close();
http.close();
process.stdout.write(`${JSON.stringify(report)}\n`);

/** Moves the platform's clock; what it says then. */
async function moveClock(advanceSeconds: number): Promise<number> {
  const answer = await fetch(`${task.steering}/__emulator/clock`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ advanceSeconds }),
  });
  if (!answer.ok) throw new Error(`the platform's clock did not move: ${answer.status}`);
  return Date.parse(((await answer.json()) as { now: string }).now);
}

function providerOf({ persona, origin, clientId, clientSecret }: Task): ConfiguredProvider {
  // Never reached, however busy the machine: time stands still for all but the network.
  const options = { clientId, clientSecret, baseUrl: origin, timeoutMs: 30_000 };
  if (persona === 'kept') return huawei(options);
  const strict = wps(options);
  if (persona === 'strict') return strict;
  return { ...strict, contract: { ...strict.contract, renewal: { policy: 'rotate', lostReply: 'retry' } } };
}

/** Signs somebody in, lets time pass until the token is due, and renews it: somewhere in there the process ends. */
async function renew(code: string): Promise<object> {
  const { name, clientId } = provider;
  const redirectUri = 'http://127.0.0.1/callback';
  const reply = await wire.tokens(provider, 'exchange', { code, redirectUri });
  const { accessToken } = reply.tokens;
  const subject = reply.subject ?? (await wire.profile(provider, { accessToken })).subject;
  if (subject === undefined) throw new Error('the platform does not say who has signed in');
  const dueAt = renewsAt(reply.tokens, settings, randomness);
  await vault.saveLogin({
    provider: name,
    clientId,
    subject,
    tokens: reply.tokens,
    renewsAt: dueAt,
    owner: 'me',
  });
  await clock.moveTo(dueAt);
  return { sweep: await engine.sweeper.refreshDue() };
}

/** The next start: what callers get at once, then one sweep after the other, each when the next is due. */
async function recover(): Promise<Recovery> {
  const began = clock.now();
  const found = await look();
  const atOnce = await ask(found);
  const trail: string[] = [];
  let record = await look();
  while (!settled(record) && trail.length < longestTrail) {
    await clock.moveTo(Math.max(record.dueAt ?? 0, record.leasedUntil ?? 0));
    await engine.sweeper.refreshDue();
    record = await look();
    trail.push(record.state);
  }
  return {
    found: { marked: found.inSpending, leased: (found.leasedUntil ?? 0) > began },
    atOnce,
    trail,
    state: settled(record) ? record.state : 'unsettled',
    cause: record.cause?.reason ?? null,
    atLast: await ask(record),
  };
}

async function look(): Promise<OpenedRecord> {
  const [record] = (await vault.list('me')).records;
  if (record === undefined) throw new Error('the record is gone');
  return record;
}

function settled({ state, dueAt, leasedUntil, inSpending }: OpenedRecord): boolean {
  if (state === 'needs_login') return true;
  return state === 'fresh' && leasedUntil === null && !inSpending && (dueAt ?? 0) > clock.now();
}

/** What a caller gets: as the library itself does, a token that the platform refuses is reported, once. */
async function ask({ identity }: OpenedRecord): Promise<string> {
  if (identity.kind !== 'user') throw new Error('the record is nobody’s');
  const { subject } = identity;
  const attempt = async (rejected?: Secret): Promise<string> => {
    const { tokens } = await engine.live.get(provider, identity, rejected === undefined ? {} : { rejected });
    await engine.live.settled();
    const { accessToken } = tokens;
    const refusal = await wire.profile(provider, { accessToken, subject }).then(
      () => undefined,
      (error: unknown) => error as OAuthProviderError,
    );
    if (refusal === undefined) return 'a live token';
    if (rejected !== undefined || refusal.errorClass !== 'invalid_token') throw refusal;
    return attempt(accessToken);
  };
  return attempt().catch(
    (error: unknown) => (error as Partial<OAuthProviderError>).errorClass ?? String(error),
  );
}
