import { type World } from '../../core/persona.js';

/**
 * The `app_ticket`s of ISV apps. WPS pushes them to the app's event URL once pushing is active; here steering asks for
 * what would be pushed. Only the latest counts.
 *
 * @see "push-app-ticket" of open.wps.cn
 */
export class WpsAppTickets {
  readonly #world: World;
  /** By client id: the latest ticket, or none yet. */
  readonly #latest = new Map<string, string | undefined>();

  constructor(world: World) {
    this.#world = world;
  }

  activate(clientId: string): void {
    if (!this.#latest.has(clientId)) this.#latest.set(clientId, undefined);
    this.#world.counters.add('wps', 'tickets');
  }

  /** The next ticket; undefined while pushing is not active. */
  push(clientId: string): string | undefined {
    if (!this.#latest.has(clientId)) return undefined;
    const ticket = this.#world.ids.hex(32);
    this.#latest.set(clientId, ticket);
    return ticket;
  }

  accepts(clientId: string, ticket: string): boolean {
    return this.#latest.get(clientId) === ticket;
  }

  clear(): void {
    this.#latest.clear();
  }
}
