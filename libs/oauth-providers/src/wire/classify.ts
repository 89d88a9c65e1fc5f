import { type ErrorFields, type ErrorRule } from '../core/contract.js';
import {
  type ErrorClass,
  type ErrorOperation,
  OAuthProviderError,
  type RequestFate,
} from '../core/errors.js';
import { type Answer, firstText } from './answer.js';
import { safeCode, safeMessage } from './redact.js';

/** What a refusal is judged by. */
export interface Refusal {
  readonly code: string | undefined;
  readonly subCode: string | undefined;
  readonly message: string | undefined;
  readonly status: number;
}

/** First match wins. */
export function classOf(refusal: Refusal, rules: readonly ErrorRule[]): ErrorClass | undefined {
  return rules.find(
    (rule) =>
      matchesCode(refusal.code, rule.code) &&
      matchesCode(refusal.subCode, rule.subCode) &&
      (rule.status === undefined || [rule.status].flat().includes(refusal.status)) &&
      (rule.message === undefined || (refusal.message !== undefined && rule.message.test(refusal.message))),
  )?.class;
}

function matchesCode(value: string | undefined, wanted: string | readonly string[] | undefined): boolean {
  if (wanted === undefined) return true;
  return (
    value !== undefined &&
    [wanted]
      .flat()
      .some((code) => (code.endsWith('*') ? value.startsWith(code.slice(0, -1)) : value === code))
  );
}

/** An answer that is no success, as a typed error. */
export function refusalError(
  answer: Answer,
  spec: { readonly error: ErrorFields; readonly rules: readonly ErrorRule[] },
  context: {
    readonly provider: string;
    readonly operation: ErrorOperation;
    readonly secrets: readonly string[];
  },
): OAuthProviderError {
  const refusal: Refusal = {
    code: firstText(answer, undefined, spec.error.code),
    subCode: firstText(answer, undefined, spec.error.subCode),
    message: firstText(answer, undefined, spec.error.message),
    status: answer.status,
  };
  return new OAuthProviderError({
    provider: context.provider,
    operation: context.operation,
    errorClass: classOf(refusal, spec.rules) ?? classOfStatus(answer),
    reason: reasonOf(answer),
    platformCode: safeCode(refusal.code, context.secrets),
    platformSubCode: safeCode(refusal.subCode, context.secrets),
    platformMessage: safeMessage(refusal.message, context.secrets),
    httpStatus: answer.status,
    retryAfterSeconds: retryAfter(answer),
    fate: fateOf(answer, refusal),
  });
}

/**
 * Whether a failed answer leaves a doubt. A busy platform or a gateway in front of it has done nothing; a 500, a
 * redirect, or a success that cannot be understood may have.
 */
function fateOf(answer: Answer, refusal: Refusal): RequestFate {
  const { status } = answer;
  const says = refusal.code !== undefined;
  if (status === 429 || status === 503) return 'not_processed';
  if (status === 502 || status === 504) return says ? 'unknown' : 'not_processed';
  if (status >= 400 && status < 500) return 'refused';
  return status >= 200 && status < 300 && says ? 'refused' : 'unknown';
}

function classOfStatus(answer: Answer): ErrorClass {
  if (answer.status === 429) return 'throttled';
  if (answer.status >= 500) return 'transient';
  const unreadable = answer.root === undefined;
  return unreadable && answer.status >= 200 && answer.status < 300 ? 'transient' : 'unknown';
}

function reasonOf(answer: Answer): string {
  if (answer.status >= 300 && answer.status < 400) {
    return `the platform answered with a redirect (HTTP ${answer.status}), which is never followed`;
  }
  return answer.root === undefined
    ? `the answer (HTTP ${answer.status}) could not be read`
    : `the platform refused (HTTP ${answer.status})`;
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3), at most a day. */
function retryAfter(answer: Answer): number | undefined {
  const value = answer.headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - answer.receivedAt) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), 86_400) : undefined;
}
