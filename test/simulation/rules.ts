import { inspect } from 'node:util';
import { OAuthProviderError } from '../../libs/oauth-providers/src/core/errors.js';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { lostReplyRule } from '../../libs/oauth-providers/src/refresh/decide.js';
import { defaultSettings, leaseMargin } from '../../libs/oauth-providers/src/refresh/settings.js';
import { defaultCache } from '../../libs/oauth-providers/src/refresh/token-cache.js';
import { mandatoryFrom } from '../../libs/oauth-providers/src/refresh/windows.js';
import { StoreUnavailableError } from '../../libs/oauth-providers/src/vault/index.js';
import { type EngineProcess } from './engine-process.js';
import { type Attempt, type Platform } from './platform.js';
import { type Change, isEnded, isMarked, type Row, type Rows } from './rows.js';

/** A rule of the engine was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** What the rules have to know of the run as a whole. */
export interface Circumstances {
  /** Nothing fails in this run: then every token is renewed by one call. */
  readonly calm: boolean;
  /** How far apart the clocks of the world may be, in ms. */
  readonly clockError: number;
  storeNow(): number;
}

/** Deletes may be seen late: a cached record, and a grant whose save is under way. */
const stalenessMs = 5_000 + 15_000;

/** The rules that hold whatever happens. Each is checked at the moment at which it could be broken. */
export class Rules {
  readonly attempts = new Map<string, Attempt[]>();
  /** Access tokens that some caller was refused with. */
  readonly rejected = new Set<string>();
  /** Token sets for whose renewal the platform has been called. */
  private readonly spent = new Set<string>();
  /** What was broken first. */
  violation: Violation | undefined;

  constructor(
    private readonly circumstances: Circumstances,
    private readonly platforms: ReadonlyMap<string, Platform>,
  ) {}

  fail(what: string): void {
    this.violation ??= new Violation(what);
  }

  /** A refresh token is on its way to the platform. */
  sent(by: EngineProcess, provider: ConfiguredProvider, token: string, row: Row, rows: Rows): Attempt {
    const earlier = this.attempts.get(token) ?? [];
    const attempt: Attempt = { token, by };
    this.attempts.set(token, [...earlier, attempt]);
    const rotates = this.platforms.get(provider.name)?.rotation !== 'keep';
    const hand = rows.hand(by, row);
    if (rotates && earlier.some((other) => other.by === by && other.said === 'granted')) {
      this.fail(`${row.name}: a process spends a refresh token whose successor it was given`);
    }
    if (row.tokens?.refreshToken?.reveal() === token) this.sentInOrder(by, provider, row, hand);
    else if (row.changed < (provider.contract.renewal?.policy === 'keep' ? hand.claimed : hand.marked)) {
      this.fail(`${row.name}: a refresh token is sent that had been replaced before it was claimed`);
    }
    return attempt;
  }

  private sentInOrder(
    by: EngineProcess,
    provider: ConfiguredProvider,
    row: Row,
    hand: { readonly doubt: boolean; readonly owners: ReadonlySet<string> },
  ): void {
    const { stored, tokens } = row;
    if (stored === undefined || tokens === undefined) return;
    const { calm, clockError } = this.circumstances;
    const now = this.circumstances.storeNow();
    const { lease } = stored;
    const mine = lease !== null && hand.owners.has(lease.owner.toString('latin1'));
    if (!mine) this.fail(`${row.name}: a refresh token is sent without the lease`);
    else if (lease.until < now + provider.timeoutMs + leaseMargin - clockError) {
      this.fail(`${row.name}: a refresh token is sent so late that the lease may end before the answer`);
    }
    if (provider.contract.renewal?.policy !== 'keep' && !isMarked(row)) {
      this.fail(`${row.name}: a refresh token is sent that is not marked as being spent`);
    }
    if (stored.state === 'needs_login' || stored.state === 'revoked') {
      this.fail(`${row.name}: a refresh token is sent of a record that is ${stored.state}`);
    }
    const refused = this.rejected.has(tokens.accessToken.reveal());
    const wall = Math.max(by.storeTime(), now) + clockError;
    if (!refused && wall < tokens.expiresAt && (stored.dueAt === null || wall < stored.dueAt)) {
      this.fail(`${row.name}: a token is renewed before it is due`);
    }
    const late = refused || wall >= mandatoryFrom(tokens, defaultSettings);
    const policy = this.platforms.get(provider.name)?.dialect.provider ?? provider;
    const rule = lostReplyRule(policy, { identity: row.identity } as never);
    if (hand.doubt && rule === 'retry-late' && !late) {
      this.fail(`${row.name}: a refresh token in doubt is tried again while the old access token is good`);
    }
    const generation = stored.generation.toString('latin1');
    if (calm && this.spent.has(generation)) {
      this.fail(`${row.name}: two calls for one expiry although nothing failed`);
    }
    this.spent.add(generation);
  }

