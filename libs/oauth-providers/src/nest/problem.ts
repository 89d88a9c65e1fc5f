import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { type ErrorClass, OAuthProviderError } from '../core/errors.js';
import { LoginRefusedError } from '../login/login-error.js';
import { StoreUnavailableError } from '../vault/index.js';
import { type Language, problemText, type ProblemText } from '../login/pages/texts.js';

const statusOf: Readonly<Record<ErrorClass, number>> = {
  invalid_request: 400,
  invalid_grant: 400,
  access_denied: 403,
  insufficient_scope: 403,
  transient: 502,
  unknown: 502,
  invalid_client: 502,
  invalid_token: 502,
  throttled: 503,
};

const defaultRetryAfter = 60;

/** A failure as problem details (RFC 9457), with our own members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errorClass?: ErrorClass;
  readonly provider?: string;
  readonly platformCode?: string;
  readonly platformSubCode?: string;
}

/** A problem with what else belongs into the answer. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly text: ProblemText;
  readonly headers: Readonly<Record<string, string>>;
}

/** Turns whatever was thrown into an answer. What we do not know becomes a 500 without details. */
export function problemOf(error: unknown, language: Language): ProblemAnswer {
  if (error instanceof OAuthProviderError) return ofProvider(error, language);
  const unavailable = error instanceof StoreUnavailableError;
  const status = error instanceof HttpException ? error.getStatus() : unavailable ? 503 : 500;
  const title = STATUS_CODES[status] ?? 'Error';
  // The message of a parser comes with a cause and quotes the request.
  const own = error instanceof HttpException && error.cause === undefined && status < 500;
  const detail = own ? error.message : title;
  return {
    problem: { type: 'about:blank', title, status, detail },
    text: { title, detail },
    headers: unavailable ? { 'Retry-After': '5' } : {},
  };
}

function ofProvider(error: OAuthProviderError, language: Language): ProblemAnswer {
  // A store that does not answer is our own trouble, and passes.
  const status = error.operation === 'store' ? 503 : statusOf[error.errorClass];
  const text = problemText(wordsFor(error), language);
  return {
    text,
    headers: status === 503 ? { 'Retry-After': String(error.retryAfterSeconds ?? defaultRetryAfter) } : {},
    problem: {
      type: `urn:nestjs-oauth-providers:${error.errorClass}`,
      title: text.title,
      status,
      detail: text.detail,
      errorClass: error.errorClass,
      provider: error.provider,
      ...(error.platformCode === undefined ? {} : { platformCode: error.platformCode }),
      ...(error.platformSubCode === undefined ? {} : { platformSubCode: error.platformSubCode }),
    },
  };
}

function wordsFor(error: OAuthProviderError): ErrorClass | 'cancelled' | 'not_completed' {
  const unproven = error instanceof LoginRefusedError ? error.unproven : undefined;
  return unproven ?? error.errorClass;
}
