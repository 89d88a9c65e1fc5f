import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OAuthConfigurationError } from '../../../core/errors.js';
import { loadDriver } from './driver.js';
import { type PostgresStoreOptions } from './options.js';
import { postgresStore } from './postgres-store.js';
import { aSchema, describeWithPostgres, noClock, serverForAll } from './subject/store-contract.js';

const password = 'CANARY p@ss/wörd%';

/** What opening says, all of it; fails when it opens. */
async function refusal(options: PostgresStoreOptions): Promise<string> {
  const error: unknown = await Promise.resolve()
    .then(() => postgresStore(options).open(noClock))
    .then(
      async (store) => {
        await store.close();
        return new Error('it opened');
      },
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(OAuthConfigurationError);
  return String(error);
}

async function opens(options: PostgresStoreOptions): Promise<boolean> {
  const store = await postgresStore({ schema: aSchema(), ...options }).open(noClock);
  const { up } = await store.health();
  await store.close();
  return up;
}

describe('options of postgresStore', () => {
  it.each([
    ['nonsense', /cannot be read/],
    ['mysql://u:CANARY@h/d', /must start with postgres:\/\//],
    ['postgres://u:CANARY@h:1', /names no database/],
    ['postgres://u:CANARY%zz@h:1/d', /followed by no two hex digits/],
    ['postgres://u:CANARY@h:1/d?sslmode=perhaps', /unknown sslmode/],
  ])('refuses a bad url without repeating it: %#', async (url, reason) => {
    const said = await refusal({ url });
    expect(said).toMatch(reason);
    expect(said).not.toContain('CANARY');
  });

  it.each([
    { schema: 'A' },
    { schema: 'a;b' },
    { schema: 'pg_x' },
    { schema: 'x'.repeat(49) },
    { poolSize: 0 },
  ])('refuses %j', async (more) => {
    expect(await refusal({ url: 'postgres://h/d', ...more })).toMatch(
      /store: (schema|poolSize) of postgresStore/,
    );
  });

  it('names the package that is missing', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    await expect(loadDriver(load)).rejects.toThrow(/needs the package "pg".*npm install pg/);
  });

  it('gives up on an address where nobody is', async () => {
    expect(await refusal({ url: 'postgres://u:CANARY@127.0.0.1:1/d' })).toMatch(
      /at 127\.0\.0\.1:1: nobody listens there \(ECONNREFUSED\)/,
    );
  });
});

describeWithPostgres('opening postgresStore', () => {
  let folder: string;
  let cert: string;
  let key: string;
  const tls = {
    get cert() {
      return cert;
    },
    get key() {
      return key;
    },
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', cert, '-days', '2', '-nodes'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', ...files, ...subject],
      {
        stdio: 'ignore',
      },
    );
  });
  afterAll(() => rm(folder, { recursive: true }));
  const server = serverForAll({ password, tls, settings: { fsync: 'off' } });

  const withParameter = (parameter: string) => `${server().url}?${parameter}`;

  it('takes passwords of all characters', async () => {
    expect(await opens({ url: server().url })).toBe(true);
    expect(await opens({ url: server().url.replace('postgres:', 'postgresql:'), prepare: false })).toBe(true);
  });

  it('encrypts, and verifies who answers unless told not to', async () => {
    const ca = await readFile(cert, 'utf8');
    const encrypted = async (options: PostgresStoreOptions): Promise<string> => {
      const store = await postgresStore({ schema: aSchema(), ...options }).open(noClock);
      await store.tokens.now();
      const answer = await server()
        .psql(`SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'nestjs-oauth-providers'`);
      await store.close();
      return answer;
    };
    expect(await encrypted({ url: withParameter('sslmode=no-verify') })).toBe('t');
    expect(await encrypted({ url: withParameter(`sslmode=verify-full&sslrootcert=${cert}`) })).toBe('t');
    expect(await encrypted({ url: withParameter(`sslmode=require&sslrootcert=${cert}`) })).toBe('t');
    expect(await encrypted({ url: withParameter('sslmode=disable') })).toBe('f');
    expect(await encrypted({ url: withParameter('sslmode=disable'), ssl: { ca } })).toBe('t');
    for (const mode of ['require', 'verify-full']) {
      const said = await refusal({ url: withParameter(`sslmode=${mode}`) });
      expect(said).toMatch(/self-signed certificate \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
    }
  });

  it('says what is wrong, without the password', async () => {
    const wrong = server().url.replace('postgres:CANARY', 'postgres:OTHER');
    const said = [await refusal({ url: wrong }), await refusal({ url: server().urlOf('nowhere') })];
    expect(said[0]).toMatch(/refuses the user or the password \(28P01\)/);
    expect(said[1]).toMatch(/no such database \(3D000\)/);
    expect(said.join()).not.toMatch(/CANARY|OTHER/);
  });

  it('says what an administrator must do who gives few rights, and then opens with them', async () => {
    const schema = aSchema();
    await server().psql(`CREATE ROLE low LOGIN PASSWORD 'low'`);
    const url = `postgres://low:low@127.0.0.1:${server().port}/postgres`;
    expect(await refusal({ url, schema })).toMatch(
      new RegExp(`may not create or use the schema "${schema}" \\(42501\\).*CREATE SCHEMA ${schema}`),
    );
    await server().psql(`CREATE SCHEMA ${schema} AUTHORIZATION low`);
    expect(await opens({ url, schema })).toBe(true);
  });

  it('makes the tables once when eight open at once', async () => {
    const schema = aSchema();
    const stores = await Promise.all(
      Array.from({ length: 8 }, () =>
        postgresStore({ url: server().url, schema, poolSize: 2 }).open(noClock),
      ),
    );
    const mark = randomBytes(32);
    const spent = await Promise.all(stores.map((store) => store.marks.spendOnce(mark, 1_000)));
    expect(spent.filter(Boolean)).toHaveLength(1);
    expect(await server().psql(`SELECT count(*) FROM ${schema}.version`)).toBe('1');
    await Promise.all(stores.map((store) => store.close()));
  });

  it('does without settings of its own where a pooler lets nobody in who brings them', async () => {
    const refused = Buffer.from('E....SFATAL\0C08P01\0Munsupported startup parameter: options\0\0');
    refused.writeInt32BE(refused.length - 1, 1);
    let refusals = 0;
    const pooler = createServer((near) => {
      near.on('error', () => undefined);
      near.once('data', (hello: Buffer) => {
        if (hello.includes('\0options\0')) {
          refusals += 1;
          near.end(refused);
          return;
        }
        const far = connect(server().port, '127.0.0.1');
        far.on('error', () => undefined);
        far.write(hello);
        near.pipe(far).pipe(near);
      });
    });
    await once(pooler.listen(0, '127.0.0.1'), 'listening');
    const { port } = pooler.address() as AddressInfo;
    expect(await opens({ url: server().url.replace(`:${server().port}/`, `:${port}/`) })).toBe(true);
    expect(refusals).toBe(1);
    pooler.close();
    await once(pooler, 'close');
  });

  it('refuses a schema of a newer version', async () => {
    const schema = aSchema();
    expect(await opens({ url: server().url, schema })).toBe(true);
    await server().psql(`UPDATE ${schema}.version SET version = 99`);
    expect(await refusal({ url: server().url, schema })).toMatch(
      /newer version of this library \(version 99/,
    );
  });
});
