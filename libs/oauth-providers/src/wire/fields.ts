import {
  type IntrospectionFields,
  type ProfileFields,
  type ReplySpec,
  type ScopeField,
  type TokenFields,
} from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type ErrorOperation, OAuthProviderError } from '../core/errors.js';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { type Answer, firstText, firstValue, readPath } from './answer.js';
import { readTime } from './times.js';

/** A token no platform comes near to; longer values are a mistake or an attack. */
const maxTokenLength = 16 * 1024;

/** What a token endpoint answered. The id_token in it is not verified yet. */
export interface TokenReply {
  readonly tokens: TokenSet;
  /** Whether the platform itself said what was granted; else the scope is what was asked for. */
  readonly scopeStated: boolean;
  readonly subject?: string;
}

/** What a user info endpoint answered. */
export interface ProfileReply {
  readonly subject?: string;
  readonly displayName?: string;
  readonly avatarUrl?: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** What a platform says of a token. Times are milliseconds since the epoch. */
export interface Introspection {
  readonly active: boolean;
  readonly expiresAt?: number;
  readonly subject?: string;
  readonly scope?: readonly string[];
}

/** Reads an introspection reply as the contract says. */
export function readIntrospection(
  answer: Answer,
  { fields, payload }: ReplySpec<IntrospectionFields>,
  provider: ConfiguredProvider,
): Introspection {
  const clientId = firstText(answer, payload, fields.clientId);
  if (clientId !== undefined && clientId !== provider.clientId) return { active: false };
  const expiresAt = readTime(answer, payload, fields.expires ?? []);
  const subject = subjectOf(firstText(answer, payload, fields.subject));
  const scope = readScope(answer, payload, fields.scope);
  return {
    active: true,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(subject === undefined ? {} : { subject }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** Reads a token reply as the contract says. */
export function readTokens(
  answer: Answer,
  reply: ReplySpec<TokenFields>,
  context: { readonly provider: ConfiguredProvider; readonly operation: ErrorOperation },
): TokenReply {
  const { fields, payload } = reply;
  const secret = (paths: readonly string[] | undefined): Secret | undefined => {
    const value = firstValue(answer, payload, paths);
    return typeof value === 'string' && value.length <= maxTokenLength ? new Secret(value) : undefined;
  };
  const accessToken = secret(fields.accessToken);
  const tokenType = firstText(answer, payload, fields.tokenType);
  if (accessToken === undefined) throw unusable(context, answer, 'the answer holds no usable token');
  if (tokenType !== undefined && tokenType.toLowerCase() !== 'bearer') {
    throw unusable(context, answer, 'the token is of a type that is not supported');
  }
  const refreshToken = secret(fields.refreshToken);
  const refreshExpiresAt = readTime(answer, payload, fields.refreshExpires ?? []);
  const idToken = secret(fields.idToken);
  const subject = subjectOf(firstText(answer, payload, fields.subject));
  const scope = readScope(answer, payload, fields.scope);
  return {
    scopeStated: scope !== undefined,
    tokens: {
      accessToken,
      ...(tokenType === undefined ? {} : { tokenType }),
      issuedAt: answer.sentAt,
      expiresAt: readTime(answer, payload, fields.expires) ?? answer.sentAt + fields.defaultLifetime * 1000,
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(refreshToken === undefined || refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
      ...(idToken === undefined ? {} : { idToken }),
      scope: scope ?? context.provider.scope,
    },
    ...(subject === undefined ? {} : { subject }),
  };
}

/** Reads a profile reply as the contract says. */
export function readProfile(answer: Answer, reply: ReplySpec<ProfileFields>): ProfileReply {
  const { fields, payload } = reply;
  const subject = subjectOf(firstText(answer, payload, fields.subject));
  const displayName = firstText(answer, payload, fields.displayName);
  const avatarUrl = webUrl(firstText(answer, payload, fields.avatarUrl));
  const raw = readPath(answer, payload, '');
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
    raw:
      typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : {},
  };
}

/** An identifier of a sensible length, else none. */
export function subjectOf(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 2048 ? value : undefined;
}

/** Only http(s) addresses pass: an avatar ends up in a page. */
export function webUrl(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 2048 && /^https?:\/\//i.test(value) && URL.canParse(value)
    ? value
    : undefined;
}

function readScope(
  answer: Answer,
  payload: string | undefined,
  field: ScopeField | undefined,
): string[] | undefined {
  const value = field === undefined ? undefined : readPath(answer, payload, field.path);
  if (field === undefined || value === undefined || value === null) return undefined;
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(field.separator) : [];
  return parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .map((part) => part.trim());
}

function unusable(
  context: { readonly provider: ConfiguredProvider; readonly operation: ErrorOperation },
  answer: Answer,
  reason: string,
): OAuthProviderError {
  return new OAuthProviderError({
    provider: context.provider.name,
    operation: context.operation,
    errorClass: 'unknown',
    reason,
    httpStatus: answer.status,
    fate: 'unknown',
  });
}