  /** The store has done something. */
  stored({ row, method, before }: Change): void {
    const { stored, tokens } = row;
    if (stored === undefined) return;
    if (before.stored === undefined && method !== 'replace') {
      this.fail(`${row.name}: a deleted record is back (${method})`);
    }
    const generation = stored.generation.toString('latin1');
    const anew = before.stored?.generation.equals(stored.generation) !== true;
    if (anew) {
      if (row.generations.has(generation)) this.fail(`${row.name}: an older generation is back`);
      row.generations.add(generation);
      const platform = this.platforms.get(row.identity.provider);
      const now = platform?.accessToken(tokens?.accessToken.reveal() ?? '');
      const was = platform?.accessToken(before.tokens?.accessToken.reveal() ?? '');
      if (method === 'saveIf' && now !== undefined && was !== undefined) {
        const older = (now.grant?.number ?? 0) < (was.grant?.number ?? 0) || now.serial < was.serial;
        if (older) this.fail(`${row.name}: a late holder has overwritten newer tokens`);
      }
    }
    if (this.circumstances.calm && stored.state === 'in_doubt') {
      this.fail(`${row.name}: in doubt although nothing failed`);
    }
    if (method === 'settle' && stored.state === 'needs_login' && before.stored?.state !== 'needs_login') {
      this.ended(row, (JSON.parse(stored.cause ?? '{}') as { reason?: string }).reason ?? 'no reason');
    }
  }

  /** A record says that only a login helps: it has to have a reason. */
  private ended(row: Row, reason: string): void {
    const token = row.tokens?.refreshToken?.reveal() ?? '';
    const attempts = this.attempts.get(token) ?? [];
    const said = (what: Attempt['said']): number =>
      attempts.filter((attempt) => attempt.said === what).length;
    const right =
      reason === 'dead_grant' || reason === 'lost_reply'
        ? said('dead') > 0
        : reason === 'refused' && said('odd') >= 3;
    if (!right) this.fail(`${row.name}: needs a login because of ${reason}, which did not happen`);
  }

  /** Somebody was given a token. */
  served(
    by: EngineProcess,
    row: Row,
    token: string,
    expiresAt: number,
    call: {
      readonly rejected: string | undefined;
      readonly startedAt: number;
      readonly storeTrouble: boolean;
    },
  ): void {
    if (expiresAt <= by.storeTime()) this.fail(`${row.name}: served a token that has expired`);
    if (token === call.rejected) this.fail(`${row.name}: served the token that was rejected`);
    const platform = this.platforms.get(row.identity.provider);
    if (platform?.accessToken(token)?.grant?.user !== row.name)
      this.fail(`${row.name}: served another's token`);
    // While the store does not answer, nobody can know what was deleted meanwhile; for so long it is put up with.
    const staleness = stalenessMs + (call.storeTrouble ? defaultCache.outageMs : 0);
    if (row.goneSince !== undefined && row.goneSince + staleness < call.startedAt && !by.hasPaused) {
      this.fail(`${row.name}: served a token long after its record was deleted`);
    }
  }

  /** Somebody was given an error. */
  failed(
    by: EngineProcess,
    row: Row,
    error: unknown,
    call: {
      readonly rejected: string | undefined;
      readonly before: Row['stored'];
      readonly goodSince: boolean;
      readonly startedAt: number;
      readonly storeTrouble: boolean;
    },
  ): void {
    this.noSecret(error);
    if (error instanceof StoreUnavailableError) return;
    if (!(error instanceof OAuthProviderError)) {
      this.fail(`${row.name}: an untyped error: ${inspect(error)}`);
      return;
    }
    const ended = isEnded(row) || row.endedAt >= call.startedAt;
    if (error.errorClass === 'invalid_grant' && !ended) {
      this.fail(`${row.name}: a caller is told to log in although the record is ${row.stored?.state ?? ''}`);
    }
    const good = row.tokens !== undefined && row.tokens.expiresAt > by.storeTime();
    const same = call.before?.generation.equals(row.stored?.generation ?? Buffer.alloc(0)) === true;
    if (
      call.goodSince &&
      good &&
      same &&
      !call.storeTrouble &&
      row.tokens?.accessToken.reveal() !== call.rejected
    ) {
      this.fail(`${row.name}: a caller got an error although the token is good: ${error.message}`);
    }
  }

  /** Nothing that is shown may hold a token or a secret. */
  noSecret(shown: unknown): void {
    const text = shown instanceof Error ? `${shown.message} ${JSON.stringify(shown)}` : JSON.stringify(shown);
    if (text.includes('CANARY')) this.fail(`a secret is shown: ${text.slice(0, 200)}`);
  }
}
