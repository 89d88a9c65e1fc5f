import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Member, scriptOf } from './fleet.js';
import { type Conduct, type PlatformCounts, type PlatformOrders } from './stand-in-task.js';
import { type StorePlace, type Task } from './task.js';

const script = await scriptOf('platform.ts');

type Message = { readonly ready: number } | { readonly id: number; readonly result: unknown };

/** A platform that does as little as it can, in a process of its own. */
export class StandIn {
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private readonly members: Member[] = [];
  private count = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly origin: string,
  ) {}

  static async start(conduct: Partial<Conduct> = {}): Promise<StandIn> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [{ ready }] = (await once(child, 'message')) as [{ ready: number }];
    const standIn = new StandIn(child, `http://127.0.0.1:${ready}`);
    child.on('message', (message: Message) => {
      if ('ready' in message) return;
      standIn.waiting.get(message.id)?.(message.result);
      standIn.waiting.delete(message.id);
    });
    await standIn.tell('behave', conduct);
    return standIn;
  }

  tell<Name extends keyof PlatformOrders>(
    name: Name,
    order: Parameters<PlatformOrders[Name]>[0],
  ): Promise<ReturnType<PlatformOrders[Name]>> {
    const id = (this.count += 1);
    return new Promise((resolve) => {
      this.waiting.set(id, resolve as (result: unknown) => void);
      this.child.send({ id, name, order });
    });
  }

  counts(): Promise<PlatformCounts> {
    return this.tell('counts', {});
  }

  /** A process whose users have signed in here; it ends with the platform. */
  async member(store: StorePlace, change: Partial<Task> = {}): Promise<Member> {
    const member = await Member.start({
      ...{ store, origin: this.origin, provider: 'wps', clientId: 'client', clientSecret: 'secret' },
      ...change,
    });
    this.members.push(member);
    return member;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    this.child.disconnect();
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}
