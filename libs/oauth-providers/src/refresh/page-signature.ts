import { createHash } from 'node:crypto';
import { type PageSignature } from '../core/contract.js';

/** What a signature is made of. */
export interface SignatureInputs {
  readonly ticket: string;
  readonly nonce: string;
  readonly timestamp: number;
  readonly url: string;
}

/** The URL of a page as the platform signs it. Host and path are written as Node's `URL` writes them. */
export function signedUrl(rules: PageSignature, page: string): string {
  const url = new URL(page);
  if (rules.drop.includes('query')) url.search = '';
  if (rules.drop.includes('fragment')) url.hash = '';
  const text = `${url.origin}${url.pathname}${url.search}${url.hash}`;
  return rules.drop.includes('trailing-slash') ? text.replace(/\/$/, '') : text;
}

/** The signature of a page: SHA-1 over the pairs in the platform's order, raw values, lower-case hexadecimal. */
export function pageSignature(rules: PageSignature, inputs: SignatureInputs): string {
  const text = rules.pairs.map(([name, input]) => `${name}=${inputs[input]}`).join('&');
  return createHash('sha1').update(text).digest('hex');
}
