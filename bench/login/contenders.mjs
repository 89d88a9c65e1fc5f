// Who takes part in the login round trip, and what each does less than the others.
const at = (file) => new URL(`../contenders/login/${file}.mjs`, import.meta.url);

/** The peer that the claims are made against. */
export const reference = 'Nest + @nestjs/passport + passport-oauth2';
export const oursInMemory = 'nestjs-oauth-providers, memory store';
export const oursInSqlite = 'nestjs-oauth-providers, SQLite store';

export const contenders = [
  { name: 'node:http by hand (floor)', module: at('floor-node'), note: 'saves no tokens, sessions in a map' },
  {
    name: 'Nest + undici by hand (floor)',
    module: at('floor-nest'),
    note: 'saves no tokens, sessions in a map',
  },
  { name: oursInMemory, module: at('ours'), store: 'memory', note: 'saves the tokens sealed' },
  { name: oursInSqlite, module: at('ours'), store: 'sqlite', note: 'saves the tokens sealed, on the disk' },
  { name: reference, module: at('nest-passport'), note: 'saves no tokens' },
  { name: 'express + passport-oauth2', module: at('express-passport'), note: 'saves no tokens' },
  { name: 'express + grant', module: at('grant'), note: 'saves no tokens, keeps the session id at login' },
  { name: 'express + openid-client', module: at('openid-client'), note: 'saves no tokens' },
  {
    name: 'express + Auth.js',
    module: at('authjs'),
    note: 'saves no tokens; the session is an encrypted cookie',
  },
  {
    name: 'express + better-auth on SQLite',
    module: at('better-auth'),
    store: 'sqlite',
    note: 'saves users, sessions and encrypted tokens on the disk',
  },
];

/** Whom the claims are about, and what they are compared with: these also run against a provider with TLS. */
export const essential = new Set([
  contenders[0].name,
  contenders[1].name,
  oursInMemory,
  oursInSqlite,
  reference,
]);
