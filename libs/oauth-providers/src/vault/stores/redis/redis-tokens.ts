import { dueAfter } from '../../lease.js';
import {
  type Backlog,
  type ClaimOutcome,
  type DueRequest,
  type LeaseHolder,
  type LeaseRequest,
  type PageRequest,
  type ReplacingWrite,
  type Resealing,
  type SaveOutcome,
  type Settlement,
  type SpendingMark,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
  writeIdBytes,
} from '../../token-store.port.js';
import { type Argument, type Link } from './link.js';
import { decodeRecord, hashBytes, idBytes, optionalTime, sized, stateNumber } from './record-codec.js';
import { RedisBacklog } from './redis-backlog.js';
import { RedisPages } from './redis-pages.js';
import { type ScriptName } from './scripts/index.js';

const nobody = Buffer.alloc(0);

/** Token records as strings that scripts decide about. */
export class RedisTokens implements TokenStore {
  readonly #backlog: RedisBacklog;
  readonly #pages: RedisPages;

  constructor(private readonly link: Link) {
    this.#backlog = new RedisBacklog(link);
    this.#pages = new RedisPages(link);
  }

  async now(): Promise<number> {
    // Always of the same bucket, so that on a cluster it is one clock.
    return Number(await this.link.run('storeNow', [this.link.buckets.in(0, '', '')]));
  }

  async get(key: Buffer): Promise<StoredToken | undefined> {
    const bytes = await this.link.get(this.#place(key));
    return bytes === null ? undefined : decodeRecord(key, bytes);
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#save(write, 'anything', nobody, write.owner);
  }

  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome> {
    return this.#save(write, 'fenced', expectedGeneration, null);
  }

  saveFirst(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#save(write, 'nothing', nobody, write.owner);
  }

  async remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    await this.#run('tokenRemove', key, sized(writeId, writeIdBytes, 'the id of a write'), tombstoneMs);
  }

  list(owner: Buffer, limit: number, after?: Buffer): Promise<TokenPage> {
    return this.#pages.list(owner, limit, after);
  }

  async claim({ key, owner, leaseMs }: LeaseRequest): Promise<ClaimOutcome> {
    const [claimed, bytes] = (await this.#run('tokenClaim', key, holder(owner), leaseMs)) as [
      number,
      Buffer?,
    ];
    const record = bytes && decodeRecord(key, bytes);
    return claimed === 1 && record !== undefined ? { claimed: true, record } : { claimed: false, record };
  }

  claimDue(request: DueRequest): Promise<readonly StoredToken[]> {
    return this.#backlog.claim(request);
  }

  markSpending({ key, owner, generation }: SpendingMark): Promise<boolean> {
    return this.#decide('tokenMark', key, holder(owner), generation);
  }

  async unmarkSpending({ key, owner, generation }: SpendingMark): Promise<void> {
    await this.#run('tokenUnmark', key, holder(owner), generation);
  }

  settle({ key, owner, generation, change }: Settlement): Promise<boolean> {
    const { state, cause, failures, refusals, refusedSince, spending } = change;
    return this.#decide(
      'tokenSettle',
      key,
      owner === null ? nobody : holder(owner),
      generation,
      stateNumber(state),
      failures,
      refusals,
      optionalTime(refusedSince),
      optionalTime(dueAfter(change)),
      spending === 'clear' ? 1 : 0,
      cause === null ? 0 : 1,
      Buffer.from(cause ?? ''),
    );
  }

  async release({ key, owner }: LeaseHolder): Promise<void> {
    await this.#run('tokenRelease', key, holder(owner));
  }

  due({ lane }: { readonly lane: Buffer }): Promise<Backlog> {
    return this.#backlog.count(lane);
  }

  page({ after, limit }: PageRequest): Promise<TokenPage> {
    return this.#pages.page(limit, after);
  }

  reseal({ key, generation, sealed }: Resealing): Promise<boolean> {
    return this.#decide('tokenReseal', key, generation, sealed);
  }

  async #save(
    { key, writeId, generation, lane, dueAt, sealed }: TokenWrite,
    mode: 'anything' | 'nothing' | 'fenced',
    expected: Buffer,
    owner: Buffer | null,
  ): Promise<SaveOutcome> {
    const reply = await this.#run(
      'tokenSave',
      key,
      mode,
      expected,
      sized(writeId, writeIdBytes, 'the id of a write'),
      sized(generation, idBytes, 'a generation'),
      sized(lane, hashBytes, 'a lane'),
      optionalTime(dueAt),
      owner === null ? nobody : sized(owner, hashBytes, 'an owner'),
      sealed,
    );
    if (reply === 1) return { saved: true };
    return { saved: false, current: reply === null ? undefined : decodeRecord(key, reply as Buffer) };
  }

  async #decide(script: ScriptName, key: Buffer, ...args: readonly Argument[]): Promise<boolean> {
    return (await this.#run(script, key, ...args)) === 1;
  }

  // Asynchronous, so that bytes of a wrong size reject and do not throw.
  async #run(script: ScriptName, key: Buffer, ...args: readonly Argument[]): Promise<unknown> {
    return this.link.run(script, [this.#place(key)], ...args);
  }

  #place(key: Buffer): Buffer {
    return this.link.buckets.at('r', sized(key, hashBytes, 'the key of a record'));
  }
}

function holder(owner: Buffer): Buffer {
  return sized(owner, idBytes, 'the holder of a lease');
}
