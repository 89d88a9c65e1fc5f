import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createPlatformEmulator, demoClients, type PlatformEmulator } from 'platform-emulator';
import { type Persona } from './task.js';

/** A platform with one client and one user, whose clock stands still until a process moves it. */
export interface Platform {
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly origin: string;
  /** A code, as the redirect would bring it. */
  code(): string;
  /** Calls for a renewal that came in, whatever was answered. */
  calls(): number;
  /** Renewals that were carried out, and refresh tokens that came back after they were spent. */
  counters(): { readonly refreshes: number; readonly reuse: number };
  /** Forgets everything that happened. */
  reset(): void;
  close(): Promise<void>;
}

/** The moment at which every run begins. */
const start = 1_790_000_000_000;

class Emulated implements Platform {
  private constructor(
    private readonly emulator: PlatformEmulator,
    private readonly provider: 'huawei' | 'wps',
    private readonly tokenPath: string,
  ) {}

  static async create(provider: 'huawei' | 'wps', tokenPath: string): Promise<Emulated> {
    const emulator = await createPlatformEmulator({ reuseDetection: true, clock: { now: () => start } });
    return new Emulated(emulator, provider, tokenPath);
  }

  get client(): Platform['client'] {
    return demoClients[this.provider];
  }

  get origin(): string {
    return this.emulator.origins[this.provider];
  }

  code(): string {
    return this.emulator.issueCode(this.provider);
  }

  calls(): number {
    const calls = this.emulator.log().filter(({ path }) => path === this.tokenPath);
    return calls.length - this.emulator.counters()[this.provider].exchanges;
  }

  counters(): { refreshes: number; reuse: number } {
    const { refreshes, reuse } = this.emulator.counters()[this.provider];
    return { refreshes, reuse };
  }

  reset(): void {
    this.emulator.reset();
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}

/**
 * Rotation with grace, which none of the emulated platforms has: the refresh token before goes on working until the
 * new one is first used. It speaks the dialect of WPS.
 */
class Graceful implements Platform {
  readonly client = { clientId: 'grace', clientSecret: 'demo-secret-of-grace' };
  private now = start;
  private count = { refreshes: 0, reuse: 0 };
  private refused = 0;
  private issued = 0;
  /** The refresh tokens that work, oldest first. */
  private readonly good: string[] = [];
  private readonly access = new Set<string>();

  private constructor(private readonly server: Server) {}

  static async create(): Promise<Graceful> {
    const server = createServer();
    const platform = new Graceful(server);
    server.on('request', (request: IncomingMessage, response) => {
      void platform.answer(request).then(({ status, body }) => {
        response.writeHead(status, {
          'Content-Type': 'application/json',
          Date: new Date(platform.now).toUTCString(),
        });
        response.end(JSON.stringify(body));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return platform;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  code(): string {
    return 'the-code';
  }

  calls(): number {
    return this.count.refreshes + this.refused;
  }

  counters(): { refreshes: number; reuse: number } {
    return { ...this.count };
  }

  reset(): void {
    this.now = start;
    this.count = { refreshes: 0, reuse: 0 };
    this.refused = 0;
    this.good.length = 0;
    this.access.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (request.url === '/__emulator/clock') {
      this.now += (JSON.parse(text) as { advanceSeconds: number }).advanceSeconds * 1000;
      return { status: 200, body: { now: new Date(this.now).toISOString() } };
    }
    const form = new URLSearchParams(text);
    if (request.url === '/v7/users/current') {
      const known = this.access.has(request.headers.authorization ?? '');
      return known
        ? { status: 200, body: { code: 0, data: { id: 'somebody', user_name: 'Somebody' } } }
        : { status: 401, body: { code: 401990012, msg: 'access_token is invalid' } };
    }
    if (form.get('grant_type') !== 'refresh_token') return this.grant();
    const at = this.good.indexOf(form.get('refresh_token') ?? '');
    if (at < 0) {
      this.refused += 1;
      return { status: 400, body: { code: 400990021, msg: 'refresh_token invalid or expired' } };
    }
    this.count.refreshes += 1;
    if (at < this.good.length - 1) this.count.reuse += 1;
    // Whoever uses a token has it, so those before it have done their duty.
    this.good.splice(0, at);
    return this.grant();
  }

  private grant(): { status: number; body: object } {
    this.issued += 1;
    const tokens = { access_token: `access-${this.issued}`, refresh_token: `refresh-${this.issued}` };
    this.access.add(`Bearer ${tokens.access_token}`);
    this.good.push(tokens.refresh_token);
    return {
      status: 200,
      body: { ...tokens, token_type: 'bearer', expires_in: 7200, refresh_expires_in: 2_592_000 },
    };
  }
}

/**
 * The three kinds there are: the refresh token is kept (Huawei); it rotates with grace; it rotates, and one that comes
 * back ends the whole grant (WPS, with the detection of reuse switched on).
 */
export const platforms: Readonly<Record<Persona, () => Promise<Platform>>> = {
  kept: () => Emulated.create('huawei', '/oauth2/v3/token'),
  grace: () => Graceful.create(),
  strict: () => Emulated.create('wps', '/oauth2/token'),
};
