import { Controller, Get, type INestApplication, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { ScheduleModule } from '@nestjs/schedule';
import { type Request } from 'express';
import session from 'express-session';
import { memoryStore, type OAuthProvidersOptions, OAuthProvidersModule } from 'nestjs-oauth-providers';
import passport from 'passport';
import { collectingLogger, freePort, testKeys } from './plain-app.js';

/** Who is signed in, as the test's application remembers it. */
export interface TestUser {
  readonly provider: string;
  readonly subject: string;
  readonly displayName: string | null;
  readonly scope: readonly string[];
}

/** An application with the ready-made routes and sessions in memory. */
export interface RoutedApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly logged: string[];
}

@Controller()
class MeController {
  @Get('me')
  me(@Req() request: Request): unknown {
    return request.user ?? {};
  }
}

/** Starts it on loopback. `providers` may need to know its URL. */
export async function startRoutedApp(
  providers: (url: string) => OAuthProvidersOptions['providers'],
  overrides: Partial<OAuthProvidersOptions> = {},
): Promise<RoutedApp> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logged: string[] = [];

  @Module({
    imports: [
      ScheduleModule.forRoot(),
      OAuthProvidersModule.forRoot({
        publicUrl: url,
        encryptionKeys: testKeys,
        store: memoryStore(),
        providers: providers(url),
        routes: true,
        resolveUser: ({ provider, subject, scope, profile: { displayName } }): TestUser => ({
          provider,
          subject,
          scope,
          displayName,
        }),
        ...overrides,
      }),
    ],
    controllers: [MeController],
  })
  class RoutedModule {}

  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  const app = await NestFactory.create<NestExpressApplication>(RoutedModule, {
    logger: collectingLogger(logged),
    abortOnError: false,
  });
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  await app.listen(port, '127.0.0.1');
  return { app, url, logged };
}
