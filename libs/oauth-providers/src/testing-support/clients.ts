import { type ConfiguredProvider } from '../core/define-provider.js';
import { anyweb } from '../providers/anyweb.js';
import { huawei } from '../providers/huawei.js';
import { wps } from '../providers/wps.js';
import { yuanzhibang } from '../providers/yuanzhibang.js';
import { type TokenOperation } from '../wire/wire.js';
import { Wire } from '../wire/wire.js';
import { FakeClock, FakeHttp, FakeRandomness, type Step } from './fakes.js';

/** The four built-in providers, each with credentials that are easy to find where they must not be. */
export const clients = {
  anyweb: anyweb({ appId: 'anyweb-app', secret: 'CANARY-anyweb-secret' }),
  huawei: huawei({ clientId: '107408391', clientSecret: 'CANARY-huawei-secret' }),
  wps: wps({ clientId: 'AK20240501', clientSecret: 'CANARY-wps-secret' }),
  yuanzhibang: yuanzhibang({ appId: 'yzb-app', secret: 'CANARY-yuanzhibang-secret' }),
} as const satisfies Readonly<Record<string, ConfiguredProvider>>;

/** What every operation could ask for, so that a test names only what it is about. */
export const inputs = {
  code: 'CANARY-code',
  redirectUri: 'https://app.example.com/auth/callback',
  accessToken: 'CANARY-access-token',
  appToken: 'CANARY-app-token',
  subject: 'CANARY-subject',
};

/** A wire in a world of its own. */
export function wireWith(...steps: readonly Step[]): { wire: Wire; http: FakeHttp; clock: FakeClock } {
  const http = new FakeHttp(...steps);
  const clock = new FakeClock();
  return { wire: new Wire(http, clock, new FakeRandomness()), http, clock };
}

/** Runs one token operation of a provider against one answer. */
export async function readTokens(
  provider: ConfiguredProvider,
  step: Step,
  operation: TokenOperation = 'exchange',
): Promise<Awaited<ReturnType<Wire['tokens']>> & { readonly sentAt: number }> {
  const { wire, clock } = wireWith(step);
  const sentAt = clock.now();
  return { ...(await wire.tokens(provider, operation, inputs)), sentAt };
}

/** Runs the profile operation of a provider against one answer. */
export function readProfile(provider: ConfiguredProvider, step: Step): ReturnType<Wire['profile']> {
  return wireWith(step).wire.profile(provider, inputs);
}
