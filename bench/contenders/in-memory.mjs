// A valid token once more, out of the memory of one process.
import { createHash } from 'node:crypto';
import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import { AuthorizationCode } from 'simple-oauth2';
import { open, seal } from '../floors/seal.mjs';
import { measured, serially } from '../lib/measure.mjs';
import { tokenOf } from '../stand-in/tokens.mjs';

const hour = 3_600_000;
const server = 'http://127.0.0.1:9';
let get;

const readers = {
  map(access) {
    const kept = new Map(access);
    return async (subject) => kept.get(subject);
  },
  sealed(access) {
    const keyOf = (subject) => createHash('sha256').update(subject).digest();
    const kept = new Map(
      access.map(([subject, token]) => [
        subject,
        { key: keyOf(subject), sealed: seal(keyOf(subject), token) },
      ]),
    );
    return async (subject) => {
      const { key, sealed } = kept.get(subject);
      return JSON.parse(open(key, sealed));
    };
  },
  'simple-oauth2'(access) {
    const client = new AuthorizationCode({
      client: { id: 'bench-client', secret: 'bench-secret' },
      auth: { tokenHost: server, tokenPath: '/token' },
    });
    const kept = new Map(
      access.map(([subject, token]) => [
        subject,
        client.createToken({ access_token: token, expires_at: new Date(Date.now() + hour) }),
      ]),
    );
    return async (subject) => {
      const token = kept.get(subject);
      if (token.expired(60)) throw new Error('it has expired');
      return token.token.access_token;
    };
  },
  badgateway(access) {
    const client = new OAuth2Client({ server, clientId: 'bench-client', clientSecret: 'bench-secret' });
    const kept = new Map(
      access.map(([subject, accessToken]) => {
        const token = { accessToken, refreshToken: null, expiresAt: Date.now() + hour };
        const getStoredToken = () => token;
        const getNewToken = () => null;
        return [subject, new OAuth2Fetch({ client, getNewToken, getStoredToken, scheduleRefresh: false })];
      }),
    );
    return (subject) => kept.get(subject).getAccessToken();
  },
};

let subjects;

export function start({ kind, count, bytes }) {
  subjects = Array.from({ length: count }, (_, number) => `user-${number}`);
  get = readers[kind](subjects.map((subject) => [subject, tokenOf('at', subject, 0, bytes)]));
}

export function read({ ms }) {
  const one = async (number) => {
    if ((await get(subjects[number % subjects.length])).length === 0) throw new Error('an empty token');
  };
  return measured(() => serially(one, ms, 16));
}
