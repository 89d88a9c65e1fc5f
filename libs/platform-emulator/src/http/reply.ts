import { type Response } from 'express';

/** What an endpoint answers. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** JSON, `application/json; charset=utf-8` unless the headers say otherwise. */
export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = JSON.stringify(value);
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body };
}

/** Plain text, ending in a line break. */
export function textReply(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}

/** No body at all. */
export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: '' };
}

/** A redirect that tells the next site nothing about this one. */
export function redirectReply(location: string): Reply {
  return emptyReply(302, { Location: location, 'Referrer-Policy': 'no-referrer' });
}

/** Something that stays the same while the emulator runs. */
export function assetReply(
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const common = { 'Content-Type': type, 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' };
  return { status: 200, headers: { ...common, ...headers }, body };
}

/** Sends a reply. */
export function send(response: Response, { status, headers, body }: Reply): void {
  const bytes = Buffer.from(body);
  response.status(status).set({ ...headers });
  if (status !== 204) response.set('Content-Length', String(bytes.length));
  response.end(response.req.method === 'HEAD' || status === 204 ? undefined : bytes);
}
