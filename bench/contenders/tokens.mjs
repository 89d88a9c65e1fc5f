// The product as a holder of tokens: a Nest application with one provider whose refresh tokens work once.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import {
  defineProvider,
  input,
  OAuthProvidersModule,
  OAuthTokens,
  Secret,
  TokenRefreshService,
  Vault,
} from 'nestjs-oauth-providers';
import { engineOf } from '../lib/engine.mjs';
import { encryptionKeys } from '../lib/keys.mjs';
import { atOnce, measured, overAll, serially } from '../lib/measure.mjs';
import { moduleOf } from '../lib/nest.mjs';
import { tokenOf } from '../stand-in/tokens.mjs';

const provider = 'standin';
const clientId = 'bench-client';
const fields = {
  accessToken: ['access_token'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 3600,
  refreshToken: ['refresh_token'],
};
const error = { code: ['error'], message: ['error_description'] };
const errors = [{ code: 'invalid_grant', class: 'invalid_grant' }];
const success = { present: 'access_token' };

const standInProvider = defineProvider({
  name: provider,
  title: { en: 'Stand-in', zh: 'Stand-in' },
  credentials: { id: 'clientId', secret: 'clientSecret' },
  defaultScope: [],
  subjectFrom: 'profile',
  renewal: { policy: 'rotate' },
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://stand-in.invalid/authorize',
    params: { client_id: input('clientId'), redirect_uri: input('redirectUri'), state: input('state') },
    scopeSeparator: ' ',
    pkce: 'none',
    responseMode: 'query',
    callback: { code: ['code'], error, errors },
    codeLifetime: 600,
  },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: 'https://stand-in.invalid/token',
        encoding: 'form',
        params: { grant_type: 'authorization_code', code: input('code'), client_id: input('clientId') },
      },
      reply: { decode: 'json', success, fields, error },
      errors,
    },
    refresh: {
      request: {
        method: 'POST',
        url: 'https://stand-in.invalid/token',
        encoding: 'form',
        params: {
          grant_type: 'refresh_token',
          refresh_token: input('refreshToken'),
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
        },
      },
      reply: { decode: 'json', success, fields, error },
      errors,
    },
    profile: {
      request: {
        method: 'GET',
        url: 'https://stand-in.invalid/userinfo',
        encoding: 'query',
        params: {},
        bearer: 'accessToken',
      },
      reply: { decode: 'json', success: { present: 'id' }, fields: { subject: ['id'] }, error },
      errors,
    },
  },
});

let app;
let vault;
let tokens;
let filled;

export async function start({ place, standIn, cache, concurrency = 64 }) {
  const module = OAuthProvidersModule.forRoot({
    publicUrl: 'http://127.0.0.1:3000',
    encryptionKeys,
    store: await engineOf(place),
    providers: [
      standInProvider({ clientId, clientSecret: 'bench-secret', baseUrl: standIn ?? 'http://127.0.0.1:9' }),
    ],
    resolveUser: ({ subject }) => subject,
    renewal: { concurrency },
    // The benchmark says when to sweep.
    schedule: false,
    ...(cache === undefined ? {} : { cache }),
  });
  app = await NestFactory.createApplicationContext(
    moduleOf({ imports: [ScheduleModule.forRoot(), module] }),
    {
      logger: false,
      abortOnError: false,
    },
  );
  vault = app.get(Vault);
  tokens = app.get(OAuthTokens);
}

/**
 * Fills it with tokens of `bytes` bytes in all, which are due `dueInMs` from now and live for `lifeMs` from now: a
 * life below nothing is over.
 */
export async function fill({ count, bytes, dueInMs, lifeMs = 500_000, prefix = 'user' }) {
  filled = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
  const now = vault.clock.now();
  await overAll(filled, 256, async (subject) => {
    const [access, refresh] = ['at', 'rt'].map((kind) => new Secret(tokenOf(kind, subject, 0, bytes / 2)));
    const set = {
      accessToken: access,
      refreshToken: refresh,
      issuedAt: now - 3_600_000,
      expiresAt: now + lifeMs,
      scope: [],
    };
    await vault.saveLogin({ provider, clientId, subject, tokens: set, renewsAt: now + dueInMs });
  });
}

/** What else has to be known of a store that another process has filled. */
export function filledBy({ count, prefix = 'user' }) {
  filled = Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
}

/** Asks for live tokens, one after the other or `width` at once. */
export async function read({ ms, width, touchFirst = false }) {
  const one = async (number) => {
    const { accessToken } = await tokens.forUser(provider, filled[number % filled.length]);
    if (accessToken.reveal().length === 0) throw new Error('an empty token');
  };
  if (touchFirst) for (let number = 0; number < filled.length; number += 1) await one(number);
  return measured(() => (width === 1 ? serially(one, ms, 16) : atOnce(one, width, ms)));
}

/** Renews everything that is due. */
export function sweep() {
  return measured(async () => {
    const report = await app.get(TokenRefreshService).refreshDue();
    if (report.failed + report.broken > 0) throw new Error(`the sweep said ${JSON.stringify(report)}`);
    return { ops: report.renewed };
  });
}

/** How often the tokens of some records were renewed. */
export async function generations({ sample }) {
  return Promise.all(
    filled.slice(0, sample).map(async (subject) => {
      const token = (await tokens.forUser(provider, subject)).accessToken.reveal();
      if (token.split('.')[1] !== subject) throw new Error(`the record of ${subject} holds another token`);
      return Number(token.split('.')[2]);
    }),
  );
}

/** So many callers want the same token now; all of them are waited for. */
export async function stampede({ subject, callers }) {
  const began = performance.timeOrigin + performance.now();
  const outcomes = await Promise.allSettled(
    Array.from({ length: callers }, () => tokens.forUser(provider, subject)),
  );
  const generation = ({ value }) => Number(value.accessToken.reveal().split('.')[2]);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected' || generation(outcome) !== 1);
  const [first] = failed;
  const why = first && String(first.reason?.message ?? 'an old token');
  return { failures: failed.length, why, began, ended: performance.timeOrigin + performance.now() };
}

export { beginWatch, highestMemory } from '../lib/memory.mjs';

export const close = () => app.close();
