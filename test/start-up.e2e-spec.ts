import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = process.cwd();

/** What a start can do without; decision 14 says when each is loaded. */
const lazy = [
  ...['zod', 'jose', 'cockatiel', '@nestjs/passport', '@nestjs/axios', 'axios', 'undici'],
  ...['ioredis', 'pg', 'libsql'],
];

/** Notes the address of whatever is imported; what is required is in the cache of CommonJS. A file, since a pipe can be full. */
const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  }`;
const preload = `
  import { appendFileSync } from 'node:fs';
  import { createRequire, register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
  process.on('exit', () => {
    appendFileSync(process.env.LOADED, Object.keys(createRequire('/').cache).join('\\n'));
  });`;

/** The packages that a program of its own process loads, and the modules of the library, by their paths. */
async function loadedBy(program: string): Promise<{ packages: Set<string>; own: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'start-up-'));
  const LOADED = join(folder, 'loaded');
  try {
    await run(
      process.execPath,
      [
        ...['--import', `data:text/javascript,${encodeURIComponent(preload)}`],
        ...['--input-type=module', '--eval', program],
      ],
      // Less than Jest waits, so that one which never loads what is waited for ends, and its folder goes.
      { cwd: join(root, 'test'), env: { ...process.env, NODE_ENV: 'production', LOADED }, timeout: 40_000 },
    );
    const files = (await readFile(LOADED, 'utf8')).split('\n');
    const packages = files.flatMap((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    const own = files.flatMap((file) => /\/oauth-providers\/dist\/(.+)$/.exec(file)?.[1] ?? []);
    return { packages: new Set(packages), own };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const imports = `import 'reflect-metadata';
  import * as library from 'nestjs-oauth-providers';`;

/** An application with providers of every kind whose contract is the library's; it listens, and ends. */
const start = (store: string, extra = ''): string => `${imports}
  import { Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { ScheduleModule } from '@nestjs/schedule';
  const { huawei, wps, anyweb, yuanzhibang, oauth2, oidc, memoryStore, sqliteStore } = library;
  const client = { clientId: 'id', clientSecret: 'secret' };
  const module = library.OAuthProvidersModule.forRoot({
    publicUrl: 'http://127.0.0.1:3000',
    encryptionKeys: 'k1:' + Buffer.alloc(32, 1).toString('base64'),
    store: ${store},
    routes: true,
    providers: [
      huawei({ ...client, scope: ['openid'] }),
      wps({ ...client, timeoutMs: 5000 }),
      anyweb({ appId: 'a', secret: 's' }),
      yuanzhibang({ appId: 'a', secret: 's', baseUrl: 'http://127.0.0.1:4000' }),
      oidc({ issuer: 'https://sso.example.com', ...client }),
      oauth2({
        name: 'forge',
        title: { en: 'Forge', zh: 'Forge' },
        authorizationUrl: 'https://forge.example/authorize',
        tokenUrl: 'https://forge.example/token',
        ...client,
        profile: { url: 'https://forge.example/user', subject: 'id' },
      }),
    ],
    resolveUser: ({ subject }) => subject,
  });
  class AppModule {}
  Module({ imports: [ScheduleModule.forRoot(), module] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  ${extra}
  process.exit();`;

const among = (packages: ReadonlySet<string>): string[] => lazy.filter((name) => packages.has(name));

describe('what is loaded', () => {
  it('by the import of the package', async () => {
    const { packages, own } = await loadedBy(imports);
    expect(packages).toContain('passport-oauth2');
    expect(among(packages)).toEqual([]);
    expect(own.filter((file) => /^vault\/stores\/(?!(memory|sqlite)\/\1-store\.js)/.test(file))).toEqual([]);
    // A bound, so that a start does not grow unseen: each file costs it a third of a millisecond.
    expect(own.length).toBeLessThanOrEqual(130);
  });

  it('by a start with the memory store', async () => {
    const { packages, own } = await loadedBy(start('memoryStore()'));
    expect(among(packages)).toEqual([]);
    expect(own.filter((file) => file.includes('sqlite/'))).toEqual(['vault/stores/sqlite/sqlite-store.js']);
  });

  it('by a start with the SQLite store', async () => {
    const { packages } = await loadedBy(start("sqliteStore({ file: ':memory:' })"));
    expect(among(packages)).toEqual(['libsql']);
  });

  it('a second after the start: what the first login needs', async () => {
    const { packages } = await loadedBy(
      start(
        'memoryStore()',
        `const { cache } = (await import('node:module')).createRequire('/');
        // These two come last, and nothing tells when.
        const last = [/\\/zod\\//, /\\/undici\\//];
        while (!last.every((name) => Object.keys(cache).some((file) => name.test(file)))) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }`,
      ),
    );
    expect(among(packages)).toEqual(['zod', 'jose', 'cockatiel', '@nestjs/passport', 'undici']);
  });

  it('by a contract of somebody else: the validator', async () => {
    const refused = `${imports}
      try { library.defineProvider({ name: 'No Name' }); } catch (error) { process.stdout.write(error.message); }`;
    const { packages } = await loadedBy(refused);
    expect(among(packages)).toEqual(['zod']);
  });
});
