// Starts one application, says how long that took since the process began, and ends.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { method, type } from '../lib/nest.mjs';

const kind = process.argv[2];
const names = Array.from({ length: 12 }, (_, number) => `platform-${number}`);
const client = { clientId: 'bench-client', clientSecret: 'bench-secret' };

class HomeController {
  home() {
    return 'hello';
  }
}
type(HomeController, [Controller()]);
method(HomeController, 'home', [Get()]);

const parts = {
  bare: () => ({}),
  async passport() {
    const [{ PassportModule, PassportStrategy }, { default: Strategy }] = await Promise.all([
      import('@nestjs/passport'),
      import('passport-oauth2'),
    ]);
    const providers = names.map(
      (name) =>
        class extends PassportStrategy(Strategy, name) {
          constructor() {
            super({
              authorizationURL: `https://${name}.example.com/authorize`,
              tokenURL: `https://${name}.example.com/token`,
              callbackURL: `http://127.0.0.1:3000/auth/${name}/callback`,
              ...{ clientID: client.clientId, clientSecret: client.clientSecret, state: true, pkce: true },
            });
          }

          validate() {
            return {};
          }
        },
    );
    return { imports: [PassportModule], providers };
  },
  ours: ({ memoryStore }) => ours(memoryStore()),
  'ours-sqlite': ({ sqliteStore }) => ours(sqliteStore({ file: join(process.env.BENCH_FOLDER, 'start.db') })),
};

async function ours(store) {
  const [{ ScheduleModule }, { oauth2, OAuthProvidersModule }, { encryptionKeys }] = await Promise.all([
    import('@nestjs/schedule'),
    import('nestjs-oauth-providers'),
    import('../lib/keys.mjs'),
  ]);
  const module = OAuthProvidersModule.forRoot({
    publicUrl: 'http://127.0.0.1:3000',
    encryptionKeys,
    store,
    routes: true,
    providers: names.map((name) =>
      oauth2({
        name,
        authorizationUrl: `https://${name}.example.com/authorize`,
        tokenUrl: `https://${name}.example.com/token`,
        ...client,
        profile: { url: `https://${name}.example.com/userinfo`, subject: 'id' },
      }),
    ),
    resolveUser: ({ subject }) => subject,
  });
  return { imports: [ScheduleModule.forRoot(), module] };
}

const product = kind.startsWith('ours') ? await import('nestjs-oauth-providers') : undefined;
const { imports = [], providers = [] } = await parts[kind](product);

class AppModule {}
type(AppModule, [Module({ imports, providers, controllers: [HomeController] })]);
const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');
const ms = performance.now();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ms, cpuUs: user + system }));
await app.close();
process.exit();
