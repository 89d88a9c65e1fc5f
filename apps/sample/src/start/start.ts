import { type NestExpressApplication } from '@nestjs/platform-express';
import { once } from 'node:events';
import { createSampleApp } from '../app.js';
import { ConfigError } from '../config/config-error.js';
import { SampleConfig } from '../config/sample-config.js';
import { stopOnSignals } from './stop.js';

/**
 * Starts the sample as a process: listens, says so, and stops on SIGINT and SIGTERM.
 *
 * @throws ConfigError when the address cannot be had
 */
export async function startSample(env: NodeJS.ProcessEnv): Promise<void> {
  const app = await createSampleApp(env);
  const { host, port, publicUrl, hints } = app.get(SampleConfig);
  try {
    await listen(app, port, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  stopOnSignals(app);
  process.stdout.write([`sample ready at ${publicUrl.origin}`, ...hints, ''].join('\n'));
}

async function listen(app: NestExpressApplication, port: number, host: string): Promise<void> {
  try {
    // Nest's own listen() would log the error besides throwing it.
    const server = app.getHttpServer();
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new ConfigError((sentences[code] ?? otherwise)(port, host));
  }
}

const unresolved = (_port: number, host: string) =>
  `HOST ${host} cannot be resolved: set HOST to an address of this machine.`;

const otherwise = (port: number, host: string) =>
  `HOST ${host} with PORT ${port} cannot be listened on: set them to an address and a free port of this machine.`;

const sentences: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port, host) =>
    `PORT ${port} on ${host} is taken by another process: stop that one, or set PORT to a free port.`,
  EACCES: (port) => `PORT ${port} may not be used by this user: set PORT to one above 1023.`,
  EADDRNOTAVAIL: (_port, host) => `HOST ${host} is no address of this machine: set HOST to one that is.`,
  ENOTFOUND: unresolved,
  // What a resolver answers that has no server to ask.
  EAI_AGAIN: unresolved,
};
