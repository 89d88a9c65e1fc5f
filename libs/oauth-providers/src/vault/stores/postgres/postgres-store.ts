import { type OpenStore, type StoreEngine } from '../../store-engine.port.js';
import { connecting, connectingAlone, connectTimeoutMs } from './connecting.js';
import { Database } from './database.js';
import { type Driver, loadDriver } from './driver.js';
import { codeOf } from './failures.js';
import { healthOf } from './health.js';
import { Listener } from './listener.js';
import { migrate } from './migrate.js';
import { openFailure } from './open-failure.js';
import { checkOptions, type PostgresSettings, type PostgresStoreOptions } from './options.js';
import { PostgresBlobs } from './postgres-blobs.js';
import { PostgresCoolDowns } from './postgres-cool-downs.js';
import { PostgresMarks } from './postgres-marks.js';
import { PostgresQuotas } from './postgres-quotas.js';
import { PostgresTokens } from './postgres-tokens.js';
import { tokenSql } from './token-sql.js';
import { PostgresWakeUps } from './wake-ups.js';

/** An upgrade may wait for that of another process. */
const upgradeTimeoutMs = 60_000;

/**
 * A store in PostgreSQL 13 or newer, for any number of processes on any number of machines. Times are the
 * server's. Every operation is one statement that commits by itself: nothing is locked from one round trip to the
 * next, and a few connections serve many renewals. What it has acknowledged survives a crash of the server, unless
 * `health()` names a risk. Needs the package `pg`.
 *
 * @throws OAuthConfigurationError when an option is wrong
 */
export function postgresStore(options: PostgresStoreOptions): StoreEngine {
  const settings = checkOptions(options);
  return { kind: 'postgres', embedded: false, open: () => openPostgresStore(settings) };
}

async function openPostgresStore(settings: PostgresSettings): Promise<OpenStore> {
  const driver = await loadDriver();
  try {
    await upgrade(driver, settings);
    return assemble(driver, settings, await refusesOptions(driver, settings));
  } catch (error) {
    throw openFailure(error, settings);
  }
}

async function upgrade(driver: Driver, settings: PostgresSettings): Promise<void> {
  const client = new driver.Client(connectingAlone(settings, upgradeTimeoutMs));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await migrate(client, settings.schema);
  } finally {
    await client.end();
  }
}

/** Whether something in between, a pooler, lets nobody in who sets the planner and the time limit. */
async function refusesOptions(driver: Driver, settings: PostgresSettings): Promise<boolean> {
  const client = new driver.Client(connecting(settings, false));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return false;
  } catch (error) {
    if (codeOf(error) === '08P01') return true;
    throw error;
  } finally {
    await client.end();
  }
}

function assemble(driver: Driver, settings: PostgresSettings, plain: boolean): OpenStore {
  const { schema, prepare } = settings;
  const db = new Database(new driver.Pool(connecting(settings, plain)), prepare);
  const channel = `${schema}_changed`;
  const listening = () => new driver.Client(connectingAlone(settings, connectTimeoutMs));
  const wakeUps = new PostgresWakeUps(
    db,
    tokenSql(schema).announce,
    channel,
    (heard, resumed) => new Listener(listening, channel, heard, resumed),
  );
  return {
    tokens: new PostgresTokens(db, schema, wakeUps.tell),
    marks: new PostgresMarks(db, schema),
    blobs: new PostgresBlobs(db, schema),
    quotas: new PostgresQuotas(db, schema),
    notBefore: new PostgresCoolDowns(db, schema),
    wakeUps,
    health: () => healthOf(db),
    async close() {
      const closed = db.close();
      await wakeUps.close();
      await closed;
    },
  };
}
