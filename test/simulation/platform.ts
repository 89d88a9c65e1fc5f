import { HttpFailure, type HttpReply, type HttpRequest } from '../../libs/oauth-providers/src/core/ports.js';
import { dialects, type Dialect, type PlatformName, reply } from './dialects.js';
import { type Prng } from './prng.js';
import { type Schedule } from './schedule.js';

/** What a renewal does to a refresh token: nothing · it dies and its reuse ends the whole grant · it lives on a little. */
export type Rotation = 'keep' | 'strict' | 'grace';

/** What can happen to a call. */
export type Fate =
  | 'fine'
  | 'refused-connection'
  | 'lost-before'
  | 'lost-after'
  | 'slow'
  | 'error-before'
  | 'error-after'
  | 'garbage'
  | 'busy'
  | 'gateway'
  | 'throttled'
  | 'client'
  | 'odd';

/** What a platform knows of a user who has signed in. */
export interface Grant {
  readonly user: string;
  /** Later logins have higher numbers. */
  readonly number: number;
  alive: boolean;
  refresh: string;
}

interface RefreshToken {
  readonly grant: Grant;
  readonly serial: number;
  spentAt: number | undefined;
}

interface AccessToken {
  readonly grant: Grant | undefined;
  readonly until: number;
  readonly serial: number;
  valid: boolean;
}

/** One use of a refresh token, as both sides saw it. */
export interface Attempt {
  readonly token: string;
  /** Who sent it. */
  readonly by: object;
  /** What the platform said in the end; undefined: nothing that arrived. */
  said?: 'granted' | 'dead' | 'client' | 'odd' | 'busy' | undefined;
}

const graceMs = 60_000;
const outage: readonly Fate[] = ['refused-connection', 'slow', 'lost-before', 'busy'];

/** One platform, in memory. It speaks as the real one does, and counts. */
export class Platform {
  readonly dialect: Dialect;
  private readonly refreshTokens = new Map<string, RefreshToken>();
  private readonly accessTokens = new Map<string, AccessToken>();
  private serials = 0;
  /** How a refresh that was well written ends; the scenario says. */
  fate: () => Fate = () => 'fine';
  /** Until then nobody gets through. */
  downUntil = 0;
  reuses = 0;
  calls = 0;

  constructor(
    name: PlatformName,
    readonly rotation: Rotation,
    readonly lifeSeconds: number,
    private readonly schedule: Schedule,
    private readonly prng: Prng,
  ) {
    this.dialect = dialects[name];
  }

  /** Somebody signs in; earlier grants of theirs may end. */
  login(user: string, endsEarlier: boolean): { grant: Grant; access: string } {
    if (endsEarlier) {
      for (const { grant } of this.refreshTokens.values()) if (grant.user === user) this.end(grant);
    }
    const grant: Grant = { user, number: this.serial(), alive: true, refresh: '' };
    this.newRefresh(grant);
    return { grant, access: this.newAccess(grant) };
  }

  end(grant: Grant): void {
    grant.alive = false;
    for (const token of this.accessTokens.values()) if (token.grant === grant) token.valid = false;
  }

  refreshToken(token: string): RefreshToken | undefined {
    return this.refreshTokens.get(token);
  }

  accessToken(token: string): AccessToken | undefined {
    return this.accessTokens.get(token);
  }

  /** Whether the platform takes an access token now. */
  takes(token: string): boolean {
    const known = this.accessTokens.get(token);
    return known?.valid === true && known.until > this.schedule.elapsed;
  }

  /** Whether a refresh with this token would succeed now. */
  wouldRenew(token: string): boolean {
    const known = this.refreshTokens.get(token);
    if (known?.grant.alive !== true) return false;
    if (known.spentAt === undefined) return true;
    return this.rotation === 'grace' && this.schedule.elapsed - known.spentAt < graceMs;
  }

  /** An access token dies before its time. */
  reject(token: string): void {
    const known = this.accessTokens.get(token);
    if (known !== undefined) known.valid = false;
  }

