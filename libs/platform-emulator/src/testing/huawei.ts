import { expect } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { type PlatformEmulator } from '../emulator.js';
import { type Answer, locationOf, postForm } from './harness.js';

const { clientId, clientSecret } = demoClients.huawei;

export const redirectUri = 'http://127.0.0.1:3000/auth/huawei/callback';
export const registered = 'https://app.example.com/callback';
export const clients = {
  huawei: [
    { clientId: '200', clientSecret: 'other' },
    { clientId: '300', clientSecret: 'third', redirectUris: [registered] },
  ],
};

type Fields = Record<string, string>;

export function authorizeUrl(emulator: PlatformEmulator, changes: Fields = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state: 's t+a/te=',
    access_type: 'offline',
    ...changes,
  });
  return `${emulator.url}/oauth2/v3/authorize?${query.toString()}`;
}

export function exchangeForm(code: string, changes: Fields = {}): Fields {
  return {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
    ...changes,
  };
}

export function exchange(emulator: PlatformEmulator, code: string, changes: Fields = {}): Promise<Answer> {
  return postForm(`${emulator.url}/oauth2/v3/token`, exchangeForm(code, changes));
}

export function getInfo(emulator: PlatformEmulator, fields: Fields): Promise<Answer> {
  return postForm(`${emulator.url}/rest.php?nsp_svc=GOpen.User.getInfo`, fields);
}

/** Approves as Alice and returns the code. */
export async function login(emulator: PlatformEmulator, changes: Fields = {}): Promise<string> {
  const answer = await postForm(authorizeUrl(emulator, changes), { decision: 'approve', user: 'alice' });
  return locationOf(answer).searchParams.get('code') ?? '';
}

export function expectPair(answer: Answer, error: number, subError: number): void {
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error, sub_error: subError, error_description: expect.any(String) });
}

export const huaweiApp = { client_id: clientId, client_secret: clientSecret };

export function tokensOf(answer: Answer): { access: string; refresh: string; idToken: string } {
  const { access_token, refresh_token, id_token } = answer.json;
  return { access: String(access_token), refresh: String(refresh_token), idToken: String(id_token) };
}
