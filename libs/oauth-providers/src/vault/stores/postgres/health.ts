import { type StoreHealth } from '../../store-engine.port.js';
import { type Database, type Row } from './database.js';

const oldestVersion = 130_000;
const answerMs = 2_000;

const look = {
  name: 'health',
  text: `SELECT current_setting('synchronous_commit') AS commits, current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS pages, pg_is_in_recovery() AS standby,
    current_setting('server_version_num')::int AS version, current_setting('server_version') AS spoken`,
};

/** How the database is; never rejects, and gives up on it after two seconds. */
export async function healthOf(db: Database): Promise<StoreHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, answerMs, undefined);
  });
  try {
    const rows = await Promise.race([db.accept(() => db.read(look)), late]);
    return rows?.[0] === undefined ? { up: false, risks: [] } : { up: true, risks: risksOf(rows[0]) };
  } catch {
    return { up: false, risks: [] };
  } finally {
    clearTimeout(timer);
  }
}

/** What a crash could cost, a sentence each. */
function risksOf({ commits, fsync, pages, standby, version, spoken }: Row): string[] {
  const risks: string[] = [];
  if (commits === 'off') {
    risks.push(
      'synchronous_commit is off: a crash of PostgreSQL loses the last moments, and the refresh tokens that ' +
        'were rotated in them. Turn it on for this user or database.',
    );
  } else if (commits === 'local') {
    risks.push(
      'synchronous_commit is local: a failover can lose the last moments, and the refresh tokens that were ' +
        'rotated in them. Turn it on if the standby is synchronous.',
    );
  }
  if (fsync === 'off') {
    risks.push('fsync is off: a crash of the machine can lose or damage everything. Turn it on.');
  }
  if (pages === 'off') {
    risks.push('full_page_writes is off: a crash of the machine can damage what is stored. Turn it on.');
  }
  if (standby === true) {
    risks.push('The server is a standby and read-only: no token can be saved. Name the primary in the url.');
  }
  if ((version as number) < oldestVersion) {
    risks.push(`PostgreSQL ${String(spoken)} is not supported: use 13 or newer.`);
  }
  return risks;
}
