import { BlockList, isIP } from 'node:net';

/**
 * How far inside outbound calls may lead: `public` nothing but the Internet (the default), `loopback` this
 * machine too, `private` the local network as well.
 */
export type NetworkReach = 'public' | 'loopback' | 'private';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const inside = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  inside.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  // The unspecified address, and IPv4 addresses in the long abandoned compatible notation.
  ['::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(net, prefix, 'ipv6');
}

/** Whether a connection to this IP address stays within `reach`. IPv4-mapped IPv6 addresses count as IPv4. */
export function addressAllowed(address: string, reach: NetworkReach): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const family = isIP(mapped) === 6 ? 'ipv6' : 'ipv4';
  if (loopback.check(mapped, family)) {
    return reach !== 'public';
  }
  return !inside.check(mapped, family) || reach === 'private';
}

/** Whether the host of a URL names this machine without asking a resolver. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return (
    bare === 'localhost' || (isIP(bare) !== 0 && loopback.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4'))
  );
}

/** Why a URL may not be called, as the end of a sentence; `undefined` when it may. */
export function refusalOf(url: string, reach: NetworkReach): string | undefined {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !(reach !== 'public' && isLoopbackHost(hostname))) {
    return 'plain http is allowed only to loopback, where a base URL says so; use https.';
  }
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && !addressAllowed(bare, reach)) {
    return 'private addresses need allowPrivateNetwork.';
  }
  return undefined;
}
