import {
  type EmulatorClient,
  type ExtraClients,
  type ProviderName,
  providerNames,
  type TokenLifetimes,
} from 'platform-emulator';
import { parseClients } from './clients.js';

/** What the environment asks for. */
export interface EmulatorSettings {
  readonly port: number;
  readonly ports: Partial<Record<ProviderName, number>>;
  readonly autoApprove: boolean;
  readonly clients: ExtraClients;
  readonly lifetimes: TokenLifetimes;
}

/** An environment the emulator cannot start with; the message names the variable and what to do. */
export class EnvironmentError extends Error {}

/**
 * Reads `EMULATOR_PORT`, `EMULATOR_PORTS`, `EMULATOR_AUTO_APPROVE`, `EMULATOR_CLIENTS` and `EMULATOR_TOKEN_SECONDS`; an
 * empty one is unset.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv): EmulatorSettings {
  const read = (name: string) => environment[name]?.trim() ?? '';
  const port = read('EMULATOR_PORT') || '4000';
  const settings = {
    port: parsePort(port) ?? fail('EMULATOR_PORT', port, 'set it to a port number from 0 to 65535'),
    ports: readPorts(read('EMULATOR_PORTS')),
    autoApprove: readSwitch('EMULATOR_AUTO_APPROVE', read('EMULATOR_AUTO_APPROVE')),
    clients: readClients(read('EMULATOR_CLIENTS')),
    lifetimes: readLifetimes(read('EMULATOR_TOKEN_SECONDS')),
  };
  const taken = Object.entries(settings.ports).find(([, own]) => own !== 0 && own === settings.port);
  if (taken) {
    fail('EMULATOR_PORTS', taken.join(':'), 'give the platform another port than EMULATOR_PORT');
  }
  return settings;
}

function readPorts(text: string): Partial<Record<ProviderName, number>> {
  const ports: Partial<Record<ProviderName, number>> = {};
  for (const entry of entriesOf(text)) {
    const [name, number = '', ...rest] = entry.split(':').map((part) => part.trim());
    const provider = providerNames.find((known) => known === name);
    const port = parsePort(number);
    if (!provider || port === undefined || rest.length) {
      return fail('EMULATOR_PORTS', entry, 'write entries like huawei:4001,wps:4002');
    }
    if (provider in ports || (port !== 0 && Object.values(ports).includes(port))) {
      return fail('EMULATOR_PORTS', entry, 'name every platform and every port once');
    }
    ports[provider] = port;
  }
  return ports;
}

function readSwitch(name: string, value: string): boolean {
  if (value === '' || value === '0' || value === 'false') return false;
  if (value === '1' || value === 'true') return true;
  return fail(name, value, 'set it to 1 or leave it unset');
}

/** Access tokens and tickets die soon, refresh tokens as late as ever: so everything is renewed, and soon. */
function readLifetimes(text: string): TokenLifetimes {
  if (text === '') return {};
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds < 1)
    return fail('EMULATOR_TOKEN_SECONDS', text, 'set it to a whole number of seconds, at least 1');
  return { accessToken: seconds, ticket: seconds };
}

function readClients(text: string): ExtraClients {
  const parsed = text && parseClients(text);
  if (parsed === undefined) {
    // The value holds secrets, so the message does not repeat it.
    throw new EnvironmentError(
      'EMULATOR_CLIENTS cannot be read: write entries like wps:AK1:secret,huawei:123:secret:https://app.example.com/cb, ' +
        'or JSON like {"wps":[{"clientId":"AK1","clientSecret":"secret"}]}.',
    );
  }
  const clients: Partial<Record<ProviderName, EmulatorClient[]>> = parsed || {};
  const wrong = clients.huawei?.find((client) => !/^[0-9]{1,64}$/.test(client.clientId));
  if (wrong) {
    throw new EnvironmentError(
      'EMULATOR_CLIENTS has a Huawei client whose id is not a number: use digits only.',
    );
  }
  return clients;
}

export function entriesOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return port <= 65535 ? port : undefined;
}

function fail(name: string, value: string, fix: string): never {
  throw new EnvironmentError(`${name} is "${value}", which cannot be used: ${fix}.`);
}
