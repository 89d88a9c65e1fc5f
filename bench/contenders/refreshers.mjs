// What one would otherwise refresh tokens with: no store, no lease, no seal; each gets its tokens and gives back new ones.
import { OAuth2Client } from '@badgateway/oauth2-client';
import axios from 'axios';
import { Agent } from 'node:http';
import * as oidc from 'openid-client';
import { AuthorizationCode } from 'simple-oauth2';
import { Pool } from 'undici';
import { measured, overAll } from '../lib/measure.mjs';
import { tokenOf } from '../stand-in/tokens.mjs';

const id = 'bench-client';
const secret = 'bench-secret';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const bodyOf = (token) =>
  `grant_type=refresh_token&client_id=${id}&client_secret=${secret}&refresh_token=${token}`;

/** Each gives a function from a refresh token to the new access token. */
export const refreshers = {
  undici(url) {
    const pool = new Pool(url, { connections: 128 });
    return async (token) => {
      const { body } = await pool.request({
        path: '/token',
        method: 'POST',
        headers: form,
        body: bodyOf(token),
      });
      return (await body.json()).access_token;
    };
  },
  fetch: (url) => async (token) => {
    const reply = await fetch(`${url}/token`, { method: 'POST', headers: form, body: bodyOf(token) });
    return (await reply.json()).access_token;
  },
  axios(url) {
    const http = axios.create({ httpAgent: new Agent({ keepAlive: true, maxSockets: 128 }) });
    return async (token) =>
      (await http.post(`${url}/token`, bodyOf(token), { headers: form })).data.access_token;
  },
  'openid-client'(url) {
    const server = { issuer: url, token_endpoint: `${url}/token` };
    const config = new oidc.Configuration(server, id, secret);
    oidc.allowInsecureRequests(config);
    return async (token) => (await oidc.refreshTokenGrant(config, token)).access_token;
  },
  'simple-oauth2'(url) {
    const client = new AuthorizationCode({
      client: { id, secret },
      auth: { tokenHost: url, tokenPath: '/token' },
    });
    return async (token) => (await client.createToken({ refresh_token: token }).refresh()).token.access_token;
  },
  '@badgateway/oauth2-client'(url) {
    const client = new OAuth2Client({
      server: url,
      tokenEndpoint: '/token',
      clientId: id,
      clientSecret: secret,
    });
    return async (token) => (await client.refreshToken({ refreshToken: token })).accessToken;
  },
};

let refresh;
let subjects;

export function start({ kind, standIn }) {
  refresh = refreshers[kind](standIn);
}

let tokens;

export function fill({ count, bytes, prefix = 'user' }) {
  subjects = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  tokens = subjects.map((subject) => tokenOf('rt', subject, 0, bytes / 2));
}

export function sweep({ width }) {
  return measured(async () => {
    await overAll(tokens, width, async (token) => {
      const access = await refresh(token);
      if (!access?.startsWith('at.')) throw new Error('no token came back');
    });
    return { ops: tokens.length };
  });
}
