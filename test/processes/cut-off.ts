import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenedRecord, type RecordIdentity } from '../../libs/oauth-providers/src/vault/index.js';
import { Cutter } from './cutter.js';
import { type Member } from './fleet.js';
import { describeOn, Ground, type GroundOptions, servers, type StoreServer } from './ground.js';
import { type Served } from './task.js';
import { until } from '../support/until.js';

const callers = 50;
const rounds = process.env['FULL'] === '1' ? 20 : 1;

const bystander = 'user-9000';

/** A process whose line to the store can be cut. */
interface Cuttable {
  readonly ground: Ground;
  readonly member: Member;
  /** Another one on the same store, whose line is whole. */
  readonly other: Member;
  readonly cutter: Cutter;
  /** Loses the answer to the next call of `method`; `carriedOut` may look at the store before the line is cut. */
  lose(method: string, carriedOut: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/*
 * A real process whose connections to its store break at the worst moment: what it asked for was carried out, and it has
 * heard nothing of it. Needs the build (`npm run build`).
 */
export function describeCut(kind: 'redis' | 'postgres'): void {
  describeOn(describe, kind, 'a process that loses an answer of its store', () => {
    let server: StoreServer;
    beforeAll(async () => {
      server = await servers[kind]();
    }, 60_000);
    afterAll(async () => {
      await Promise.all([...open].map((scene) => scene.stop()));
      await server.stop();
    });
    /** What a test that failed has left. */
    const open = new Set<Cuttable>();
    let count = 0;

    async function cuttable(space: string, options: GroundOptions): Promise<Cuttable> {
      const ground = await Ground.within(server, space, options);
      const cutter = await Cutter.before(server.place.url);
      const store = { ...ground.task.store, url: cutter.url };
      const started = [{ store }, {}].map((change) => ground.fleet(1, { uncached: true, ...change }));
      const [member, other] = (await Promise.all(started)).flat() as [Member, Member];
      const scene: Cuttable = {
        ...{ ground, cutter, member, other },
        async lose(method, carriedOut) {
          member.onCut = () => {
            cutter.cutNext(carriedOut);
            return Promise.resolve();
          };
          await member.tell('cut', { method });
        },
        async stop() {
          if (!open.delete(scene)) return;
          await ground.stop();
          await cutter.close();
        },
      };
      open.add(scene);
      return scene;
    }

    /** Somebody whose token is over, and everything the two processes make of that when an answer is lost. */
    async function play(
      { ground, member, other, lose }: Cuttable,
      method: string,
      order: (subject: string) => Promise<Served | undefined>,
      isCarriedOut: (record: OpenedRecord, old: string) => boolean,
      others: 'ask at once' | 'are served first' | 'do not ask' = 'ask at once',
    ) {
      const subject = `user-${(count += 1)}`;
      const old = await ground.signIn(subject, { endsIn: -1_000 });
      const before = { ...ground.counts(), calls: ground.calls() };
      const seen = { isCarriedOut: false, bystander: 0, others: undefined as Promise<Served> | undefined };
      const ask = (): Promise<Served> => other.tell('ask', { subject, callers });
      await lose(method, async () => {
        const record = await ground.record(subject);
        seen.isCarriedOut = record !== undefined && isCarriedOut(record, old);
        if (others !== 'do not ask') seen.others = ask();
        if (others === 'are served first') await seen.others;
        seen.bystander = (await other.tell('ask', { subject: bystander, callers })).failed;
      });
      const own = await order(subject);
      const theirs = await seen.others;
      await until(async () => (await member.tell('stats', {})).unsaved === 0);
      const record = await ground.record(subject);
      return {
        ...{ subject, own, theirs, record },
        told: {
          ...{ isCarriedOut: seen.isCarriedOut, bystanderFailed: seen.bystander },
          calls: ground.calls() - before.calls,
          reuse: ground.counts().reuse - before.reuse,
          complaints: member.complaints + other.complaints,
        },
      };
    }

    describe('while it renews', () => {
      let near: Cuttable;
      /** It waits for the end of a lease, so it begins first and is looked at last. */
      let sweeping: ReturnType<typeof playSweep>;

      beforeAll(async () => {
        sweeping = playSweep();
        sweeping.catch(() => undefined);
        near = await cuttable('renewing', {});
        await near.ground.signIn(bystander, { endsIn: 3_600_000, dueIn: 3_000_000 });
      }, 60_000);
      afterAll(() => near.stop());

      async function playSweep() {
        // Its claim is waited for: this and ten seconds.
        const scene = await cuttable('sweeping', { timeoutMs: 5_000 });
        const { ground, member } = scene;
        await ground.signIn(bystander, { endsIn: 3_600_000, dueIn: 3_000_000 });
        let error = '';
        const sweep = async (): Promise<undefined> => {
          await member.tell('sweep', {}).catch((reason: unknown) => (error = String(reason)));
        };
        const played = await play(scene, 'claimDue', sweep, ({ leasedUntil }) => leasedUntil !== null);
        await scene.stop();
        return { ...played, error };
      }

      const asked = (subject: string): Promise<Served> => near.member.tell('ask', { subject, callers });
      const well = { isCarriedOut: true, bystanderFailed: 0, calls: 1, reuse: 0, complaints: '' };
      const fresh = { state: 'fresh', inSpending: false, failures: 0, leasedUntil: null };

      it.each<[string, (record: OpenedRecord, old: string) => boolean]>([
        ['claim', ({ leasedUntil }) => leasedUntil !== null],
        ['markSpending', ({ inSpending }) => inSpending],
        ['saveIf', ({ tokens }, old) => tokens.accessToken.reveal() !== old],
      ])(
        'serves all callers after one call when it was that to %s',
        async (method, isCarriedOut) => {
          for (let round = 0; round < rounds; round += 1) {
            const { own, theirs, record, told } = await play(near, method, asked, isCarriedOut);
            expect(told).toEqual(well);
            const tokens = [record?.tokens.accessToken.reveal()];
            expect(own).toMatchObject({ tokens, errors: [] });
            expect(theirs).toMatchObject({ tokens, errors: [] });
            expect(record).toMatchObject(fresh);
          }
        },
        300_000,
      );

      describe('and it was that to settle after a failure', () => {
        const refused = (subject: string): Promise<Served> => {
          near.ground.emulator.addFault({
            ...{ provider: 'wps', path: '/oauth2/token', times: 1 },
            fault: { kind: 'status', status: 503 },
          });
          return asked(subject);
        };
        const hasFailed = ({ failures }: OpenedRecord): boolean => failures === 1;

        it('counts the failure once, and renews after it', async () => {
          const { ground } = near;
          for (let round = 0; round < rounds; round += 1) {
            const { subject, own, record, told } = await play(
              ...([near, 'settle', refused, hasFailed, 'do not ask'] as const),
            );
            expect(own).toMatchObject({ tokens: [], errors: ['transient'] });
            expect(record).toMatchObject({
              state: 'degraded',
              inSpending: false,
              failures: 1,
              leasedUntil: null,
            });
            expect(told).toEqual(well);
            await until(async () => ground.takes(await ground.ask(subject)));
            expect(await ground.record(subject)).toMatchObject(fresh);
          }
        }, 300_000);

        it('gives out what another process has got meanwhile', async () => {
          for (let round = 0; round < rounds; round += 1) {
            const { own, theirs, record, told } = await play(
              ...([near, 'settle', refused, hasFailed, 'are served first'] as const),
            );
            const tokens = [record?.tokens.accessToken.reveal()];
            expect(own).toMatchObject({ tokens, errors: [] });
            expect(theirs).toMatchObject({ tokens, errors: [] });
            expect(record).toMatchObject(fresh);
            expect(told).toEqual({ ...well, calls: 2 });
          }
        }, 300_000);
      });

      it('leaves what its sweep had claimed to others as soon as the lease is over', async () => {
        const { error, theirs, record, told } = await sweeping;
        expect(told).toEqual(well);
        expect(error).toContain('StoreUnavailableError');
        expect(theirs).toMatchObject({ tokens: [record?.tokens.accessToken.reveal()], failed: 0 });
        expect(record).toMatchObject(fresh);
      }, 120_000);
    });

    it.each(['takeSliding', 'putIfAbsent', 'saveFirst'])(
      'fetches the first app token with one call when it was that to %s',
      async (method) => {
        for (let round = 0; round < rounds; round += 1) {
          const near = await cuttable(`first_${method.toLowerCase()}_${round}`, { provider: 'huawei' });
          const { ground, member, other } = near;
          const { name: provider, clientId } = ground.provider;
          const app: RecordIdentity = { kind: 'app', provider, clientId };
          let others: Promise<Served> | undefined;
          await near.lose(method, () => {
            others = other.tell('askApp', { callers });
            return Promise.resolve();
          });
          const own = await member.tell('askApp', { callers });
          const tokens = [(await ground.vault.load(app))?.tokens.accessToken.reveal()];
          expect(own).toMatchObject({ tokens, errors: [] });
          expect(await others).toMatchObject({ tokens, errors: [] });
          expect({ calls: ground.counts().appTokens, used: await ground.used() }).toEqual({
            calls: 1,
            used: 1,
          });
          expect(member.complaints + other.complaints).toBe('');
          await near.stop();
        }
      },
      300_000,
    );

    it('counts a draw once when it was that to take', async () => {
      const near = await cuttable('drawing', { provider: 'anyweb' });
      for (let round = 1; round <= rounds; round += 1) {
        let usedWhenCut = 0;
        await near.lose('take', async () => {
          usedWhenCut = await near.ground.used();
        });
        expect(await near.member.tell('draw', { operation: 'exchange' })).toBeNull();
        expect({ usedWhenCut, used: await near.ground.used() }).toEqual({ usedWhenCut: round, used: round });
      }
      expect(near.member.complaints).toBe('');
      await near.stop();
    }, 120_000);
  });
}
