import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import {
  howToInstall,
  postgresAvailable,
  type PostgresOptions as ServerOptions,
  type PostgresServer,
  startPostgres,
} from '../../../../../../../tools/servers/postgres.mjs';
import { type OpenStore } from '../../../store-engine.port.js';
import { type StoreSubject } from '../../store-contract.js';
import { type PostgresStoreOptions } from '../options.js';
import { postgresStore } from '../postgres-store.js';

/** It has a clock of its own. */
export const noClock = { now: () => NaN };

/** Describes what needs a PostgreSQL; where there is none it is named as not run, with how to run it. */
export function describeWithPostgres(name: string, tests: () => void): void {
  if (postgresAvailable()) describe(name, tests);
  else describe(name, () => it.skip(howToInstall, () => undefined));
}

/** A server for all tests of a suite. */
export function serverForAll(options?: ServerOptions): () => PostgresServer {
  let server: PostgresServer | undefined;
  beforeAll(async () => (server = await startPostgres(options)));
  afterAll(() => server?.stop());
  return () => server ?? missing();
}

/** A schema of one's own: as good as a server of one's own, and quicker. */
export function aSchema(): string {
  return `s_${randomBytes(6).toString('hex')}`;
}

/** Sets the time of a store, which then stands still. */
export async function freeze(server: PostgresServer, schema: string, now: number): Promise<void> {
  await server.psql(
    `CREATE OR REPLACE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
      $$ SELECT ${now}::bigint $$`,
  );
}

/** A store whose time stands still until the test moves it. */
export async function makeFrozenSubject(
  server: PostgresServer,
  options: Partial<PostgresStoreOptions> = {},
): Promise<StoreSubject> {
  const schema = aSchema();
  const engine = postgresStore({ url: server.url, schema, ...options });
  const opened: OpenStore[] = [];
  let now = 1_700_000_000_000;
  const open = async (): Promise<OpenStore> => {
    const store = await engine.open(noClock);
    opened.push(store);
    return store;
  };
  await open();
  await freeze(server, schema, now);
  return {
    open,
    async advance(ms) {
      now += ms;
      await freeze(server, schema, now);
    },
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

function missing(): never {
  throw new Error('The server is not started yet.');
}
