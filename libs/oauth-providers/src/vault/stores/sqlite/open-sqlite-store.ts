import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OAuthConfigurationError } from '../../../core/errors.js';
import { type Clock } from '../../../core/ports.js';
import { type OpenStore, type StoreHealth } from '../../store-engine.port.js';
import { loadDriver } from './driver.js';
import { GuardedConnection } from './guard.js';
import { retryBusy } from './retry-busy.js';
import { migrate } from './schema.js';
import { SqliteBlobs } from './sqlite-blobs.js';
import { SqliteCoolDowns } from './sqlite-cool-downs.js';
import { SqliteMarks } from './sqlite-marks.js';
import { SqliteQuotas } from './sqlite-quotas.js';
import { SqliteTokens } from './sqlite-tokens.js';
import { WorkQueue } from './work-queue.js';

/** Short, because the driver waits with the event loop stopped; the patient waiting is done in retryBusy. */
const busyTimeoutMs = 100;
const inMemory = ':memory:';

/**
 * Opens the file, and makes it where there is none.
 * @throws OAuthConfigurationError when the driver is missing or the file is no use
 */
export async function openSqliteStore(file: string, clock: Clock): Promise<OpenStore> {
  const connection = await connect(file);
  try {
    await retryBusy(() => prepare(connection, file));
  } catch (error) {
    connection.close();
    throw asConfigurationError(file, error);
  }
  const queue = new WorkQueue(connection);
  return {
    tokens: new SqliteTokens(queue, clock),
    marks: new SqliteMarks(queue, clock),
    blobs: new SqliteBlobs(queue, clock),
    quotas: new SqliteQuotas(queue, clock),
    notBefore: new SqliteCoolDowns(queue, clock),
    health: () => healthOf(queue),
    async close() {
      await queue.close();
      connection.close();
    },
  };
}

async function healthOf(queue: WorkQueue): Promise<StoreHealth> {
  try {
    await queue.read((db) => db.get('SELECT 1'));
    return { up: true, risks: [] };
  } catch {
    return { up: false, risks: [] };
  }
}

async function connect(file: string): Promise<GuardedConnection> {
  const Driver = await loadDriver();
  try {
    if (file !== inMemory) await createPrivately(file);
    return new GuardedConnection(new Driver(file, { timeout: busyTimeoutMs }));
  } catch (error) {
    throw asConfigurationError(file, error);
  }
}

/**
 * SQLite gives the files beside it (`-wal`, `-shm`) the mode of the database file. A file that is there is never
 * opened here: closing it would drop the locks of every connection this process has to it, other processes would
 * take the log away from under them, and the file would be damaged. For the same reason nothing comes between
 * making and closing a new one.
 */
async function createPrivately(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await stat(file)).isDirectory()) {
      throw new OAuthConfigurationError(`store: ${file} is a directory: name a file in it.`);
    }
  }
  await chmod(file, 0o600);
}

function prepare(connection: GuardedConnection, file: string): void {
  connection.script('PRAGMA journal_mode = WAL');
  if (connection.get('PRAGMA journal_mode')?.['journal_mode'] !== 'wal' && file !== inMemory) {
    throw new OAuthConfigurationError(
      `store: ${file} lies on a file system on which SQLite has no write-ahead log: choose a local disk.`,
    );
  }
  // FULL: the platform's old refresh token counts as spent only once the new one is on the disk.
  connection.script('PRAGMA synchronous = FULL');
  migrate(connection, file);
}

function asConfigurationError(file: string, cause: unknown): OAuthConfigurationError {
  if (cause instanceof OAuthConfigurationError) return cause;
  const reason = cause instanceof Error ? cause.message : 'unknown reason';
  return new OAuthConfigurationError(`store: sqliteStore cannot open the file ${file}: ${reason}.`, {
    cause,
  });
}
