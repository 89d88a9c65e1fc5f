import { setTimeout as pause } from 'node:timers/promises';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { type Clock, type Randomness } from '../../libs/oauth-providers/src/core/ports.js';
import { type Secret } from '../../libs/oauth-providers/src/core/secret.js';
import { type RenewalEngine } from '../../libs/oauth-providers/src/refresh/engine.js';
import { type RenewalSettings } from '../../libs/oauth-providers/src/refresh/settings.js';
import { type renewsAt } from '../../libs/oauth-providers/src/refresh/windows.js';
import { type Vault } from '../../libs/oauth-providers/src/vault/index.js';
import { type Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { type Seeding, type Shift, type Shifted } from './task.js';

/*
 * What a process of a fleet does for longer: it takes in many logins, or sweeps and serves until it is told to rest.
 * Handed to the process as text, so of other files it can take nothing but types.
 */

/** What the process is made of. */
interface Crew {
  readonly engine: RenewalEngine;
  readonly wire: Wire;
  readonly vault: Vault;
  readonly provider: ConfiguredProvider;
  readonly settings: RenewalSettings;
  readonly randomness: Randomness;
  /** The machine's own, which is the platform's, too. */
  readonly clock: Clock;
  readonly renewsAt: typeof renewsAt;
  readonly Secret: typeof Secret;
}

/** Saves logins as their callbacks would, many at a time. */
export async function seed(crew: Crew, order: Seeding): Promise<null> {
  const { vault, provider, settings, randomness } = crew;
  const { prefix, from, count, lifeMs, tokenBytes = 0 } = order;
  const [first, last] = order.endIn;
  let next = 0;
  const save = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      const subject = `${prefix}-${from + at}`;
      const expiresAt = Math.floor(vault.clock.now() + first + ((last - first) * at) / count);
      const tail = `~${subject}~0~${expiresAt}~`;
      const tokens = {
        accessToken: new crew.Secret(`at${tail}`.padEnd(tokenBytes, 'x')),
        refreshToken: new crew.Secret(`rt${tail}`.padEnd(tokenBytes, 'x')),
        ...{ issuedAt: expiresAt - lifeMs, expiresAt, scope: [] },
      };
      await vault.saveLogin({
        ...{ provider: provider.name, clientId: provider.clientId, subject, tokens },
        renewsAt: crew.renewsAt(tokens, settings, randomness),
      });
    }
  };
  await Promise.all(Array.from({ length: 128 }, save));
  return null;
}

/** Sweeps again and again, and has callers ask all the time, until it is told to end. */
export function begin(crew: Crew, order: Shift): { end(): Promise<Shifted> } {
  const swept = { claimed: 0, renewed: 0, failed: 0, broken: 0 };
  const tally = { asked: 0, failed: 0, ended: 0, refused: 0 };
  const errors = new Set<string>();
  let over = false;
  const sweeping = async (): Promise<void> => {
    while (!over) {
      const report = await crew.engine.sweeper.refreshDue();
      for (const key of Object.keys(swept) as (keyof typeof swept)[]) swept[key] += report[key];
      await pause(order.everyMs);
    }
  };
  const calling = async (): Promise<void> => {
    while (!over) {
      await ask(crew, `${order.prefix}-${Math.floor(Math.random() * order.subjects)}`, tally, errors);
      await pause(10);
    }
  };
  const done = Promise.all([sweeping(), ...Array.from({ length: order.callers }, calling)]);
  return {
    async end(): Promise<Shifted> {
      over = true;
      // A sweep goes on as long as something is due: where more falls due than the machine can do, for ever.
      await crew.engine.sweeper.stop();
      await done;
      return { swept, ...tally, errors: [...errors] };
    },
  };
}

/** One caller, who shows what he gets to the platform. */
async function ask(
  { engine, wire, provider, clock }: Crew,
  subject: string,
  tally: { asked: number; failed: number; ended: number; refused: number },
  errors: Set<string>,
): Promise<void> {
  tally.asked += 1;
  try {
    const identity = { kind: 'user', provider: provider.name, clientId: provider.clientId, subject } as const;
    const { accessToken } = (await engine.live.get(provider, identity)).tokens;
    const endsAt = Number(accessToken.reveal().split('~')[3]);
    if (endsAt <= clock.now()) tally.ended += 1;
    const taken = await wire.profile(provider, { accessToken }).catch(() => undefined);
    // One that ended on the way was good when it was given out.
    if (taken === undefined && endsAt > clock.now()) tally.refused += 1;
  } catch (error) {
    tally.failed += 1;
    errors.add(String(error));
  }
}
