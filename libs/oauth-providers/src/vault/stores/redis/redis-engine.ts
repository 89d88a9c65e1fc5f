import { OAuthConfigurationError } from '../../../core/errors.js';
import { type OpenStore, type StoreHealth } from '../../store-engine.port.js';
import { Buckets } from './buckets.js';
import { type Client, connect } from './connection.js';
import { cannotOpen } from './errors.js';
import { agreeOnLayout } from './layout.js';
import { Link, type TimeSource } from './link.js';
import { type RedisSettings } from './options.js';
import { RedisBlobs } from './redis-blobs.js';
import { RedisCoolDowns, RedisMarks, RedisQuotas } from './redis-quotas.js';
import { RedisTokens } from './redis-tokens.js';
import { checkServers, risksOf } from './risks.js';
import { listenerOf, RedisWakeUps } from './wake-ups.js';

const healthTimeoutMs = 2_000;

/**
 * Opens a store.
 *
 * @param time - where a test moves store time itself; otherwise it is the server's
 * @throws OAuthConfigurationError when it cannot be opened as configured
 */
export async function openRedisStore(settings: RedisSettings, time?: TimeSource): Promise<OpenStore> {
  const client = await connect(settings);
  let risks: readonly string[];
  try {
    await checkServers(client);
    await agreeOnLayout(client, settings.prefix, settings.buckets);
    risks = await risksOf(client);
  } catch (error) {
    client.disconnect();
    throw error instanceof OAuthConfigurationError ? error : cannotOpen(settings.addresses[0], [error]);
  }
  return new OpenRedisStore(client, settings, risks, time);
}

class OpenRedisStore implements OpenStore {
  readonly tokens: RedisTokens;
  readonly marks: RedisMarks;
  readonly blobs: RedisBlobs;
  readonly quotas: RedisQuotas;
  readonly notBefore: RedisCoolDowns;
  readonly wakeUps: RedisWakeUps;
  readonly #link: Link;

  constructor(
    private readonly client: Client,
    private readonly settings: RedisSettings,
    private risks: readonly string[],
    time: TimeSource | undefined,
  ) {
    const link = new Link(client, new Buckets(settings.prefix, settings.buckets), time);
    this.#link = link;
    this.tokens = new RedisTokens(link);
    this.marks = new RedisMarks(link);
    this.blobs = new RedisBlobs(link);
    this.quotas = new RedisQuotas(link);
    this.notBefore = new RedisCoolDowns(link);
    this.wakeUps = new RedisWakeUps(link, () => listenerOf(client));
  }

  async health(): Promise<StoreHealth> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, healthTimeoutMs, false);
    });
    const up = await Promise.race([this.#check(), late]);
    clearTimeout(timer);
    return { up, risks: this.risks };
  }

  async close(): Promise<void> {
    await this.wakeUps.close();
    await this.#link.drain();
    try {
      await this.client.quit();
    } catch {
      // It is not there to say goodbye to.
      this.client.disconnect();
    }
  }

  /** Asks every bucket: on a cluster each of them may lie with a node that is down. */
  async #check(): Promise<boolean> {
    try {
      await Promise.all(
        this.#link
          .groups()
          .map((group) => this.#link.run('storeNow', [this.#link.buckets.in(group.first, '', '')])),
      );
      // After a restart without data the next one to open it would be free to lay it out otherwise.
      await agreeOnLayout(this.client, this.settings.prefix, this.settings.buckets);
      this.risks = await risksOf(this.client);
      return true;
    } catch {
      return false;
    }
  }
}
