import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { createPlatformEmulator } from 'platform-emulator';
import { type EmulatorSettings, readEnvironment } from './environment.js';
import { sentenceFor } from './start-error.js';

let settings: EmulatorSettings | undefined;
try {
  // What the environment says itself wins.
  if (existsSync('.env')) loadEnvFile('.env');
  settings = readEnvironment(process.env);
  const emulator = await createPlatformEmulator(settings);
  const stop = (): void => {
    void emulator.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.stdout.write(`emulator ready at ${emulator.url}\n`);
} catch (error) {
  process.stderr.write(`${sentenceFor(error, settings)}\n`);
  process.exitCode = 1;
}
