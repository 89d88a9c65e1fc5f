import { type InputName, type Param, type RequestSpec } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type ErrorOperation, OAuthProviderError } from '../core/errors.js';
import { type HttpRequest } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { formEncode } from './form-encode.js';
import { type Part, skeletonOf } from './request-skeleton.js';

/** Answers of token and user info endpoints are small; more than this is an attack or a mistake. */
const maxReplyBytes = 256 * 1024;

/** The values a request may ask for. Secrets stay wrapped until the bytes are written. */
export type Inputs = Partial<Record<InputName, string | Secret>>;

/** Writes the request of an operation. */
export async function buildRequest(
  provider: ConfiguredProvider,
  operation: ErrorOperation,
  spec: RequestSpec,
  inputs: Inputs,
  signal?: AbortSignal,
): Promise<HttpRequest> {
  const skeleton = skeletonOf(spec);
  const read = ({ name, param }: Part): Value | undefined =>
    valueOf(provider, operation, name, param, inputs);
  const body =
    spec.encoding === 'multipart'
      ? await multipartOf(skeleton.body, read)
      : bodyOf(spec.encoding, skeleton.body, read);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': 'nestjs-oauth-providers',
  };
  const query = formOf(skeleton.query, read);
  if (body !== undefined) headers['content-type'] = body.contentType;
  for (const part of skeleton.headers) {
    const value = read(part);
    if (value !== undefined) headers[part.key] = String(value);
  }
  if (spec.bearer !== undefined) {
    const token = valueOf(provider, operation, 'Authorization', { input: spec.bearer }, inputs);
    headers['authorization'] = `Bearer ${String(token)}`;
  }
  return {
    method: spec.method,
    url: query === '' ? skeleton.url : `${skeleton.beforeQuery}${query}${skeleton.fragment}`,
    headers,
    ...(body === undefined ? {} : { body: body.content }),
    timeoutMs: provider.timeoutMs,
    maxBytes: maxReplyBytes,
    reach: provider.reach,
    ...(signal === undefined ? {} : { signal }),
  };
}

type Value = Exclude<Param, object> | readonly string[];

function valueOf(
  provider: ConfiguredProvider,
  operation: ErrorOperation,
  name: string,
  param: Param,
  inputs: Inputs,
): Value | undefined {
  if (typeof param !== 'object' || !('input' in param)) return param;
  const value = inputs[param.input];
  if (value === undefined && param.optional !== true) {
    throw new OAuthProviderError({
      provider: provider.name,
      operation,
      errorClass: 'invalid_request',
      reason: `the value ${param.input} for the parameter ${name} is missing`,
      fate: 'not_sent',
    });
  }
  return value instanceof Secret ? value.reveal() : value;
}

interface Body {
  readonly contentType: string;
  readonly content: string | Buffer;
}

function bodyOf(
  encoding: Exclude<RequestSpec['encoding'], 'multipart'>,
  parts: readonly Part[],
  read: (part: Part) => Value | undefined,
): Body | undefined {
  switch (encoding) {
    case 'query':
      return undefined;
    case 'form':
      return { contentType: 'application/x-www-form-urlencoded', content: formOf(parts, read) };
    case 'json':
      return {
        contentType: 'application/json',
        content: JSON.stringify(Object.fromEntries(valuesOf(parts, read))),
      };
  }
}

async function multipartOf(parts: readonly Part[], read: (part: Part) => Value | undefined): Promise<Body> {
  const form = new FormData();
  for (const [name, value] of valuesOf(parts, read)) form.append(name, String(value));
  const written = new Response(form);
  const content = Buffer.from(await written.arrayBuffer());
  return { contentType: written.headers.get('content-type') ?? 'multipart/form-data', content };
}

function valuesOf(parts: readonly Part[], read: (part: Part) => Value | undefined): [string, Value][] {
  return parts.flatMap((part): [string, Value][] => {
    const value = read(part);
    return value === undefined ? [] : [[part.name, value]];
  });
}

function formOf(parts: readonly Part[], read: (part: Part) => Value | undefined): string {
  let form = '';
  for (const part of parts) {
    const value = part.written ?? read(part);
    if (value === undefined) continue;
    if (form !== '') form += '&';
    form += `${part.key}=${part.written ?? formEncode(String(value))}`;
  }
  return form;
}
