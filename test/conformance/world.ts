import { anyweb, type ConfiguredProvider, huawei, wps, yuanzhibang } from 'nestjs-oauth-providers';
import {
  createPlatformEmulator,
  demoClients,
  type PlatformEmulator,
  type ProviderName,
} from 'platform-emulator';
import { AxiosHttp, hardenedHttpService } from '../../libs/oauth-providers/src/nest/axios-http.js';
import { systemRandomness } from '../../libs/oauth-providers/src/nest/system.js';
import {
  type HttpPort,
  type HttpReply,
  type HttpRequest,
} from '../../libs/oauth-providers/src/core/ports.js';
import { Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { IdTokenVerifier } from '../../libs/oauth-providers/src/wire/id-token.js';
import { JwksCache } from '../../libs/oauth-providers/src/wire/jwks.js';

/** A second client of every platform, whose codes are nobody else's. */
export const otherClients = {
  huawei: { clientId: '200000002', clientSecret: 'CANARY-other-huawei' },
  wps: { clientId: 'AK20240202OTHERB', clientSecret: 'CANARY-other-wps' },
  anyweb: { clientId: '0de30000-0000-4000-8000-000000000002', clientSecret: 'CANARY-other-anyweb' },
  yuanzhibang: { clientId: '200022', clientSecret: 'CANARY-other-yuanzhibang' },
} as const;

/** One clock for the library and the platforms; it stands still unless a row lets time pass. */
export class StandingClock {
  time = 0;

  now(): number {
    return this.time;
  }
}

/** Lets every call through and remembers the last one. */
export class Wiretap implements HttpPort {
  last: { readonly request: HttpRequest; readonly status: number } | undefined;

  constructor(private readonly http: HttpPort) {}

  async send(request: HttpRequest): Promise<HttpReply> {
    const reply = await this.http.send(request);
    this.last = { request, status: reply.status };
    return reply;
  }
}

/** The library's wire, over real HTTP, in front of the platforms. */
export class World {
  private readonly http = new AxiosHttp(hardenedHttpService());

  private constructor(
    readonly clock: StandingClock,
    readonly emulator: PlatformEmulator,
    readonly providers: Readonly<Record<ProviderName, ConfiguredProvider>>,
  ) {}

  static async start(): Promise<World> {
    const clock = new StandingClock();
    const emulator = await createPlatformEmulator({
      clock,
      clients: Object.fromEntries(Object.entries(otherClients).map(([name, client]) => [name, [client]])),
    });
    return new World(clock, emulator, configured(emulator.url));
  }

  /** A wire and a verifier that remember nothing of earlier rows. */
  fresh(): { readonly tap: Wiretap; readonly wire: Wire; readonly verifier: IdTokenVerifier } {
    const tap = new Wiretap(this.http);
    return {
      tap,
      wire: new Wire(tap, this.clock, systemRandomness),
      verifier: new IdTokenVerifier(new JwksCache(this.http, this.clock), this.clock),
    };
  }

  async close(): Promise<void> {
    this.http.close();
    await this.emulator.close();
  }
}

/** The four providers under the names of their own credentials, led to `baseUrl`. */
export function configured(baseUrl?: string): Readonly<Record<ProviderName, ConfiguredProvider>> {
  const place = baseUrl === undefined ? {} : { baseUrl };
  const app = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
    appId: clientId,
    secret: clientSecret,
  });
  return {
    wps: wps({ ...demoClients.wps, ...place }),
    huawei: huawei({ ...demoClients.huawei, ...place }),
    anyweb: anyweb({ ...app(demoClients.anyweb), ...place }),
    yuanzhibang: yuanzhibang({ ...app(demoClients.yuanzhibang), ...place }),
  };
}
