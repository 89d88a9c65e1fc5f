import { type Request, type Response } from 'express';
import { type Fault } from '../core/faults.js';

const gatewayPage = `<!doctype html>
<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>gateway</center></body></html>
`;
const nowhere = 'https://redirected.invalid/';
const endlessChunk = Buffer.alloc(16 * 1024, ' ');

/**
 * Misbehaves as told. Returns false when the endpoint is still to answer: a `slow` fault without a body lets the
 * real reply drip.
 */
export function replyWithFault(fault: Fault, request: Request, response: Response): boolean {
  response.set({ ...fault.headers });
  switch (fault.kind) {
    case 'status':
      send(response, fault.status ?? 500, fault.body ?? '', 'text/plain');
      return true;
    case 'html':
      send(response, fault.status ?? 502, fault.body ?? gatewayPage, 'text/html');
      return true;
    case 'json':
      send(response, fault.status ?? 200, fault.body ?? {}, 'application/json');
      return true;
    case 'empty':
      response.status(fault.status ?? 200).end();
      return true;
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case 'redirect':
      response.set('Location', typeof fault.body === 'string' ? fault.body : nowhere);
      response.status(fault.status ?? 307).end();
      return true;
    case 'endless':
      startEndless(response, fault);
      return true;
    case 'slow':
      dripFromNowOn(response, fault.ms ?? 50);
      if (fault.body === undefined) return false;
      send(response, fault.status ?? 200, fault.body, 'application/json');
      return true;
  }
}

/** A text goes out as it is, anything else as JSON; a content type given as a header wins. */
function send(response: Response, status: number, body: unknown, type: string): void {
  const isText = typeof body === 'string';
  if (!response.getHeader('Content-Type')) response.type(isText ? type : 'application/json');
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  response.set('Content-Length', String(bytes.length)).status(status).end(bytes);
}

function startEndless(response: Response, fault: Fault): void {
  response
    .status(fault.status ?? 200)
    .type('application/json')
    .flushHeaders();
  let timer: NodeJS.Timeout | undefined;
  const pump = () => {
    const again = () => (timer = setTimeout(pump, fault.ms ?? 1));
    if (response.write(endlessChunk)) again();
    else response.once('drain', again);
  };
  response.once('close', () => {
    clearTimeout(timer);
    response.removeAllListeners('drain');
  });
  pump();
}

/** From here on, whatever ends the reply leaves byte by byte. */
function dripFromNowOn(response: Response, ms: number): void {
  const end = response.end.bind(response) as () => Response;
  response.end = ((chunk?: unknown, encoding?: unknown) => {
    const bytes = bytesOf(chunk, encoding);
    let sent = 0;
    response.flushHeaders();
    const drip = () => {
      if (sent === bytes.length) {
        clearInterval(timer);
        end();
      } else {
        response.write(bytes.subarray(sent, ++sent));
      }
    };
    const timer = setInterval(drip, ms);
    response.once('close', () => clearInterval(timer));
    return response;
  }) as typeof response.end;
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding as BufferEncoding | undefined);
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
}
