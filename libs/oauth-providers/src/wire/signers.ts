import { type SignerName } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type HttpRequest } from '../core/ports.js';

/** Changes a finished request so that the platform can tell who sent it. */
export type Signer = (request: HttpRequest, provider: ConfiguredProvider) => HttpRequest;

/** The registry of signers that contracts name. */
export const signers: Readonly<Record<SignerName, Signer>> = {
  client_secret_basic: (request, provider) => {
    // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    const pair = [provider.clientId, provider.clientSecret?.reveal() ?? ''].map(formEncode).join(':');
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    return { ...request, headers: { ...request.headers, authorization } };
  },
};

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
