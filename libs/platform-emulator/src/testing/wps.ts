import { demoClients } from '../demo-clients.js';
import { type PlatformEmulator } from '../emulator.js';
import { type IssueCodeOptions } from '../steering/controls.js';
import { type Answer, ask, postForm } from './harness.js';

type Fields = Record<string, string>;

export const wpsClient = {
  client_id: demoClients.wps.clientId,
  client_secret: demoClients.wps.clientSecret,
};
export const isvClient = { client_id: 'AKISV', client_secret: 'isv-secret' };
export const wpsClients = {
  wps: [
    { clientId: 'AKOTHER', clientSecret: 'other' },
    { clientId: isvClient.client_id, clientSecret: isvClient.client_secret, isv: true },
  ],
};

export function wpsToken(emulator: PlatformEmulator, fields: Fields): Promise<Answer> {
  return postForm(`${emulator.url}/oauth2/token`, { ...wpsClient, ...fields });
}

export interface WpsPair {
  readonly access: string;
  readonly refresh: string;
}

export function pairOf(answer: Answer): WpsPair {
  return { access: String(answer.json['access_token']), refresh: String(answer.json['refresh_token']) };
}

export async function wpsLogin(emulator: PlatformEmulator, options: IssueCodeOptions = {}): Promise<WpsPair> {
  const code = emulator.issueCode('wps', options);
  const redirect_uri = 'http://127.0.0.1:3000/auth/wps/callback';
  return pairOf(await wpsToken(emulator, { grant_type: 'authorization_code', code, redirect_uri }));
}

export function wpsRefresh(
  emulator: PlatformEmulator,
  refresh: string,
  fields: Fields = {},
): Promise<Answer> {
  return wpsToken(emulator, { grant_type: 'refresh_token', refresh_token: refresh, ...fields });
}

export function wpsProfile(emulator: PlatformEmulator, access: string): Promise<Answer> {
  return ask(`${emulator.url}/v7/users/current`, { headers: { authorization: `Bearer ${access}` } });
}
