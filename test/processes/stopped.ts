import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Wiretap } from '../crash/wiretap.js';
import { describeOn, Ground, servers, type StoreServer } from './ground.js';
import { type Member } from './fleet.js';
import { note } from './measured.js';
import { until } from '../support/until.js';

/** When the holder of the lease is killed or stopped, in the order of a renewal. */
const moments = ['claimed', 'marked', 'sent', 'replied', 'saved'] as const;
type Moment = (typeof moments)[number];
const platforms = { kept: 'huawei', strict: 'wps' } as const;
type Platform = keyof typeof platforms;

/** How a record ended, and how many renewals reached the platform for it. */
interface Ending {
  readonly inWords: string;
  readonly servedOthers: boolean;
}

const subject = 'user-1';
const hour = 3_600_000;
/** Short, because others wait until the lease of the dead is over: this and ten seconds. */
const timeoutMs = 5_000;
/** So many scenes at a time: each of them starts a process, on whatever the machine has left for it. */
const together = 5;

/*
 * Many processes on a real store; the one that holds the lease is killed, or stopped past its lease and then continued.
 * The other process of each scene is the test itself. Scenes run side by side, since each waits for a lease to end. Needs
 * the build (`npm run build`).
 */
export function describeStopped(kind: 'redis' | 'postgres'): void {
  describeOn(describe, kind, 'a process that holds the lease', () => {
    let server: StoreServer;
    beforeAll(async () => {
      server = await servers[kind]();
    }, 60_000);
    afterAll(() => server.stop());

    async function scene<Result>(
      name: string,
      platform: Platform,
      play: (ground: Ground) => Promise<Result>,
    ): Promise<Result> {
      const ground = await Ground.within(server, `scene_${name}`, {
        provider: platforms[platform],
        timeoutMs,
      });
      try {
        return await play(ground);
      } finally {
        await ground.stop();
      }
    }

    async function ending(ground: Ground, servedOthers: boolean): Promise<Ending> {
      const record = await ground.record(subject);
      const cause = record?.cause === null ? '' : ` (${record?.cause?.reason ?? 'gone'})`;
      const calls = ground.calls();
      return {
        inWords: `${record?.state ?? 'gone'}${cause}, ${calls} ${calls === 1 ? 'call' : 'calls'}`,
        servedOthers,
      };
    }

    /** Starts a process that is sent `signal` at `moment`, with a tap on its line where only the line knows the moment. */
    async function victim(
      ground: Ground,
      moment: Moment,
      signal: 'SIGKILL' | 'SIGSTOP',
    ): Promise<{ member: Member; close: () => Promise<void> }> {
      if (moment !== 'sent') {
        const [member] = await ground.fleet(1, { uncached: true });
        if (member === undefined) throw new Error('no process');
        await member.tell('halt', { at: moment, signal });
        return { member, close: () => Promise.resolve() };
      }
      const held: { member?: Member } = {};
      const tap = await Wiretap.before(ground.task.origin, () => held.member?.kill(signal), {
        passOn: signal === 'SIGSTOP',
      });
      const [member] = await ground.fleet(1, { uncached: true, origin: tap.url });
      if (member === undefined) throw new Error('no process');
      held.member = member;
      return { member, close: () => tap.close() };
    }

    describe('and is killed', () => {
      const cells = (['kept', 'strict'] as const).flatMap((platform) =>
        moments.map((moment) => [platform, moment] as const),
      );
      const endings = new Map<string, Ending>();

      beforeAll(async () => {
        const played = await inWaves(cells, ([platform, moment]) =>
          scene(`killed_${platform}_${moment}`, platform, async (ground): Promise<Ending> => {
            await ground.signIn(subject, { endsIn: -1_000 });
            const { member, close } = await victim(ground, moment, 'SIGKILL');
            void member.tell('ask', { subject, callers: 1 }).catch(() => undefined);
            if ((await member.ended()) !== 'SIGKILL') throw new Error('the process was not killed');
            const began = ground.now();
            const served = await ground.ask(subject);
            note(`killed ${kind} ${platform} ${moment}`, { servedAfterMs: ground.now() - began });
            const ended = await ending(ground, await ground.takes(served));
            await close();
            return ended;
          }),
        );
        for (const [[platform, moment], end] of played) endings.set(`${platform} ${moment}`, end);
      }, 180_000);

      const repaired = (calls: string): Ending => ({ inWords: `fresh, ${calls}`, servedOthers: true });
      const lost: Ending = { inWords: 'needs_login (lost_reply), 2 calls', servedOthers: false };
      it.each<[Platform, Moment, Ending]>([
        ['kept', 'claimed', repaired('1 call')],
        ['kept', 'marked', repaired('1 call')],
        ['kept', 'sent', repaired('2 calls')],
        ['kept', 'replied', repaired('2 calls')],
        ['kept', 'saved', repaired('1 call')],
        ['strict', 'claimed', repaired('1 call')],
        ['strict', 'marked', repaired('1 call')],
        ['strict', 'sent', lost],
        ['strict', 'replied', lost],
        ['strict', 'saved', repaired('1 call')],
      ])('leaves the others what the table of one process says: %s, %s', (platform, moment, expected) => {
        expect(endings.get(`${platform} ${moment}`)).toEqual(expected);
      });
    });

    describe('and is stopped past its lease, and continued', () => {
      let afterMark: { ending: Ending; late: readonly string[]; callsBefore: number };
      let afterSending: readonly string[];
      let afterReply: readonly string[];

      beforeAll(async () => {
        [afterMark, afterSending, afterReply] = await Promise.all([
          scene('stopped_marked', 'strict', async (ground) => {
            await ground.signIn(subject, { endsIn: -1_000 });
            const { member } = await victim(ground, 'marked', 'SIGSTOP');
            const late = member.tell('ask', { subject, callers: 3 });
            await until(() => isStopped(member));
            const served = await ground.ask(subject);
            const callsBefore = ground.calls();
            member.kill('SIGCONT');
            const { tokens, errors } = await late;
            const own =
              tokens.length === 1 && tokens[0] === served ? 'the token of the other' : 'another token';
            return {
              ending: await ending(ground, await ground.takes(served)),
              late: [own, ...errors],
              callsBefore,
            };
          }),
          scene('stopped_sent', 'strict', (ground) => late(ground, 'sent')),
          scene('stopped_replied', 'strict', (ground) => late(ground, 'replied')),
        ]);
      }, 180_000);

      /** The old token lives on, so nobody needs the retry yet when the process comes back with what it got. */
      async function late(ground: Ground, moment: 'sent' | 'replied'): Promise<readonly string[]> {
        const old = await ground.signIn(subject, { endsIn: hour });
        const { member, close } = await victim(ground, moment, 'SIGSTOP');
        await member.tell('ask', { subject, callers: 1 }).catch(() => undefined);
        await until(() => isStopped(member));
        const states: string[] = [];
        // Others find the mark as soon as the lease is over, and leave the refresh token alone.
        await until(async () => {
          await ground.engine.sweeper.refreshDue();
          return (await ground.record(subject))?.state === 'in_doubt';
        });
        states.push((await ending(ground, true)).inWords);
        states.push((await ground.ask(subject)) === old ? 'the old token' : 'another token');
        member.kill('SIGCONT');
        await until(async () => (await ground.record(subject))?.state !== 'in_doubt');
        const renewed = (await ground.record(subject))?.tokens.accessToken.reveal() ?? '';
        states.push((await ending(ground, await ground.takes(renewed))).inWords);
        await close();
        return states;
      }

      it('does not send any more after the mark; the other has done it, and both serve its token', () => {
        expect(afterMark).toEqual({
          ending: { inWords: 'fresh, 1 call', servedOthers: true },
          late: ['the token of the other'],
          callsBefore: 1,
        });
      });

      const accepted = ['in_doubt (lost_reply), 1 call', 'the old token', 'fresh, 1 call'];

      it('still reads the answer that came meanwhile, and its save is accepted', () => {
        expect(afterSending).toEqual(accepted);
      });

      it('still saves what it had read', () => {
        expect(afterReply).toEqual(accepted);
      });
    });
  });
}

async function inWaves<Item, Result>(
  items: readonly Item[],
  play: (item: Item) => Promise<Result>,
): Promise<(readonly [Item, Result])[]> {
  const played: (readonly [Item, Result])[] = [];
  for (let at = 0; at < items.length; at += together) {
    const wave = items.slice(at, at + together);
    played.push(...(await Promise.all(wave.map(async (item) => [item, await play(item)] as const))));
  }
  return played;
}

/** Whether the system has stopped a process. */
async function isStopped({ pid }: Member): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8');
  return line.slice(line.lastIndexOf(')') + 2).startsWith('T');
}
