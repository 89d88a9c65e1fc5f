import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * AnyWeb's own front end. It is LGPL and brings old native packages, so it is no dependency: whoever signs people
 * in at the real AnyWeb installs it.
 */
const anywebSdk = {
  name: '@idealight-labs/anyweb-js-sdk',
  bundle: join('dist', 'anyweb-js-sdk.umd.min.js'),
} as const;

/** Where the bundle is served from our own origin. */
export const anywebSdkPath = '/vendor/anyweb-sdk.js';

/** What an operator should know who signs people in at the real AnyWeb without its script. */
export const anywebSdkHint = `AnyWeb's script is missing, so nobody can sign in there: run "npm install ${anywebSdk.name}", or set ANYWEB_SDK_URL.`;

/** The bundle of AnyWeb's SDK, if a program in this folder could import it. */
export function findAnywebSdk(folder: string): string | undefined {
  try {
    const { resolve } = createRequire(join(folder, 'package.json'));
    const file = join(dirname(resolve(`${anywebSdk.name}/package.json`)), anywebSdk.bundle);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
