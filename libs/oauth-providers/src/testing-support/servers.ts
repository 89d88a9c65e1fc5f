import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { HttpFailure } from '../core/ports.js';

/** Real servers on loopback. */
export class Loopback {
  private readonly servers: (Server | TcpServer)[] = [];
  private readonly sockets = new Set<Socket>();

  /** Starts a server; gives its port. */
  async listen(server: Server | TcpServer): Promise<number> {
    this.servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket.on('error', () => undefined));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** A server that answers like this; gives its URL. */
  async serve(listener: RequestListener): Promise<string> {
    return `http://127.0.0.1:${await this.listen(createServer(listener))}/token`;
  }

  /** Why there was no answer, and whether the request may have been seen. */
  async failureOf(call: Promise<unknown>): Promise<[string, boolean]> {
    const outcome: unknown = await call.catch((error: unknown) => error);
    if (outcome instanceof HttpFailure) return [outcome.reason, outcome.sent];
    throw new Error('the call should have failed with an HttpFailure', { cause: outcome });
  }

  /** Leaves no handle open. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(
      this.servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }
}
