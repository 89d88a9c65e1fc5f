// `npm run keys`: makes, checks and rotates the keys of everything at rest. It prints what to put into the
// environment and keeps no key by itself: keys belong into a secret store, not into a file of ours.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';

const usage = `npm run keys -- <command>

  generate            new values for OAUTH_ENCRYPTION_KEYS, OAUTH_LOOKUP_KEY and SESSION_SECRET
  check               reads the environment (and .env) and says what the key ring holds
  rotate add          step 1: the ring with a new key second; deploy it everywhere first
  rotate promote      step 2: the ring with its second key first; from now on it seals
  reseal              step 3: seals the sample's SQLite store anew with the first key, beside live traffic; once
                      every process runs with that ring. Stopped half-way it goes on where it was.
  retire              step 4: the ring without its oldest key, once nothing is sealed with it any more

Keys are read from OAUTH_ENCRYPTION_KEYS and OAUTH_LOOKUP_KEY (environment or .env); none is written. reseal works
on SQLITE_FILE, or on sample.db in DATA_DIR, where a demo's own keys are found too.`;

ensureBuilt();
const { generateKey, KeyRing, sqliteStore, Vault } = await import('nestjs-oauth-providers');
const randomness = { bytes: (size) => randomBytes(size) };

try {
  const { positionals } = parseArgs({ allowPositionals: true, strict: true });
  if (existsSync('.env')) loadEnvFile('.env');
  await run(positionals.join(' '));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function run(command) {
  const commands = { generate, check, 'rotate add': add, 'rotate promote': promote, reseal, retire };
  const chosen = commands[command];
  if (chosen === undefined) throw new Error(usage);
  await chosen();
}

function generate() {
  console.log(`OAUTH_ENCRYPTION_KEYS=${newKey([])}`);
  console.log(`OAUTH_LOOKUP_KEY=${randomBytes(32).toString('base64')}`);
  console.log(`SESSION_SECRET=${randomBytes(32).toString('base64url')}`);
}

function check() {
  const { entries, lookupKey } = ring();
  const ids = entries.map(idOf);
  console.log(
    `OAUTH_ENCRYPTION_KEYS holds ${ids.length} key(s), newest first: ${ids.join(', ')}. "${ids[0]}" seals.`,
  );
  console.log(
    lookupKey === undefined
      ? `OAUTH_LOOKUP_KEY is not set: it is derived from the oldest key, "${ids.at(-1)}", which must therefore stay in the ring.`
      : 'OAUTH_LOOKUP_KEY is set, so the oldest key can be retired once nothing is sealed with it.',
  );
}

function add() {
  const { entries, lookupKey } = ring();
  const [newest, ...older] = entries;
  console.log(`OAUTH_ENCRYPTION_KEYS=${[newest, newKey(entries.map(idOf)), ...older].join(',')}`);
  hintLookup(lookupKey);
  console.error('Deploy this everywhere, then run: npm run keys -- rotate promote');
}

function promote() {
  const { entries, lookupKey } = ring();
  const [newest, second, ...older] = entries;
  if (second === undefined)
    throw new Error('There is no second key to promote: run `npm run keys -- rotate add` first.');
  console.log(`OAUTH_ENCRYPTION_KEYS=${[second, newest, ...older].join(',')}`);
  hintLookup(lookupKey);
  console.error('Deploy this everywhere, then run: npm run keys -- reseal');
}

function retire() {
  const { entries, lookupKey } = ring();
  if (entries.length < 2) throw new Error('The ring holds one key only, which cannot be retired.');
  if (lookupKey === undefined) {
    throw new Error(
      'The lookup key is derived from the oldest key: set OAUTH_LOOKUP_KEY first (`npm run keys -- rotate promote` prints it), or nothing stored will be found.',
    );
  }
  console.log(`OAUTH_ENCRYPTION_KEYS=${entries.slice(0, -1).join(',')}`);
}

/** Passes over the store until one finds nothing left to do. */
async function reseal() {
  const { DATA_DIR: dataDir = 'data', OAUTH_STORE: kind = 'sqlite' } = process.env;
  const file = process.env.SQLITE_FILE || join(dataDir, 'sample.db');
  if (kind !== 'sqlite') throw new Error(`OAUTH_STORE is ${kind}: reseal knows the SQLite store only.`);
  if (!existsSync(file)) throw new Error(`There is no store at ${file}: set SQLITE_FILE or DATA_DIR.`);
  const keys = process.env.OAUTH_ENCRYPTION_KEYS ? currentRing() : demoRing(dataDir);
  const clock = { now: () => Date.now() };
  const vault = await Vault.open({ engine: sqliteStore({ file }), keys, clock, randomness });
  const stop = new globalThis.AbortController();
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
  try {
    const { seen, resealed, broken, next } = await pass(vault, stop.signal);
    // What is still found then was written by a process that seals with an older key.
    const again = next === undefined ? await pass(vault, stop.signal) : undefined;
    console.log(`${seen} records seen, ${resealed} sealed anew with "${keys.newestId}".`);
    if (stop.signal.aborted) throw new Error('Stopped half-way: run it again to go on.');
    if (broken > 0) {
      throw new Error(
        `${broken} records do not open with any key of the ring: restore the key, or let them go.`,
      );
    }
    if (again.resealed > 0) {
      throw new Error(
        `${again.resealed} more were written with an older key meanwhile: deploy this ring everywhere, then run it again.`,
      );
    }
  } finally {
    await vault.close();
  }
  const spool = join(dataDir, 'unsaved-grants.json');
  if (existsSync(spool)) {
    throw new Error(
      `${spool} holds renewals that are not in the store yet: start the sample once, then run it again.`,
    );
  }
  console.log('Nothing in the store needs an older key: `npm run keys -- retire`.');
}

/** One pass, with a line that shows how far it is where somebody watches. */
async function pass(vault, signal) {
  const { isTTY } = process.stderr;
  const width = 24;
  const onProgress = ({ share, seen, resealed }) => {
    const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.');
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    process.stderr.write(`\r[${bar}] ${percent} %, ${resealed} of ${seen} sealed anew`);
  };
  try {
    return await vault.reseal({ signal, ...(isTTY ? { onProgress } : {}) });
  } finally {
    if (isTTY) process.stderr.write('\r\u001b[K');
  }
}

/** The ring that the sample's first start made up, where the environment names none. */
function demoRing(dataDir) {
  const file = join(dataDir, 'demo-secrets.json');
  if (!existsSync(file)) return currentRing();
  const { encryptionKeys } = JSON.parse(readFileSync(file, 'utf8'));
  return KeyRing.parse({ encryptionKeys, lookupKey: process.env.OAUTH_LOOKUP_KEY || undefined });
}

/** Whoever rotates will want to retire a key one day, and needs the lookup key as it is now for that. */
function hintLookup(lookupKey) {
  if (lookupKey === undefined) console.log(`OAUTH_LOOKUP_KEY=${currentRing().exportLookupKey().reveal()}`);
}

function ring() {
  currentRing();
  const entries = process.env.OAUTH_ENCRYPTION_KEYS.split(',').map((entry) => entry.trim());
  return { entries, lookupKey: process.env.OAUTH_LOOKUP_KEY || undefined };
}

function currentRing() {
  const { OAUTH_ENCRYPTION_KEYS: encryptionKeys, OAUTH_LOOKUP_KEY: lookupKey } = process.env;
  if (!encryptionKeys) {
    throw new Error('OAUTH_ENCRYPTION_KEYS is not set: `npm run keys -- generate` makes a value for it.');
  }
  return KeyRing.parse({ encryptionKeys, lookupKey: lookupKey || undefined });
}

function newKey(taken) {
  const month = new Date().toISOString().slice(0, 7).replace('-', '');
  const id = [`k${month}`, ...'abcdefghijklmnopqrstuvwxyz']
    .map((tail, index, all) => (index ? all[0] + tail : tail))
    .find((name) => !taken.includes(name));
  return generateKey(id, randomness).reveal();
}

function idOf(entry) {
  return entry.slice(0, entry.indexOf(':'));
}
