import { type AnywebFailure } from './errors.js';
import { type ClientRegistry } from '../../core/clients.js';

/** The fields of a body. */
export type Fields = Readonly<Record<string, unknown>>;

/** All parameters are strings; an empty one counts as missing. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What is wrong with `appid` and `secret`, in the two error tables: that of OAuth and that of the services. */
export const oauthAppFailures = {
  appidMissing: 'appidMissing',
  secretMissing: 'secretMissing',
  appidInvalid: 'appidInvalid',
  secretInvalid: 'secretInvalid',
} as const;
export const serviceAppFailures = {
  appidMissing: 'serviceAppidMissing',
  secretMissing: 'serviceSecretMissing',
  appidInvalid: 'serviceAppidInvalid',
  secretInvalid: 'serviceSecretInvalid',
} as const;

/** Reads `appid` and `secret`. */
export function readApp(
  clients: ClientRegistry,
  fields: Fields,
  failures: Readonly<Record<keyof typeof oauthAppFailures, AnywebFailure>>,
): { appid: string } | { failure: AnywebFailure } {
  const appid = textOf(fields, 'appid');
  if (appid === undefined) return { failure: failures.appidMissing };
  const secret = textOf(fields, 'secret');
  if (secret === undefined) return { failure: failures.secretMissing };
  const client = clients.find('anyweb', appid);
  if (!client) return { failure: failures.appidInvalid };
  return client.clientSecret === secret ? { appid } : { failure: failures.secretInvalid };
}
