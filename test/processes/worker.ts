import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { type Clock, type Randomness } from '../../libs/oauth-providers/src/core/ports.js';
import type * as SecretModule from '../../libs/oauth-providers/src/core/secret.js';
import type * as AxiosHttpModule from '../../libs/oauth-providers/src/nest/axios-http.js';
import type * as BreakerModule from '../../libs/oauth-providers/src/nest/breaker.js';
import type * as SystemModule from '../../libs/oauth-providers/src/nest/system.js';
import type * as AnywebModule from '../../libs/oauth-providers/src/providers/anyweb.js';
import type * as HuaweiModule from '../../libs/oauth-providers/src/providers/huawei.js';
import type * as WpsModule from '../../libs/oauth-providers/src/providers/wps.js';
import type * as YuanzhibangModule from '../../libs/oauth-providers/src/providers/yuanzhibang.js';
import type * as EngineModule from '../../libs/oauth-providers/src/refresh/engine.js';
import type * as QuotaModule from '../../libs/oauth-providers/src/refresh/quota-ledger.js';
import type * as SettingsModule from '../../libs/oauth-providers/src/refresh/settings.js';
import type * as CacheModule from '../../libs/oauth-providers/src/refresh/token-cache.js';
import {
  type OpenStore,
  type RecordIdentity,
  type StoreEngine,
} from '../../libs/oauth-providers/src/vault/index.js';
import type * as VaultModule from '../../libs/oauth-providers/src/vault/index.js';
import type * as PostgresModule from '../../libs/oauth-providers/src/vault/stores/postgres/index.js';
import type * as RedisModule from '../../libs/oauth-providers/src/vault/stores/redis/index.js';
import type * as WindowsModule from '../../libs/oauth-providers/src/refresh/windows.js';
import type * as WireModule from '../../libs/oauth-providers/src/wire/wire.js';
import type * as ShiftsModule from './shifts.js';
import {
  type Halt,
  type Look,
  type Orders,
  type Seeding,
  type Served,
  type Shift,
  type Shifted,
  type Task,
} from './task.js';

/*
 * One process of a fleet, told over IPC what to do. It is made of the built library (`npm run build`), as a deployment
 * runs it, with the clock and the timers of the machine. What no deployment has are its failpoints, at which it kills or
 * stops itself. See `fleet.ts` for how it is started: of other files here it can take nothing but types.
 */

const built = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join('libs/oauth-providers/dist', `${path}.js`)).href);
const { Secret } = (await built('core/secret')) as typeof SecretModule;
const { KeyRing, Vault } = (await built('vault/index')) as typeof VaultModule;
const { AxiosHttp, hardenedHttpService } = (await built('nest/axios-http')) as typeof AxiosHttpModule;
const { cockatielBreakers } = (await built('nest/breaker')) as typeof BreakerModule;
const { systemClock, systemTimers } = (await built('nest/system')) as typeof SystemModule;
const { RenewalEngine } = (await built('refresh/engine')) as typeof EngineModule;
const { defaultQuotaSettings } = (await built('refresh/quota-ledger')) as typeof QuotaModule;
const { defaultSettings } = (await built('refresh/settings')) as typeof SettingsModule;
const { defaultCache } = (await built('refresh/token-cache')) as typeof CacheModule;
const { renewsAt } = (await built('refresh/windows')) as typeof WindowsModule;
const { Wire } = (await built('wire/wire')) as typeof WireModule;

const task = JSON.parse(process.env['TASK'] ?? '') as Task;
const randomness: Randomness = { bytes: (size) => randomBytes(size) };
let skewMs = task.skewMs ?? 0;
const clock: Clock = { now: () => systemClock.now() + skewMs };
let halt: Halt | undefined;
let cut: string | undefined;
let shift: { end(): Promise<Shifted> } | undefined;

const provider = await providerOf(task);
const http = new AxiosHttp(hardenedHttpService());
const vault = await Vault.open({
  engine: cutting(await storeOf(task)),
  keys: KeyRing.parse({ encryptionKeys: `f:${Buffer.alloc(32, 9).toString('base64')}` }),
  clock,
  timers: systemTimers,
  randomness,
});
const settings = { ...defaultSettings, ...task.settings };
const wire = new Wire(http, vault.clock, randomness);
const engine = new RenewalEngine({
  vault,
  wire,
  clock: vault.clock,
  timers: systemTimers,
  randomness,
  breakers: cockatielBreakers,
  settings,
  cache: { ...defaultCache, ...(task.uncached === true ? { entries: 0 } : {}) },
  quota: defaultQuotaSettings,
  notify: () => undefined,
  providers: () => Promise.resolve([provider]),
  failpoint: (name) => {
    if (name !== halt?.at) return;
    const { signal } = halt;
    halt = undefined;
    process.kill(process.pid, signal);
  },
});

const { begin, seed } = (await import(process.env['SHIFTS'] ?? '')) as typeof ShiftsModule;
const crew = { engine, wire, vault, provider, settings, randomness, clock: systemClock, renewsAt, Secret };

const { name, clientId } = provider;
const user = (subject: string): RecordIdentity => ({ kind: 'user', provider: name, clientId, subject });

