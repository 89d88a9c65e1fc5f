import { refusal } from './errors.js';
import { type Client } from './connection.js';

/** Changes when records, keys or indexes do. */
const layoutVersion = 1;

/**
 * Notes how a store is laid out when it is opened first, and compares from then on: with another number of buckets
 * nothing would be found where it is looked for.
 *
 * @throws OAuthConfigurationError when it is laid out otherwise
 */
export async function agreeOnLayout(client: Client, prefix: string, buckets: number): Promise<void> {
  const key = `${prefix}:layout`;
  await client.set(key, `${layoutVersion} ${buckets}`, 'NX');
  const [version, count] = ((await client.get(key)) ?? '').split(' ').map(Number);
  if (version !== layoutVersion) {
    throw refusal(
      `finds data of another version of this library under the prefix "${prefix}" (layout ${String(version)}, expected ${layoutVersion})`,
    );
  }
  if (count !== buckets) {
    throw refusal(
      `was told to use ${buckets} buckets, but the data under the prefix "${prefix}" lies in ${String(count)}: set "buckets" to ${String(count)}, or choose another prefix`,
    );
  }
}
