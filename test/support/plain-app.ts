import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  type LoggerService,
  Module,
  type NestInterceptor,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import { type Request } from 'express';
import { createServer } from 'node:net';
import {
  anyweb,
  huawei,
  memoryStore,
  type OAuthProvidersOptions,
  OAuthProvidersModule,
  wps,
  yuanzhibang,
} from 'nestjs-oauth-providers';
import { demoClients, type PlatformEmulator } from 'platform-emulator';
import { finalize, type Observable } from 'rxjs';

/** What the handlers and interceptors of the application saw. */
export interface Traces {
  finished: number;
  readonly logged: string[];
  readonly logins: { provider: string; subject: string; displayName: string | null }[];
}

/** An application with nothing but plain `AuthGuard`s and empty handlers: no session, no guard of ours. */
export interface PlainApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly traces: Traces;
}

/** The test's own encryption key; 32 bytes. */
export const testKeys = `t:${Buffer.alloc(32, 7).toString('base64')}`;

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** The four built-in providers, all led to an emulator. */
export function emulatedProviders(
  emulator: Pick<PlatformEmulator, 'url'>,
  timeoutMs = 30_000,
): OAuthProvidersOptions['providers'] {
  const baseUrl = emulator.url;
  const handoff = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
    appId: clientId,
    secret: clientSecret,
  });
  return [
    wps({ ...demoClients.wps, baseUrl, timeoutMs }),
    huawei({ ...demoClients.huawei, baseUrl, timeoutMs }),
    anyweb({ ...handoff(demoClients.anyweb), baseUrl, timeoutMs }),
    yuanzhibang({ ...handoff(demoClients.yuanzhibang), baseUrl, timeoutMs }),
  ];
}

@Controller('auth')
class PlainController {
  @Get('wps')
  @UseGuards(AuthGuard('wps'))
  startWps(): void {
    // Empty on purpose: the strategy has answered.
  }

  @Get('wps/callback')
  @UseGuards(AuthGuard('wps'))
  finishWps(@Req() request: Request): unknown {
    return request.user;
  }

  @Get('huawei')
  @UseGuards(AuthGuard('huawei'))
  startHuawei(): void {
    // Empty on purpose.
  }

  @Get('huawei/callback')
  @UseGuards(AuthGuard('huawei'))
  finishHuawei(@Req() request: Request): unknown {
    return request.user;
  }

  @Get('anyweb')
  @UseGuards(AuthGuard('anyweb'))
  startAnyweb(): void {
    // Empty on purpose.
  }

  @Post('anyweb/callback')
  @UseGuards(AuthGuard('anyweb'))
  finishAnyweb(@Req() request: Request): unknown {
    return request.user;
  }
}

/** Starts such an application on loopback. */
export async function startPlainApp(
  emulator: Pick<PlatformEmulator, 'url'>,
  overrides: Partial<OAuthProvidersOptions> = {},
): Promise<PlainApp> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const traces: Traces = { finished: 0, logged: [], logins: [] };

  @Injectable()
  class Counting implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(finalize(() => (traces.finished += 1)));
    }
  }

  @Module({
    imports: [
      ScheduleModule.forRoot(),
      OAuthProvidersModule.forRoot({
        publicUrl: url,
        encryptionKeys: testKeys,
        store: memoryStore(),
        providers: emulatedProviders(emulator),
        resolveUser: ({ provider, subject, profile: { displayName } }) => {
          traces.logins.push({ provider, subject, displayName });
          return { provider, subject, displayName };
        },
        ...overrides,
      }),
    ],
    controllers: [PlainController],
  })
  class PlainModule {}

  const app = await NestFactory.create<NestExpressApplication>(PlainModule, {
    logger: collectingLogger(traces.logged),
    abortOnError: false,
  });
  app.useGlobalInterceptors(new Counting());
  await app.listen(port, '127.0.0.1');
  return { app, url, traces };
}

/** Keeps warnings and errors; the rest is of no interest. */
export function collectingLogger(lines: string[]): LoggerService {
  const keep = (...parts: unknown[]): void => void lines.push(parts.map(String).join(' '));
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: keep,
    error: keep,
    fatal: keep,
  };
}
