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
import { loadDriver } from '../driver.js';
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

/** Schemas a test has done with: emptying one is quicker than making another. */
const emptied: string[] = [];
const tables = ['token', 'mark', 'blob', 'quota', 'sliding_quota', 'cool_down'];

/** A store whose time stands still until the test moves it. */
export async function makeFrozenSubject(
  server: PostgresServer,
  options: Partial<PostgresStoreOptions> = {},
): Promise<StoreSubject> {
  const schema = emptied.pop() ?? aSchema();
  const engine = postgresStore({ url: server.url, schema, ...options });
  const opened: OpenStore[] = [];
  const { Client } = await loadDriver();
  const clock = new Client(server.url);
  let now = 1_700_000_000_000;
  const open = async (): Promise<OpenStore> => {
    const store = await engine.open(noClock);
    opened.push(store);
    return store;
  };
  const freeze = () =>
    clock.query(
      `CREATE OR REPLACE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
        $$ SELECT ${now}::bigint $$`,
    );
  await Promise.all([open(), clock.connect()]);
  await freeze();
  return {
    open,
    async advance(ms) {
      now += ms;
      await freeze();
    },
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
      for (const table of tables) await clock.query(`DELETE FROM ${schema}.${table}`);
      await clock.end();
      emptied.push(schema);
    },
  };
}

function missing(): never {
  throw new Error('The server is not started yet.');
}
