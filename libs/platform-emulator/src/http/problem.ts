import { STATUS_CODES } from 'node:http';
import { jsonReply, type Reply } from './reply.js';

/** Refuses a steering request (RFC 9457); `field` names what is wrong in the body. */
export function problem(status: number, detail: string, field?: string): Reply {
  const title = STATUS_CODES[status];
  const headers = { 'Content-Type': 'application/problem+json' };
  return jsonReply(status, { type: 'about:blank', title, status, detail, field }, headers);
}
