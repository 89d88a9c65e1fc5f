import { type HttpReply } from '../core/ports.js';
import { clients } from './clients.js';
import { EngineWorld, shared } from './engine-world.js';

/** Two processes on one store, and a platform that answers when the test says so. */
export class TwoProcesses {
  private reply: (reply: HttpReply) => void = () => undefined;

  private constructor(
    readonly store: ReturnType<typeof shared>,
    readonly one: EngineWorld,
    readonly two: EngineWorld,
  ) {}

  static async start(client = clients.wps, cacheEntries = 0): Promise<TwoProcesses> {
    const store = shared();
    const one = await EngineWorld.create(client, { store, cacheEntries });
    return new TwoProcesses(store, one, await one.beside(cacheEntries));
  }

  /** What a call waits for until {@link release}. */
  readonly held = (): Promise<HttpReply> => new Promise((resolve) => (this.reply = resolve));

  /** Answers the call that is held. */
  readonly release = (reply: HttpReply): void => this.reply(reply);

  async close(): Promise<void> {
    await this.one.close();
    await this.two.close();
  }
}
