import { type ProviderContract } from './contract.js';
import { type CommonProviderOptions } from './define-provider.js';

/** The name of a provider: it becomes part of paths, of cookies' names and of record keys. */
export const namePattern = /^[a-z][a-z0-9-]{0,31}$/;

/** A scope token (RFC 6749 §3.3). */
export const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a value is an absolute http(s) URL. */
export function isWebUrl(value: unknown): boolean {
  return isText(value) && URL.canParse(value) && /^https?:\/\//.test(value);
}

/** Whether a value is text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The usual options in their usual form. What is rarer is left to the schema. */
const usual: { readonly [Name in keyof CommonProviderOptions]?: (value: unknown) => boolean } = {
  name: (value) => isText(value) && namePattern.test(value),
  scope: (value) => Array.isArray(value) && value.every((token) => isText(token) && scopePattern.test(token)),
  baseUrl: (value) => typeof value === 'string',
  allowPrivateNetwork: (value) => typeof value === 'boolean',
  timeoutMs: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 60_000,
  pkce: (value) => typeof value === 'boolean',
  sdkUrl: isWebUrl,
};

/**
 * Whether options are plainly right, so that a start need not load the validator for them. It says yes to nothing that
 * the schema refuses; where it says no, the schema decides.
 */
export function arePlain({ id, secret }: ProviderContract['credentials'], options: object): boolean {
  const values = options as Readonly<Record<string, unknown>>;
  // Entries show no more than the object's own: what it inherits is for the schema to find.
  if (Object.getPrototypeOf(options) !== Object.prototype) return false;
  if (!isText(values[id]) || (secret !== null && !isText(values[secret]))) return false;
  return Object.entries(values).every(
    ([name, value]) =>
      name === id ||
      name === secret ||
      (Object.hasOwn(usual, name) &&
        (value === undefined || usual[name as keyof CommonProviderOptions]?.(value) === true)),
  );
}
