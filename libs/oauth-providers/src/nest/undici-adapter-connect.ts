import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContextOptions } from 'node:tls';
import { type buildConnector } from 'undici';
import { addressAllowed, type NetworkReach } from '../core/network.js';

/** An address that was resolved lies further inside than the call may reach. */
export const refusedAddress = 'ERR_REFUSED_ADDRESS';

/** Resolves a name to all its addresses, as `dns.lookup` does with `all`. */
export type Resolve = (
  hostname: string,
  options: { all: true },
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** What connections depend on besides the address. */
export interface ConnectOptions {
  /** @defaultValue `dns.lookup` */
  readonly resolve?: Resolve;
  /** Certificates to trust instead of the ones Node trusts. */
  readonly ca?: SecureContextOptions['ca'];
}

/** Opens a connection; what it gives back can be destroyed while it is still being made. */
export type Connect = (target: buildConnector.Options, done: buildConnector.Callback) => Socket;

/**
 * Opens the connections of one origin. Certificates are always verified, whatever the environment says, and a TLS
 * session is resumed where the server offered one, which saves both sides the costly half of the handshake.
 */
export function connectorOf(reach: NetworkReach, { resolve = dnsLookup, ca }: ConnectOptions): Connect {
  const lookup = lookupWithin(reach, resolve);
  const secureContext = createSecureContext(ca === undefined ? {} : { ca });
  let session: Buffer | undefined;

  const secured = (host: string, port: number): Socket =>
    connectTls({
      host,
      port,
      lookup,
      secureContext,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(session === undefined ? {} : { session }),
    }).on('session', (offered: Buffer) => (session = offered));

  return ({ hostname, port, protocol }, done) => {
    const secure = protocol === 'https:';
    const number = port === '' ? (secure ? 443 : 80) : Number(port);
    const socket = secure ? secured(hostname, number) : connectTcp({ host: hostname, port: number, lookup });
    let settled = false;
    return socket
      .setNoDelay(true)
      .once(secure ? 'secureConnect' : 'connect', () => {
        settled = true;
        done(null, socket);
      })
      .on('error', (error) => {
        if (settled) return;
        settled = true;
        session = undefined;
        done(error, null);
      });
  };
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Resolves a name and refuses what lies inside; the address that was checked is the one connected to. */
function lookupWithin(reach: NetworkReach, resolve: Resolve) {
  return (hostname: string, options: { all?: boolean | undefined }, callback: LookupCallback): void => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const [first] = found;
      if (
        first === undefined ||
        found.some(({ address }) => isIP(address) === 0 || !addressAllowed(address, reach))
      ) {
        callback(Object.assign(new Error('the address is not allowed'), { code: refusedAddress }), []);
        return;
      }
      if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}
