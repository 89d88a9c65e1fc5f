import { createHash } from 'node:crypto';
import { type HuaweiCode, isAppId, isRegistered } from './authorize.js';
import { type HuaweiFailure } from './errors.js';
import { type ClientRegistry, type EmulatorClient } from '../../core/clients.js';
import { type Ledger } from '../../core/ledger.js';
import { given } from '../../http/body.js';

/** A code fit to be exchanged, or why not. */
export type Exchange =
  | { readonly failure: HuaweiFailure }
  | { readonly failure?: undefined; readonly client: EmulatorClient; readonly code: HuaweiCode };

/** Checks who is asking: `client_secret_post` and nothing else. */
export function readClient(
  clients: ClientRegistry,
  form: URLSearchParams,
): { failure: HuaweiFailure } | { failure?: undefined; client: EmulatorClient } {
  const clientId = given(form, 'client_id');
  if (!clientId) return { failure: 'clientIdMissing' };
  if (!isAppId(clientId)) return { failure: 'clientIdMalformed' };
  const client = clients.find('huawei', clientId);
  if (!client) return { failure: 'clientIdUnknown' };
  const secret = given(form, 'client_secret');
  if (!secret) return { failure: 'secretMissing' };
  if (!/^[\x21-\x7e]{1,256}$/.test(secret)) return { failure: 'secretMalformed' };
  return secret === client.clientSecret ? { client } : { failure: 'secretWrong' };
}

/** Checks an authorization code grant; the code is spent only when everything is right. */
export function readExchange(
  codes: Ledger<HuaweiCode>,
  client: EmulatorClient,
  form: URLSearchParams,
): Exchange {
  const text = given(form, 'code');
  if (!text) return { failure: 'codeMissing' };
  if (!/^[0-9a-zA-Z=/+\\]+$/.test(text)) return { failure: 'codeMalformed' };
  const { status, value: code } = codes.look(text);
  if (status === 'unknown') return { failure: 'codeInvalid' };
  if ((code.clientId ?? client.clientId) !== client.clientId) return { failure: 'codeOfAnotherClient' };
  if (status === 'expired') return { failure: 'codeExpired' };
  if (status !== 'live') return { failure: 'codeUsed' };
  const failure = redirectFailure(code, client, form) ?? verifierFailure(code, form);
  if (failure) return { failure };
  codes.spend(text);
  return { client, code };
}

/** Only a code that never went through a redirect (the native flow) is exchanged without a redirect URI. */
function redirectFailure(
  code: HuaweiCode,
  client: EmulatorClient,
  form: URLSearchParams,
): HuaweiFailure | undefined {
  const redirectUri = given(form, 'redirect_uri');
  if (redirectUri === undefined) return code.redirectUri === undefined ? undefined : 'redirectUriMalformed';
  if (!URL.canParse(redirectUri)) return 'redirectUriMalformed';
  if (!isRegistered(client, redirectUri)) return 'redirectUriUnregistered';
  return (code.redirectUri ?? redirectUri) === redirectUri ? undefined : 'redirectUriMismatch';
}

function verifierFailure(code: HuaweiCode, form: URLSearchParams): HuaweiFailure | undefined {
  if (code.challenge === undefined) return undefined;
  const verifier = given(form, 'code_verifier');
  if (!verifier) return 'codeVerifierMissing';
  const challenge = createHash('sha256').update(verifier, 'ascii').digest('base64url');
  return challenge === code.challenge ? undefined : 'codeVerifierWrong';
}
