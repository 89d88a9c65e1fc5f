import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What Redis says to a script that it has not seen yet, whereupon the client sends it whole: nothing was carried out. */
const notCarriedOut = Buffer.from('-NOSCRIPT');

/**
 * A TCP relay between one process and its store. It can lose the answer to a request that the store has carried out:
 * then the process learns nothing but that all its connections are gone.
 */
export class Cutter {
  private readonly sockets = new Set<Socket>();
  private armed: (() => Promise<unknown>) | undefined;

  private constructor(
    private readonly server: Server,
    /** The store, through this relay. */
    readonly url: string,
  ) {}

  static async before(store: string): Promise<Cutter> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(store);
    const target = { host: url.hostname, port: Number(url.port) };
    url.port = String((server.address() as AddressInfo).port);
    const cutter = new Cutter(server, url.href);
    server.on('connection', (near) => cutter.relay(near, connect(target)));
    return cutter;
  }

  /** Loses the answer to the next request. `carriedOut` is told when it is there; the line is cut when that resolves. */
  cutNext(carriedOut: () => Promise<unknown>): void {
    this.armed = carriedOut;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private relay(near: Socket, far: Socket): void {
    let carriedOut: (() => Promise<unknown>) | undefined;
    let isHeld = false;
    near.on('data', (bytes: Buffer) => {
      carriedOut ??= this.armed;
      this.armed = undefined;
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      if (carriedOut === undefined || notCarriedOut.equals(bytes.subarray(0, notCarriedOut.length))) {
        near.write(bytes);
      } else if (!isHeld) {
        isHeld = true;
        void carriedOut().finally(() => this.cut());
      }
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