  /** Answers a request, or does not. Exactly one of the two callbacks is called, some time later. */
  receive(
    request: HttpRequest,
    attempt: Attempt | undefined,
    answered: (reply: HttpReply) => void,
    failed: (failure: HttpFailure) => void,
  ): void {
    const { schedule, prng } = this;
    const down = schedule.elapsed < this.downUntil;
    const fate = down ? prng.pick(outage) : this.fate();
    const there = prng.between(1, 150);
    const back = there + prng.between(1, 150);
    const timeout = request.timeoutMs;
    const fail = (after: number, reason: 'reset' | 'timeout' | 'unreachable', sent: boolean): void =>
      schedule.after(after, () => failed(new HttpFailure(reason, sent)));
    const answer = (said: Attempt['said'], made: HttpReply, after = back): void =>
      schedule.after(after, () => {
        if (attempt !== undefined) attempt.said = said;
        answered(made);
      });
    const process = (then: (made: { said: Attempt['said']; reply: HttpReply }) => void, at = there): void =>
      schedule.after(at, () => then(this.process(request)));
    switch (fate) {
      case 'fine': {
        process(({ said, reply: made }) => answer(said, made, back - there));
        return;
      }
      case 'refused-connection': {
        fail(5, 'unreachable', false);
        return;
      }
      case 'lost-before': {
        fail(prng.chance(0.5) ? there : timeout, 'reset', true);
        return;
      }
      case 'lost-after': {
        process(() => fail(1, 'reset', true));
        return;
      }
      case 'slow':
        process(() => undefined, prng.between(1, timeout - 1));
        {
          fail(timeout, 'timeout', true);
          return;
        }
      case 'error-before': {
        answer(undefined, reply(500, ''));
        return;
      }
      case 'error-after': {
        process(() => answer(undefined, reply(500, 'oops'), 1));
        return;
      }
      case 'garbage': {
        process(() => answer(undefined, reply(200, '<html>'), 1));
        return;
      }
      case 'busy': {
        answer('busy', reply(503, ''));
        return;
      }
      case 'gateway': {
        answer('busy', reply(502, '<html>'));
        return;
      }
      case 'throttled': {
        answer('busy', reply(429, '', { 'retry-after': String(prng.between(1, 20)) }));
        return;
      }
      case 'client': {
        answer('client', this.dialect.client);
        return;
      }
      case 'odd': {
        answer('odd', this.dialect.odd);
        return;
      }
    }
  }

  private process(request: HttpRequest): { said: Attempt['said']; reply: HttpReply } {
    const asked = this.dialect.read(request);
    const common = { lives: this.lifeSeconds, refreshLives: 86_400 };
    this.calls += 1;
    if (asked.what === 'app') {
      return { said: 'granted', reply: this.dialect.granted('app', { access: this.newAccess(), ...common }) };
    }
    if (asked.what === 'revoke') {
      const grant = this.accessTokens.get(asked.token)?.grant;
      // Access and refresh token end together.
      if (grant !== undefined) this.end(grant);
      return { said: 'granted', reply: reply(200, {}) };
    }
    const known = this.refreshTokens.get(asked.token);
    if (known?.spentAt !== undefined) this.reuses += 1;
    if (known === undefined || !this.wouldRenew(asked.token)) {
      if (known?.spentAt !== undefined && this.rotation === 'strict') this.end(known.grant);
      return { said: 'dead', reply: this.dialect.dead };
    }
    const { grant } = known;
    const access = this.newAccess(grant);
    if (this.rotation === 'keep') {
      return { said: 'granted', reply: this.dialect.granted('refresh', { access, ...common }) };
    }
    known.spentAt ??= this.schedule.elapsed;
    const refresh = this.newRefresh(grant);
    return { said: 'granted', reply: this.dialect.granted('refresh', { access, refresh, ...common }) };
  }

  private newRefresh(grant: Grant): string {
    const serial = this.serial();
    const token = `CANARY-refresh-${this.dialect.provider.name}-${serial}`;
    this.refreshTokens.set(token, { grant, serial, spentAt: undefined });
    grant.refresh = token;
    return token;
  }

  private newAccess(grant?: Grant): string {
    const serial = this.serial();
    const token = `CANARY-access-${this.dialect.provider.name}-${serial}`;
    const until = this.schedule.elapsed + this.lifeSeconds * 1000;
    this.accessTokens.set(token, { grant, until, serial, valid: true });
    return token;
  }

  private serial(): number {
    this.serials += 1;
    return this.serials;
  }
}
