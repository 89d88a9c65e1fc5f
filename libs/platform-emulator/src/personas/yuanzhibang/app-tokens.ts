import { Ledger } from '../../core/ledger.js';
import { type World } from '../../core/persona.js';

type Data = Readonly<Record<string, unknown>>;

const lifetime = 2 * 60 * 60;
/** "之前的 js_ticket 将会将有效时间设置为 10 分钟". */
const overlap = 10 * 60;

/** What belongs to an app: its server token, and the js_ticket got with it. */
export class YuanzhibangAppTokens {
  readonly #world: World;
  /** By the text: the app's id. */
  readonly #serverTokens: Ledger<string>;
  readonly #tickets: Ledger<string>;
  /** By the app's id: the latest of each. */
  readonly #latestToken = new Map<string, string>();
  readonly #latestTicket = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    this.#serverTokens = new Ledger(world.clock);
    this.#tickets = new Ledger(world.clock);
  }

  /** A new server token; the one before is dead at once, which is an assumption (README.md). */
  issueServerToken(appId: string): Data {
    const previous = this.#latestToken.get(appId);
    if (previous !== undefined) this.#serverTokens.revoke(previous);
    const token = this.#world.ids.hex(32);
    const seconds = this.#world.lifetimes.accessToken ?? lifetime;
    this.#serverTokens.put(token, appId, seconds);
    this.#latestToken.set(appId, token);
    this.#world.counters.add('yuanzhibang', 'appTokens');
    return { access_token: token, expires_in: seconds };
  }

  /** A new js_ticket; the one before lives ten more minutes at most. */
  issueTicket(appId: string): Data {
    const previous = this.#latestTicket.get(appId);
    if (previous !== undefined) this.#tickets.cap(previous, overlap);
    const ticket = this.#world.ids.hex(32);
    const seconds = this.#world.lifetimes.ticket ?? lifetime;
    this.#tickets.put(ticket, appId, seconds);
    this.#latestTicket.set(appId, ticket);
    this.#world.counters.add('yuanzhibang', 'tickets');
    return { ticket, expires_in: seconds };
  }

  /** When a living server token of this app ends, in milliseconds. */
  endOfServerToken(text: string, appId: string): number | undefined {
    return endOf(this.#serverTokens, text, appId);
  }

  /** When a living js_ticket of this app ends, in milliseconds. */
  endOfTicket(text: string, appId: string): number | undefined {
    return endOf(this.#tickets, text, appId);
  }

  revoke(): number {
    return this.#serverTokens.revokeWhere(() => true) + this.#tickets.revokeWhere(() => true);
  }

  clear(): void {
    for (const part of [this.#serverTokens, this.#tickets, this.#latestToken, this.#latestTicket])
      part.clear();
  }
}

function endOf(ledger: Ledger<string>, text: string, appId: string): number | undefined {
  const standing = ledger.look(text);
  return standing.status === 'live' && standing.value === appId ? standing.expiresAt : undefined;
}
