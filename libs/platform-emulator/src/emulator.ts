import { Router } from 'express';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { ClientRegistry } from './core/clients.js';
import { EmulatorClock } from './core/clock.js';
import { CounterBook } from './core/counters.js';
import { FaultBook } from './core/faults.js';
import { Ids } from './core/ids.js';
import { Ledger } from './core/ledger.js';
import { checkLifetimes } from './core/lifetimes.js';
import { type CodeRequest, type Persona, type World } from './core/persona.js';
import { type ProviderName, providerNames } from './core/provider-name.js';
import { seededRandomness, systemRandomness } from './core/randomness.js';
import { RequestLog } from './core/request-log.js';
import { type PlatformEmulatorOptions } from './emulator.options.js';
import { assetRoutes } from './http/assets.js';
import { createListener } from './http/listener.js';
import { send, textReply } from './http/reply.js';
import { AnywebPersona } from './personas/anyweb/persona.js';
import { HuaweiPersona } from './personas/huawei/persona.js';
import { WpsPersona } from './personas/wps/persona.js';
import { YuanzhibangPersona } from './personas/yuanzhibang/persona.js';
import { sdkRoutes } from './sdk/routes.js';
import { type Controls } from './steering/controls.js';
import { createControls } from './steering/create-controls.js';
import { steeringRoutes } from './steering/routes.js';

const host = '127.0.0.1';

/** A running emulator. */
export interface PlatformEmulator extends Controls {
  /** The origin that serves every platform, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The origin of each platform: its own port where it has one, else `url`. */
  readonly origins: Readonly<Record<ProviderName, string>>;
  /** Ends every connection, finished or not, and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts the platforms on loopback.
 *
 * @example
 * const emulator = await createPlatformEmulator({ autoApprove: true });
 * const code = emulator.issueCode('anyweb', { generation: 'G3' });
 * await emulator.close();
 */
export async function createPlatformEmulator(
  options: PlatformEmulatorOptions = {},
): Promise<PlatformEmulator> {
  const clock = new EmulatorClock(options.clock);
  const faults = new FaultBook();
  const log = new RequestLog(clock);
  const counters = new CounterBook();
  const latencyMs = checkLatency(options.latencyMs ?? 0);
  const world: World = {
    clock,
    counters,
    ids: new Ids(options.randomness ?? (options.seed ? seededRandomness(options.seed) : systemRandomness)),
    clients: new ClientRegistry(options.clients),
    autoApprove: options.autoApprove ?? false,
    lifetimes: checkLifetimes(options.lifetimes ?? {}),
    reuseDetection: options.reuseDetection ?? false,
    quotas: options.quotas ?? true,
  };
  const personas = createPersonas(world);
  const grants = new Ledger<CodeRequest>(clock);
  const controls = createControls({ clock, counters, faults, log, personas, grants });
  const tools = Router({ caseSensitive: true, strict: true });
  tools.use(
    assetRoutes(),
    sdkRoutes({ ...world, personas, grants }),
    steeringRoutes(controls),
    (_request, response) => {
      send(response, textReply(404, '404 page not found'));
    },
  );

  const servers: Server[] = [];
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    await (closing ??= Promise.all(servers.map(stop)));
  };
  const open = async (port: number, served: readonly Persona[]): Promise<string> => {
    const site = { origin: '' };
    const listener = createListener({ site, personas: served, tools, clock, faults, log, latencyMs });
    const server = createServer(listener as RequestListener);
    server.listen(port, host);
    await once(server, 'listening');
    servers.push(server);
    site.origin = `http://${host}:${(server.address() as AddressInfo).port}`;
    return site.origin;
  };

  try {
    const url = await open(options.port ?? 0, Object.values(personas));
    const origins = { huawei: url, wps: url, anyweb: url, yuanzhibang: url };
    for (const provider of providerNames) {
      const port = options.ports?.[provider];
      if (port !== undefined) origins[provider] = await open(port, [personas[provider]]);
    }
    return { ...controls, url, origins, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function checkLatency(latencyMs: number): number {
  if (latencyMs >= 0 && latencyMs <= 600_000) return latencyMs;
  throw new TypeError('latencyMs: must be a number of milliseconds from 0 to 600000');
}

function createPersonas(world: World): Record<ProviderName, Persona> {
  return {
    huawei: new HuaweiPersona(world),
    wps: new WpsPersona(world),
    anyweb: new AnywebPersona(world),
    yuanzhibang: new YuanzhibangPersona(world),
  };
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
