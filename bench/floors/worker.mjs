// The hand-written side: the same duties as `contenders/tokens.mjs`, over a floor.
import { createHash, randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { atOnce, measured, serially } from '../lib/measure.mjs';
import { subjectOf, tokenOf } from '../stand-in/tokens.mjs';
import { open, seal } from './seal.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const keyOf = (subject) => createHash('sha256').update(subject).digest();

let floor;
let pool;
let filled;

export async function start({ place, standIn }) {
  const { openFloor } = await import(`./${place.kind}.mjs`);
  floor = await openFloor(place);
  if (standIn) pool = new Pool(standIn, { connections: 128 });
}

/** Fills it with sealed tokens of `bytes` bytes in all, which are due `dueInMs` from now. */
export async function fill({ count, bytes, dueInMs, prefix = 'user' }) {
  filled = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  const dueAt = Date.now() + dueInMs;
  for (let from = 0; from < count; from += 250) {
    await floor.fill(
      filled.slice(from, from + 250).map((subject) => {
        const key = keyOf(subject);
        const [access, refresh] = ['at', 'rt'].map((kind) => tokenOf(kind, subject, 0, bytes / 2));
        return { key, dueAt, sealed: seal(key, { access, refresh }) };
      }),
    );
  }
}

/** Reads and opens, one after the other or `width` at once. */
export async function read({ ms, width }) {
  const keys = filled.map(keyOf);
  const one = async (number) => {
    const key = keys[number % keys.length];
    if (open(key, await floor.get(key)).length === 0) throw new Error('an empty record');
  };
  return measured(() => (width === 1 ? serially(one, ms, 16) : atOnce(one, width, ms)));
}

/** Renews everything that is due, `width` at once. */
export function sweep({ width }) {
  return measured(async () => {
    const owner = randomBytes(16);
    let ready = [];
    let claiming;
    let exhausted = false;
    const claim = async () => {
      const claimed = await floor.claim(width, owner);
      exhausted = claimed.length === 0;
      ready.push(...claimed);
      claiming = undefined;
    };
    let ops = 0;
    const one = async () => {
      for (;;) {
        // The next claim is under way before the last one is used up.
        if (!exhausted && ready.length < width / 2) claiming ??= claim();
        const record = ready.pop();
        if (record !== undefined) {
          await renew(record, owner);
          ops += 1;
        } else if (claiming !== undefined) await claiming;
        else if (exhausted) return;
      }
    };
    await Promise.all(Array.from({ length: width }, one));
    return { ops };
  });
}

async function renew({ key, sealed }, owner) {
  const { refresh } = JSON.parse(open(key, sealed));
  const reply = await pool.request({
    path: '/token',
    method: 'POST',
    headers: form,
    body: `grant_type=refresh_token&client_id=bench-client&client_secret=bench-secret&refresh_token=${refresh}`,
  });
  const { access_token: access, refresh_token: next, expires_in: life } = await reply.body.json();
  if (reply.statusCode !== 200) throw new Error(`the provider said ${reply.statusCode}`);
  await floor.save(key, seal(key, { access, refresh: next }), Date.now() + (life - 600) * 1000, owner);
}

/** How often the tokens of some records were renewed. */
export async function generations({ sample }) {
  return Promise.all(
    filled.slice(0, sample).map(async (subject) => {
      const key = keyOf(subject);
      const { access } = JSON.parse(open(key, await floor.get(key)));
      if (subjectOf(access) !== subject) throw new Error(`the record of ${subject} holds another token`);
      return Number(access.split('.')[2]);
    }),
  );
}

export const close = () => floor.close();
