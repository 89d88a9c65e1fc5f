import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A plain TCP relay before a platform. It sees, from the outside, the one moment no process can see of itself: the
 * platform has answered a renewal, so its work is done, and not a byte of the answer has arrived.
 */
export class Wiretap {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /**
   * Relays to `target`. When the answer to a renewal comes, `answered` is told; the answer goes no further, or, with
   * `passOn`, goes on after that.
   */
  static async before(target: string, answered: () => void, { passOn = false } = {}): Promise<Wiretap> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tap = new Wiretap(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { hostname, port } = new URL(target);
    server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
      let said = '';
      near.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
        far.write(chunk);
      });
      far.on('data', (chunk: Buffer) => {
        const isRenewal = said.includes('grant_type=refresh_token');
        if (isRenewal) answered();
        if (!isRenewal || passOn) near.write(chunk);
      });
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        tap.sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          tap.sockets.delete(one);
          other.destroy();
        });
      }
    });
    return tap;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
