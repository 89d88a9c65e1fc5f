import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * As many free ports of this machine as asked for: those from `first` on where they are free, so that a process finds
 * at the next start what it has left behind under its port, and any others instead of those that are not.
 */
export async function freePorts(first, count) {
  const held = [];
  try {
    for (let index = 0; index < count; index += 1) held.push((await hold(first + index)) ?? (await hold(0)));
    return held.map((server) => server.address().port);
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function hold(port) {
  if (port > 65_535) return undefined;
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
