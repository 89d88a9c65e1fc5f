// A crowd of callers with what one would otherwise use. The token has expired; its refresh token works once.
import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { refreshers } from './refreshers.mjs';

const release =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

let caller;
let current;

export function start({ kind, standIn, place }) {
  if (kind === '@badgateway/oauth2-client') caller = sharedObject(standIn);
  else if (kind === 'lock') caller = lockByHand(standIn, place);
  else caller = () => () => refreshers[kind](standIn)(current.refreshToken);
}

/** The expired token that everybody has read. */
export function give({ subject }) {
  current = {
    subject,
    refreshToken: `rt.${subject}.0.`,
    accessToken: `at.${subject}.0.`,
    expiresAt: Date.now() - 1000,
  };
}

export async function stampede({ callers }) {
  const get = caller();
  const began = performance.timeOrigin + performance.now();
  const outcomes = await Promise.allSettled(Array.from({ length: callers }, get));
  const isNew = ({ value }) => value?.startsWith(`at.${current.subject}.1.`);
  const failed = outcomes.filter((outcome) => !isNew(outcome));
  return { failures: failed.length, began, ended: performance.timeOrigin + performance.now() };
}

function sharedObject(standIn) {
  const client = new OAuth2Client({
    ...{ server: standIn, tokenEndpoint: '/token' },
    ...{ clientId: 'bench-client', clientSecret: 'bench-secret' },
  });
  return () => {
    const getStoredToken = () => current;
    const shared = new OAuth2Fetch({
      client,
      getNewToken: () => null,
      getStoredToken,
      scheduleRefresh: false,
    });
    return () => shared.getAccessToken();
  };
}

/** One flight per process, one holder of a lock among them; the others look every few milliseconds. */
function lockByHand(standIn, { url }) {
  const redis = new Redis(url);
  const refresh = refreshers.undici(standIn);
  const once = async () => {
    const { subject, refreshToken } = current;
    const [lock, place, owner] = [`floor:lock:${subject}`, `floor:token:${subject}`, randomUUID()];
    for (;;) {
      const stored = await redis.get(place);
      if (stored !== null) return stored;
      if ((await redis.set(lock, owner, 'PX', 10_000, 'NX')) === 'OK') {
        const token = (await redis.get(place)) ?? (await refresh(refreshToken));
        await redis.set(place, token);
        await redis.eval(release, 1, lock, owner);
        return token;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return () => {
    const flight = once();
    return () => flight;
  };
}
