import { OAuthConfigurationError } from '../../../core/errors.js';
import { type GuardedConnection } from './guard.js';

/**
 * Each entry takes the file from one version to the next; entries are only ever added. Everything but states,
 * counts and times is a hash, a random id or sealed. A token row without `sealed` is a tombstone.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE token (
    key BLOB PRIMARY KEY NOT NULL,
    owner BLOB,
    generation BLOB,
    state TEXT NOT NULL,
    renews_at INTEGER,
    failures INTEGER NOT NULL,
    gone_until INTEGER,
    writes BLOB NOT NULL,
    sealed BLOB
  ) STRICT;
  CREATE INDEX token_by_owner ON token (owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX token_by_gone_until ON token (gone_until) WHERE gone_until IS NOT NULL;

  CREATE TABLE mark (
    id BLOB PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mark_by_expires_at ON mark (expires_at);

  CREATE TABLE blob (
    namespace TEXT NOT NULL,
    key BLOB NOT NULL,
    expires_at INTEGER,
    value BLOB NOT NULL,
    PRIMARY KEY (namespace, key)
  ) STRICT;
  CREATE INDEX blob_by_expires_at ON blob (expires_at) WHERE expires_at IS NOT NULL;
  `,
  // The table is made anew because a column behind the sealed bytes would be slow to reach. A record's lane is
  // known only to who can open it, so it stays empty until the next save; until then nothing is due.
  `
  CREATE TABLE token_with_lease (
    key BLOB PRIMARY KEY NOT NULL,
    owner BLOB,
    lane BLOB,
    generation BLOB,
    state TEXT NOT NULL,
    due_at INTEGER,
    failures INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    refused_since INTEGER,
    lease_owner BLOB,
    lease_until INTEGER,
    spending BLOB,
    cause TEXT,
    gone_until INTEGER,
    writes BLOB NOT NULL,
    sealed BLOB
  ) STRICT;
  INSERT INTO token_with_lease
      (key, owner, lane, generation, state, due_at, failures, refusals, gone_until, writes, sealed)
    SELECT key, owner, iif(sealed IS NULL, NULL, x''), generation, state, renews_at, failures, 0, gone_until,
      writes, sealed FROM token;
  DROP TABLE token;
  ALTER TABLE token_with_lease RENAME TO token;
  CREATE INDEX token_by_owner ON token (owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX token_by_due_at ON token (lane, due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX token_by_gone_until ON token (gone_until) WHERE gone_until IS NOT NULL;

  CREATE TABLE quota (
    bucket BLOB NOT NULL,
    period TEXT NOT NULL,
    used INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    reservations BLOB NOT NULL,
    PRIMARY KEY (bucket, period)
  ) STRICT;
  CREATE INDEX quota_by_expires_at ON quota (expires_at);

  CREATE TABLE sliding_quota (
    bucket BLOB NOT NULL,
    window_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    parts TEXT NOT NULL,
    reservations BLOB NOT NULL,
    PRIMARY KEY (bucket, window_ms)
  ) STRICT;
  CREATE INDEX sliding_quota_by_expires_at ON sliding_quota (expires_at);

  CREATE TABLE cool_down (
    lane BLOB PRIMARY KEY NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Brings a file to the newest version, in one transaction, so that of several processes one does it.
 *
 * @throws OAuthConfigurationError when the file is of a newer version than this code
 */
export function migrate(connection: GuardedConnection, file: string): void {
  connection.write(() => {
    const version = Number(connection.get('PRAGMA user_version')?.['user_version']);
    if (version > migrations.length) {
      throw new OAuthConfigurationError(
        `store: ${file} was written by a newer version of this library (schema ${version}, known up to ` +
          `${migrations.length}): update the library or use another file.`,
      );
    }
    for (const migration of migrations.slice(version)) connection.script(migration);
    connection.script(`PRAGMA user_version = ${migrations.length}`);
  });
}
