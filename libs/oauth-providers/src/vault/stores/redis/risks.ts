import { type Redis } from 'ioredis';
import { type Client, isCluster, serversOf } from './connection.js';
import { refusal } from './errors.js';

const oldest = [6, 2] as const;
const fields = /^(\w+):(.*?)\r?$/gm;

type Facts = ReadonlyMap<string, string>;

/**
 * Checks what no setting of ours can make up for.
 *
 * @throws OAuthConfigurationError when a server is too old, or is a node of a cluster and used as if it stood alone
 */
export async function checkServers(client: Client): Promise<void> {
  for (const server of serversOf(client)) {
    const facts = await infoOf(server, 'server');
    const version = facts.get('redis_version');
    const [major = 0, minor = 0] = version?.split('.').map(Number) ?? oldest;
    if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
      throw refusal(`needs Redis ${oldest.join('.')} or newer, and this is ${String(version)}`);
    }
    if (!isCluster(client) && facts.get('redis_mode') === 'cluster') {
      throw refusal('was given a node of a cluster as "url": give { cluster: [its URL] } instead');
    }
  }
}

/** What could be lost the way the servers are set up, a sentence each. */
export async function risksOf(client: Client): Promise<readonly string[]> {
  const risks = await Promise.all(serversOf(client).map((server) => risksOfServer(server)));
  return [...new Set(risks.flat())];
}

async function risksOfServer(server: Redis): Promise<readonly string[]> {
  const [memory, persistence] = await Promise.all([infoOf(server, 'memory'), infoOf(server, 'persistence')]);
  const policy = memory.get('maxmemory_policy');
  const keepsLog = persistence.get('aof_enabled');
  const risks: string[] = [];
  if (policy === undefined) {
    risks.push('maxmemory-policy could not be checked; it must be noeviction, or tokens may be dropped.');
  } else if (policy !== 'noeviction') {
    risks.push(
      `maxmemory-policy is ${policy}: when memory runs short Redis drops tokens, and their users must sign in again. Set it to noeviction.`,
    );
  }
  if (keepsLog === undefined) {
    risks.push(
      'Whether Redis writes to its disk could not be checked; without it a restart loses all tokens.',
    );
  } else {
    risks.push(...(keepsLog === '1' ? await logRisks(server) : await snapshotRisks(server)));
  }
  return risks;
}

async function logRisks(server: Redis): Promise<readonly string[]> {
  const fsync = await settingOf(server, 'appendfsync');
  if (fsync === 'always') return [];
  const cost = 'a refresh token that was rotated in it is lost, and its user must sign in again';
  if (fsync === 'everysec') {
    return [
      `appendfsync is everysec: a crash of the machine loses up to a second of writes; ${cost}. Only "always" loses nothing.`,
    ];
  }
  if (fsync === undefined) {
    return [
      `appendfsync could not be checked: unless it is "always", a crash loses the last writes; ${cost}.`,
    ];
  }
  return [
    `appendfsync is ${fsync}: a crash of the machine loses what was written in the last half minute or so; ${cost}.`,
  ];
}

async function snapshotRisks(server: Redis): Promise<readonly string[]> {
  const save = await settingOf(server, 'save');
  const cost = 'Set appendonly to yes and appendfsync to always.';
  if (save === '') return [`Redis writes nothing to its disk: a restart loses all tokens. ${cost}`];
  return [`appendonly is off: a crash loses at least what was written since the last snapshot. ${cost}`];
}

/** Empty where it may not be asked. */
async function infoOf(server: Redis, section: string): Promise<Facts> {
  const text = await allowed(() => server.info(section));
  return new Map([...(text ?? '').matchAll(fields)].map(([, name = '', value = '']) => [name, value]));
}

/** Undefined where it may not be asked: managed servers often forbid CONFIG. */
async function settingOf(server: Redis, name: string): Promise<string | undefined> {
  const reply = await allowed(() => server.config('GET', name));
  return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
}

async function allowed<Reply>(ask: () => Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await ask();
  } catch (error) {
    // It answers, and refuses: everything else is an outage.
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