const orders: { [Name in keyof Orders]: (order: never) => Promise<ReturnType<Orders[Name]>> } = {
  ask: ({ subject, callers, rejected }: Parameters<Orders['ask']>[0]) =>
    serve(user(subject), callers, rejected),
  askApp: ({ callers, rejected }: Parameters<Orders['askApp']>[0]) =>
    serve({ kind: 'app', provider: name, clientId }, callers, rejected),
  askTicket: ({ type, callers }: Parameters<Orders['askTicket']>[0]) =>
    serve({ kind: 'ticket', type, provider: name, clientId }, callers),
  draw: ({ operation }: Parameters<Orders['draw']>[0]) =>
    engine.quotas.draw(provider, operation, 'login').then(
      () => null,
      (error: unknown) => classOf(error),
    ),
  sweep: () => engine.sweeper.refreshDue(),
  seed: (order: Seeding) => seed(crew, order),
  work: (order: Shift) => {
    shift = begin(crew, order);
    return Promise.resolve(null);
  },
  rest: () => shift?.end() ?? Promise.reject(new Error('it does not work')),
  setClock: (order: Parameters<Orders['setClock']>[0]) => {
    skewMs = order.skewMs;
    return Promise.resolve(null);
  },
  backlog: async () => {
    const [{ due, lagMs } = { due: 0, lagMs: 0 }] = await engine.sweeper.backlog();
    return { due, lagMs };
  },
  look: ({ subject }: Parameters<Orders['look']>[0]) => look(subject),
  halt: (order: Halt) => {
    halt = order;
    return Promise.resolve(null);
  },
  cut: ({ method }: Parameters<Orders['cut']>[0]) => {
    cut = method;
    return Promise.resolve(null);
  },
  held: () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return Promise.resolve(heapUsed + external);
  },
  stats: () => {
    const { user: inUser, system } = process.cpuUsage();
    return Promise.resolve({
      unsaved: engine.unsaved.size,
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (inUser + system) / 1000,
      storeTime: vault.clock.now(),
    });
  },
};

const acknowledged = new Map<number, () => void>();
process.on('message', (message: { id: number; name?: keyof Orders; order?: never }) => {
  if (message.name === undefined) {
    acknowledged.get(message.id)?.();
    return;
  }
  orders[message.name](message.order as never).then(
    (result) => process.send?.({ id: message.id, result }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });

async function storeOf({ store }: Task): Promise<StoreEngine> {
  if (store.kind === 'redis') {
    const { redisStore } = (await built('vault/stores/redis/index')) as typeof RedisModule;
    return redisStore({ url: store.url, ...(store.space === undefined ? {} : { prefix: store.space }) });
  }
  const { postgresStore } = (await built('vault/stores/postgres/index')) as typeof PostgresModule;
  return postgresStore({
    url: store.url,
    ...(store.space === undefined ? {} : { schema: store.space }),
    ...(store.poolSize === undefined ? {} : { poolSize: store.poolSize }),
  });
}

async function providerOf({ origin, timeoutMs, ...of }: Task): Promise<ConfiguredProvider> {
  const options = { baseUrl: origin, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const client = { clientId: of.clientId, clientSecret: of.clientSecret };
  const app = { appId: of.clientId, secret: of.clientSecret };
  switch (of.provider) {
    case 'huawei':
      return ((await built('providers/huawei')) as typeof HuaweiModule).huawei({ ...client, ...options });
    case 'wps':
      return ((await built('providers/wps')) as typeof WpsModule).wps({ ...client, ...options });
    case 'anyweb':
      return ((await built('providers/anyweb')) as typeof AnywebModule).anyweb({ ...app, ...options });
    case 'yuanzhibang':
      return ((await built('providers/yuanzhibang')) as typeof YuanzhibangModule).yuanzhibang({
        ...app,
        ...options,
        signOrigins: ['https://app.example.com'],
      });
  }
}

/** A store that has its line cut by the test before the method that it was told is asked. */
function cutting(inner: StoreEngine): StoreEngine {
  const wrapped = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get: (target, method) => {
        const call = Reflect.get(target, method) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          if (cut === method) {
            cut = undefined;
            const id = randomBytes(4).readUInt32BE();
            const ready = new Promise<void>((resolve) => acknowledged.set(id, resolve));
            process.send?.({ cut: method, id });
            await ready;
          }
          return call.apply(target, args);
        };
      },
    });
  return {
    ...inner,
    async open(of: Clock): Promise<OpenStore> {
      const store = await inner.open(of);
      const { tokens, quotas, blobs, marks, notBefore, wakeUps } = store;
      return {
        tokens: wrapped(tokens),
        quotas: wrapped(quotas),
        blobs: wrapped(blobs),
        ...{ marks, notBefore, ...(wakeUps === undefined ? {} : { wakeUps }) },
        health: () => store.health(),
        close: () => store.close(),
      };
    },
  };
}

async function serve(identity: RecordIdentity, callers: number, rejected?: string): Promise<Served> {
  const request = rejected === undefined ? {} : { rejected: new Secret(rejected) };
  const began = performance.now();
  const outcomes = await Promise.allSettled(
    Array.from({ length: callers }, () => engine.live.get(provider, identity, request)),
  );
  const ms = performance.now() - began;
  const tokens = new Set<string>();
  const errors = new Set<string>();
  let failed = 0;
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') tokens.add(outcome.value.tokens.accessToken.reveal());
    else {
      failed += 1;
      errors.add(classOf(outcome.reason));
    }
  }
  return { tokens: [...tokens], failed, errors: [...errors], ms };
}

async function look(subject: string): Promise<Look | null> {
  const record = await vault.load(user(subject));
  if (record === undefined) return null;
  const { state, cause, inSpending, leasedUntil, tokens, dueAt } = record;
  return {
    ...{ state, inSpending, dueAt },
    cause: cause?.reason ?? null,
    leased: leasedUntil !== null && leasedUntil > vault.clock.now(),
    accessToken: tokens.accessToken.reveal(),
    expiresAt: tokens.expiresAt,
  };
}

function classOf(error: unknown): string {
  const { errorClass, name: kind, message } = error as Error & { errorClass?: string };
  return errorClass ?? `${kind}: ${message}`;
}
