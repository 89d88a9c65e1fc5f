// `npm run keys`: makes, checks and rotates the keys of everything at rest. It prints what to put into the
// environment and changes nothing by itself: keys belong into a secret store, not into a file of ours.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';

const usage = `npm run keys -- <command>

  generate            new values for OAUTH_ENCRYPTION_KEYS, OAUTH_LOOKUP_KEY and SESSION_SECRET
  check               reads the environment (and .env) and says what the key ring holds
  rotate add          step 1: the ring with a new key second; deploy it everywhere first
  rotate promote      step 2: the ring with its second key first; from now on it seals
  retire              the ring without its oldest key, once nothing is sealed with it any more

Keys are read from OAUTH_ENCRYPTION_KEYS and OAUTH_LOOKUP_KEY; nothing is written.`;

ensureBuilt();
const { generateKey, KeyRing } = await import('nestjs-oauth-providers');
const randomness = { bytes: (size) => randomBytes(size) };

try {
  const { positionals } = parseArgs({ allowPositionals: true, strict: true });
  if (existsSync('.env')) loadEnvFile('.env');
  run(positionals.join(' '));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function run(command) {
  const commands = { generate, check, 'rotate add': add, 'rotate promote': promote, retire };
  const chosen = commands[command];
  if (chosen === undefined) throw new Error(usage);
  chosen();
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
