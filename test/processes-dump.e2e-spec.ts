import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { demoClients } from 'platform-emulator';
import { type OpenedRecord } from '../libs/oauth-providers/src/vault/index.js';
import { type DumpedServer, dumpedServers, formsIn } from './processes/dumps.js';
import { describeEach, Ground, type GroundOptions } from './processes/ground.js';

const hour = 3_600_000;

/*
 * What somebody reads who gets hold of the disk of the store, a backup of it, or its password: after logins, renewals,
 * tokens of applications, tickets, sessions and marks of logins. Needs the build (`npm run build`).
 */
describeEach(describe, 'a dump of the store', (kind) => {
  let server: DumpedServer;
  const secrets = new Map<string, string>();
  const keep = (what: string, secret: string | undefined): void => {
    if (secret === undefined || secret === '') throw new Error(`nothing is known of ${what}`);
    secrets.set(what, secret);
  };

  function keepTokens(what: string, record: OpenedRecord | undefined): void {
    keep(`${what}: access token`, record?.tokens.accessToken.reveal());
    const { refreshToken, idToken } = record?.tokens ?? {};
    if (refreshToken !== undefined) keep(`${what}: refresh token`, refreshToken.reveal());
    if (idToken !== undefined) keep(`${what}: id token`, idToken.reveal());
  }

  async function on(options: GroundOptions, play: (ground: Ground) => Promise<void>): Promise<void> {
    const ground = await Ground.within(server, `dump_${options.provider ?? ''}`, options);
    keep(`secret of ${ground.provider.name}`, ground.task.clientSecret);
    await play(ground).finally(() => ground.stop());
  }

  /** Signs somebody in and renews that, in a process of its own. */
  async function signInAndRenew(ground: Ground, subject: string, scopes: readonly string[]): Promise<void> {
    const { name } = ground.provider;
    const code = ground.emulator.issueCode(name as 'wps', { user: 'user-1', scopes });
    keep(`${name}: code`, code);
    keep(`${name}: subject`, subject);
    await ground.signIn(subject, { endsIn: -1_000, code });
    keepTokens(`${name}, signed in`, await ground.record(subject));
    const [member] = await ground.fleet(1);
    expect(await member?.tell('ask', { subject, callers: 1 })).toMatchObject({ errors: [] });
    keepTokens(`${name}, renewed`, await ground.record(subject));
  }

  beforeAll(async () => {
    server = await dumpedServers[kind]();
    await on({ provider: 'wps' }, async (ground) => {
      await signInAndRenew(ground, 'subject-of-wps-918273645546', ['kso.user_base.read']);
      const { vault } = ground;
      const until = ground.now() + hour;
      keep('session id', 'session-Zp3kQ0wYt7');
      keep('content of a session', 'session-content-5Hq1');
      keep('name in the directory', 'directory-name-8sVb');
      keep('value in the directory', 'directory-value-2LmX');
      keep('mark of a login', 'login-mark-6TgR');
      await vault.sessions.set('session-Zp3kQ0wYt7', { user: 'session-content-5Hq1' }, until);
      await vault.directory.put('directory-name-8sVb', 'directory-value-2LmX', null);
      await vault.spend('login-mark-6TgR', hour);
    });
    await on({ provider: 'huawei' }, async (ground) => {
      await signInAndRenew(ground, 'subject-of-huawei-564738291001', ['openid', 'profile']);
      const [member] = await ground.fleet(1);
      keep('huawei: app token', (await member?.tell('askApp', { callers: 1 }))?.tokens[0]);
    });
    await on({ provider: 'yuanzhibang' }, async (ground) => {
      const [member] = await ground.fleet(1);
      keep('ticket', (await member?.tell('askTicket', { type: 'js_ticket', callers: 1 }))?.tokens[0]);
      keep('yuanzhibang: app token', (await member?.tell('askApp', { callers: 1 }))?.tokens[0]);
    });
  }, 120_000);
  afterAll(() => server.stop());

  it('shows nothing of them, in clear, in hex or in base64', async () => {
    expect([...secrets.keys()]).toEqual(
      expect.arrayContaining(['huawei, signed in: id token', 'wps, renewed: refresh token', 'ticket']),
    );
    expect(secrets.get('secret of wps')).toBe(demoClients.wps.clientSecret);
    for (const dump of await server.dump()) {
      expect(Math.max(...[...dump.values()].map(({ length }) => length))).toBeGreaterThan(1_000);
      const found = [...secrets].flatMap(([what, secret]) =>
        formsIn(dump, secret).map((form) => `${what} (${form})`),
      );
      expect(found).toEqual([]);
    }
  });

  it('would show them if they were there', async () => {
    const marker = 'marker-7Kd9-of-a-search-that-finds';
    const bytes = Buffer.from(marker);
    const planted = [
      ...[marker, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), bytes.toString('base64')],
      ...[Buffer.from(`.${marker}`), Buffer.from(`..${marker}`)].map((text) => text.toString('base64url')),
    ];
    for (const text of planted) await server.plant(text);
    for (const dump of await server.dump()) {
      expect(formsIn(dump, marker)).toEqual(
        expect.arrayContaining([
          ...['clear', 'hex', 'upper-case hex'],
          ...['base64 from 0', 'base64url from 1', 'base64url from 2'],
        ]),
      );
      expect(formsIn(dump, 'marker-that-was-not-planted')).toEqual([]);
    }
  });
});
