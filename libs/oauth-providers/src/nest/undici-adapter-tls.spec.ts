import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { caller, exchange, httpPorts, loadHttpPorts, type MadePort } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';

const day = 86_400_000;
const loopback = new Loopback();
let http: MadePort;
let requests: string[];
let handshakes: { name: unknown; resumed: boolean; failed?: boolean }[];

beforeAll(loadHttpPorts);
beforeEach(() => {
  requests = [];
  handshakes = [];
});
afterEach(async () => {
  http.close();
  await loopback.close();
});

const send = caller(() => http, exchange);

interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** One element of DER (X.690 §8.1): a tag, a length, what is in it. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));

/** A certificate (RFC 5280 §4.1) that vouches for itself. */
function certified(names: readonly string[], from = -day, until = day): Certified {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(0x30, hex('06082a8648ce3d040302'));
  const name = der(0x30, der(0x31, der(0x30, hex('0603550403'), der(0x0c, Buffer.from(names.join())))));
  const now = new Date().getTime();
  const alternatives = names.map((each) =>
    each === '127.0.0.1' ? der(0x87, Buffer.from([127, 0, 0, 1])) : der(0x82, Buffer.from(each)),
  );
  const extension = der(0x30, hex('0603551d11'), der(0x04, der(0x30, ...alternatives)));
  const body = der(
    0x30,
    der(0xa0, hex('020102')),
    hex('020101'),
    ecdsaWithSha256,
    name,
    der(0x30, time(now + from), time(now + until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = der(0x03, hex('00'), sign('sha256', body, privateKey));
  const base64 = der(0x30, body, ecdsaWithSha256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

const valid = certified(['localhost', '127.0.0.1']);

async function serve(certificate: Certified, headers: Record<string, string> = {}): Promise<number> {
  const server = createHttpsServer({ ...certificate }, (request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(200, headers).end('ok');
  });
  server.on('secureConnection', (socket: TLSSocket & { servername: unknown }) => {
    handshakes.push({ name: socket.servername, resumed: socket.isSessionReused() });
  });
  return loopback.listen(server);
}

describe.each(httpPorts)('over %s', (_port, make) => {
  describe('TLS', () => {
    it.each(['localhost', '127.0.0.1'])('to %s is trusted by the certificates given', async (host) => {
      http = make({ ca: valid.cert });
      const port = await serve(valid);
      expect((await send(`https://${host}:${port}/a`)).body.toString()).toBe('ok');
      // Addresses are not named in a handshake (RFC 6066 §3).
      expect(handshakes).toEqual([{ name: host === 'localhost' ? host : false, resumed: false }]);
    });

    it('is resumed by the next connection', async () => {
      http = make({ ca: valid.cert });
      const url = `https://localhost:${await serve(valid, { connection: 'close' })}/`;
      await send(url);
      await send(url);
      expect(handshakes.map(({ resumed }) => resumed)).toEqual([false, true]);
    });

    it('keeps its connection', async () => {
      http = make({ ca: valid.cert });
      const url = `https://localhost:${await serve(valid)}/`;
      await Promise.all([send(url), send(url)]);
      await Promise.all([send(url), send(url)]);
      expect([requests.length, handshakes.length]).toEqual([4, 2]);
    });

    const wrong = certified(['other.example']);
    const expired = certified(['localhost'], -2 * day, -day);
    const early = certified(['localhost'], day, 2 * day);
    it.each<[string, Certified, string | undefined]>([
      ['that vouches for itself', valid, undefined],
      ['of another name', wrong, wrong.cert],
      ['that has expired', expired, expired.cert],
      ['that is not valid yet', early, early.cert],
      ['of somebody else', certified(['localhost']), valid.cert],
    ])('with a certificate %s fails before anything is sent', async (_, certificate, ca) => {
      http = make(ca === undefined ? {} : { ca });
      const url = `https://localhost:${await serve(certificate)}/`;
      expect(await loopback.failureOf(send(url))).toEqual(['tls', false]);
      expect(requests).toEqual([]);
    });

    it('is verified whatever the environment says', async () => {
      http = make();
      const url = `https://localhost:${await serve(valid)}/`;
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      const failure = await loopback.failureOf(send(url)).finally(() => {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      });
      expect(failure).toEqual(['tls', false]);
    });

    it.each([
      ['garbage', 'tls', 'no handshake at all\r\n\r\n'],
      // A fatal alert: handshake_failure (RFC 5246 §7.2).
      ['a refusal', 'tls', '\u0015\u0003\u0003\u0000\u0002\u0002\u0028'],
      ['the end of the connection', 'unreachable', ''],
    ])('whose handshake meets %s fails before anything is sent', async (_, reason, bytes) => {
      http = make();
      const server = createTcpServer((socket) => socket.once('data', () => socket.end(bytes, 'latin1')));
      const url = `https://localhost:${await loopback.listen(server)}/`;
      expect(await loopback.failureOf(send(url))).toEqual([reason, false]);
    });

    it('that is cut within the answer was sent', async () => {
      http = make({ ca: valid.cert });
      const server = createHttpsServer({ ...valid }, ({ socket }, response) => {
        response.writeHead(200, { 'content-length': '9' });
        response.write('ab', () => socket.destroy());
      });
      const url = `https://localhost:${await loopback.listen(server)}/`;
      expect(await loopback.failureOf(send(url))).toEqual(['reset', true]);
    });

    it('whose server asks for a certificate of ours in vain is no silent success', async () => {
      http = make({ ca: valid.cert });
      const options = { ...valid, requestCert: true, rejectUnauthorized: true };
      const server = createHttpsServer(options, (_request, response) => response.end('ok'));
      const url = `https://localhost:${await loopback.listen(server)}/`;
      // The refusal comes after the handshake is over for us (RFC 8446 §4.4.2.4), so the request may have left.
      expect((await loopback.failureOf(send(url)))[1]).toBe(true);
    });
  });
});
