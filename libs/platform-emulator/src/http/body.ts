import { type Request } from 'express';
import { multipartFields } from './multipart.js';

/** The query of a request, decoded exactly once. */
export function queryOf(request: Request): URLSearchParams {
  const mark = request.originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : request.originalUrl.slice(mark + 1));
}

/** Whether the body is announced as `application/x-www-form-urlencoded`. */
export function isForm(request: Request): boolean {
  return Boolean(request.is('application/x-www-form-urlencoded'));
}

/** The fields of a urlencoded body; none when the body is anything else. */
export function formOf(request: Request): URLSearchParams {
  return new URLSearchParams(isForm(request) ? rawBody(request).toString('utf8') : '');
}

/** The fields of a JSON, multipart or urlencoded body; none when it cannot be read. */
export function fieldsOf(request: Request): Readonly<Record<string, unknown>> {
  if (request.is('application/json')) return objectFrom(rawBody(request));
  if (request.is('multipart/form-data')) {
    return multipartFields(request.get('content-type') ?? '', rawBody(request));
  }
  return Object.fromEntries(formOf(request));
}

/** The value of a field, with an empty one counting as missing. */
export function given(fields: URLSearchParams, name: string): string | undefined {
  return fields.get(name) || undefined;
}

/** The body as it was sent. */
export function rawBody(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function objectFrom(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
