import { type INestApplication } from '@nestjs/common';
import { createPlatformEmulator, type PlatformEmulator } from 'platform-emulator';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createSampleApp } from '../app.js';
import { Visitor } from './visitor.js';

/** The sample on a free port, with an emulator that approves everything. */
export interface Site {
  readonly app: INestApplication;
  readonly origin: string;
  readonly emulator: PlatformEmulator;
  visitor(): Visitor;
  /** Signs a demo user in by a code that is handed in, as programs do. */
  signIn(visitor: Visitor, user?: string, returnTo?: string): Promise<Response>;
  close(): Promise<void>;
}

/** Starts the sample in this process; without a word about it, it keeps everything in memory. */
export async function startSite(env: NodeJS.ProcessEnv = {}): Promise<Site> {
  const emulator = await createPlatformEmulator({ autoApprove: true });
  const port = await freePort();
  const app = await createSampleApp({
    PORT: String(port),
    EMULATOR_URL: emulator.url,
    OAUTH_STORE: 'memory',
    OAUTH_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    SESSION_SECRET: 'the session secret of tests',
    ...env,
  });
  await app.listen(port, '127.0.0.1');
  const origin = `http://127.0.0.1:${port}`;
  return {
    app,
    origin,
    emulator,
    visitor: () => new Visitor(origin),
    signIn: async (visitor, user = 'zhangwei', returnTo) => {
      const begun = await visitor.visit('/auth/anyweb/attempts', {
        json: returnTo === undefined ? {} : { returnTo },
      });
      const { state } = (await begun.json()) as { state: string };
      const code = emulator.issueCode('anyweb', { user });
      return visitor.visit('/auth/anyweb/callback', { json: { code, state } });
    },
    close: async () => {
      await app.close();
      await emulator.close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
