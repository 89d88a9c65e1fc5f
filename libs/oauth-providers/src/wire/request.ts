import { type InputName, type Param, type RequestSpec } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type ErrorOperation, OAuthProviderError } from '../core/errors.js';
import { type HttpRequest } from '../core/ports.js';
import { Secret } from '../core/secret.js';

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
  const fill = (
    params: Readonly<Record<string, Param>> = {},
  ): [string, Exclude<Param, object> | readonly string[]][] =>
    Object.entries(params).flatMap(([name, param]) => {
      const value = valueOf(provider, operation, name, param, inputs);
      return value === undefined ? [] : [[name, value]];
    });
  const url = new URL(spec.url);
  const body = fill(spec.params);
  for (const [name, value] of [...fill(spec.query), ...(spec.encoding === 'query' ? body : [])]) {
    url.searchParams.append(name, String(value));
  }
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': 'nestjs-oauth-providers',
  };
  const encoded = spec.encoding === 'query' ? undefined : await encodeBody(spec.encoding, body);
  if (encoded !== undefined) headers['content-type'] = encoded.contentType;
  for (const [name, value] of fill(spec.headers)) headers[name.toLowerCase()] = String(value);
  if (spec.bearer !== undefined) {
    const token = valueOf(provider, operation, 'Authorization', { input: spec.bearer }, inputs);
    headers['authorization'] = `Bearer ${String(token)}`;
  }
  return {
    method: spec.method,
    url: url.href,
    headers,
    ...(encoded === undefined ? {} : { body: encoded.body }),
    timeoutMs: provider.timeoutMs,
    maxBytes: maxReplyBytes,
    reach: provider.reach,
    ...(signal === undefined ? {} : { signal }),
  };
}

function valueOf(
  provider: ConfiguredProvider,
  operation: ErrorOperation,
  name: string,
  param: Param,
  inputs: Inputs,
): Exclude<Param, object> | readonly string[] | undefined {
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

async function encodeBody(
  encoding: 'form' | 'json' | 'multipart',
  params: readonly [string, Exclude<Param, object> | readonly string[]][],
): Promise<{ contentType: string; body: string | Buffer }> {
  if (encoding === 'json') {
    return { contentType: 'application/json', body: JSON.stringify(Object.fromEntries(params)) };
  }
  if (encoding === 'form') {
    const form = new URLSearchParams(params.map(([name, value]): [string, string] => [name, String(value)]));
    return { contentType: 'application/x-www-form-urlencoded', body: form.toString() };
  }
  const form = new FormData();
  for (const [name, value] of params) form.append(name, String(value));
  const written = new Response(form);
  const body = Buffer.from(await written.arrayBuffer());
  return { contentType: written.headers.get('content-type') ?? 'multipart/form-data', body };
}
