import { uuidOf } from '../../core/ids.js';
import { expand } from '../../core/randomness.js';
import { type DemoUser } from '../../core/users.js';

/** Conflux main net; 1 is the test net. */
export const mainNet = 1029;
/** The only chain AnyWeb knows: Conflux. */
export const conflux = 1;

const addressAlphabet = 'abcdefghjkmnprstuvwxyz0123456789';

/** The user within all apps of a developer. */
export function unionidOf(user: DemoUser): string {
  return uuidOf(expand(`anyweb\nunionid\n${user.key}`, 16));
}

/** The user's accounts on a network, in the form of CIP-37 (the check sum is not computed). */
export function addressesOf(user: DemoUser, network: number): string[] {
  const prefix = network === mainNet ? 'cfx' : 'cfxtest';
  const bytes = expand(`anyweb\naddress\n${network}\n${user.key}`, 41);
  return [`${prefix}:a${[...bytes].map((byte) => addressAlphabet[byte % 32]).join('')}`];
}
