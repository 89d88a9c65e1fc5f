import { type Reply } from '../support/browser.js';

/** A failed sign-in as a script sees it. */
export interface Problem {
  readonly status: number;
  readonly errorClass: unknown;
  readonly code: unknown;
  readonly subCode: unknown;
  readonly referrerPolicy: string | null;
}

/** Reads the problem document of a failed callback. */
export function problemOf({ status, text, headers }: Reply): Problem {
  const body = JSON.parse(text) as Record<string, unknown>;
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    throw new Error(`no problem document, but ${status}: ${text}`);
  }
  return {
    status,
    errorClass: body['errorClass'],
    code: body['platformCode'],
    subCode: body['platformSubCode'],
    referrerPolicy: headers.get('referrer-policy'),
  };
}

/** The problem that surface.md promises for a class of failures. */
export function promised(status: number, errorClass: string, code?: string, subCode?: string): Problem {
  return { status, errorClass, code, subCode, referrerPolicy: 'no-referrer' };
}
