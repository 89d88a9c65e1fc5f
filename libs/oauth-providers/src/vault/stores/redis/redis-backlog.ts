import { type Backlog, type DueRequest, largestBacklog, type StoredToken } from '../../token-store.port.js';
import { type BucketRange } from './buckets.js';
import { type Link } from './link.js';
import { decodeRecord, hashBytes, idBytes, sized } from './record-codec.js';

/** How often it looks again when others were faster, before it makes do with less. */
const longestRace = 8;

/** What is due in a lane: over all buckets at once on one server, bucket by bucket on a cluster. */
export class RedisBacklog {
  constructor(private readonly link: Link) {}

  async claim(request: DueRequest): Promise<readonly StoredToken[]> {
    sized(request.lane, hashBytes, 'a lane');
    sized(request.owner, idBytes, 'the holder of a lease');
    if (request.limit <= 0) return [];
    const groups = this.link.groups();
    const [all] = groups;
    if (groups.length === 1 && all !== undefined) return this.#claimIn(all, request, request.limit);
    return this.#claimApart(groups, request);
  }

  async count(lane: Buffer): Promise<Backlog> {
    sized(lane, hashBytes, 'a lane');
    const replies = await Promise.all(
      this.link.groups().map((group) => this.link.runOver('dueCount', group, lane)),
    );
    let count = 0;
    let oldest = Infinity;
    for (const [due, first] of replies as [number, Buffer?][]) {
      count += due;
      if (first !== undefined) oldest = Math.min(oldest, Number(first));
    }
    return { count: Math.min(count, largestBacklog), oldest: oldest === Infinity ? null : oldest };
  }

  async #claimIn(group: BucketRange, request: DueRequest, limit: number): Promise<readonly StoredToken[]> {
    const { lane, owner, leaseMs, spending } = request;
    const reply = await this.link.runOver('dueClaim', group, lane, owner, leaseMs, limit, spending ? 1 : 0);
    const [until, ...found] = reply as [Buffer, ...Buffer[]];
    const lease = { owner: Buffer.from(owner), until: Number(until) };
    const records: StoredToken[] = [];
    for (let at = 0; at < found.length; at += 2) {
      const [key, bytes] = [found[at], found[at + 1]];
      const record = key && bytes && decodeRecord(key, bytes);
      if (record !== undefined) records.push({ ...record, lease });
    }
    return records;
  }

  /**
   * Sees how much each bucket has of what is due longest, and claims that much from each. A part of the cluster
   * that does not answer keeps nobody from what the others have.
   */
  async #claimApart(groups: readonly BucketRange[], request: DueRequest): Promise<readonly StoredToken[]> {
    const records: StoredToken[] = [];
    for (let race = 0; race < longestRace && records.length < request.limit; race += 1) {
      const rest = request.limit - records.length;
      const heads = await answered(
        groups.map(async (group) => await this.#heads(group, request.lane, rest)),
        records,
      );
      const shares = shareOut(heads, rest);
      if (shares.size === 0) break;
      const claims = [...shares].map(([group, share]) => this.#claimIn(group, request, share));
      const claimed = await answered(claims, records);
      records.push(...claimed.flat());
      // What was not answered may be claimed and marked all the same: asking for more could leave more of it behind.
      if (claimed.length < claims.length) break;
    }
    return records.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
  }

  async #heads(group: BucketRange, lane: Buffer, limit: number): Promise<readonly Head[]> {
    const reply = await this.link.runOver('dueHeads', group, lane, limit);
    return (reply as readonly Buffer[]).map((due) => ({ group, due: Number(due) }));
  }
}

interface Head {
  readonly group: BucketRange;
  readonly due: number;
}

/** How many of the `limit` that are due longest lie in each bucket. */
function shareOut(heads: readonly (readonly Head[])[], limit: number): ReadonlyMap<BucketRange, number> {
  const longest = heads.flat().sort((a, b) => a.due - b.due);
  const shares = new Map<BucketRange, number>();
  for (const { group } of longest.slice(0, limit)) shares.set(group, (shares.get(group) ?? 0) + 1);
  return shares;
}

/** The answers there are. When there are none and nothing was `had` before, that is a failure. */
async function answered<Answer>(
  asked: readonly Promise<Answer>[],
  had: readonly unknown[],
): Promise<readonly Answer[]> {
  const outcomes = await Promise.allSettled(asked);
  const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined && answers.length === 0 && had.length === 0) throw failure.reason;
  return answers;
}
