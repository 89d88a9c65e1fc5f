import { type Request } from 'express';

/** Who somebody is: an id of a platform means nothing without the platform and the client it was told to. */
export interface Identity {
  readonly provider: string;
  readonly clientId: string;
  readonly subject: string;
}

/** Whether a value has the form of an {@link Identity}. */
export function isIdentity(value: unknown): value is Identity {
  if (typeof value !== 'object' || value === null) return false;
  const { provider, clientId, subject } = value as Record<string, unknown>;
  return [provider, clientId, subject].every((part) => typeof part === 'string' && part !== '');
}

/** Who the session of a request says is there. */
export function identityOf(request: Request): Identity | undefined {
  return isIdentity(request.user) ? request.user : undefined;
}
