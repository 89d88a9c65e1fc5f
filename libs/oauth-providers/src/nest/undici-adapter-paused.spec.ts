import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { caller, httpPorts, loadHttpPorts } from '../testing-support/http-ports.js';

/** A server in a thread of its own: it answers while the thread of the test stands still. */
const server = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const flags = new Int32Array(workerData.flags);
  const http = createServer((request, response) => {
    request.resume().on('end', () => {
      Atomics.store(flags, 0, 1);
      const answer = () => {
        response.end(JSON.stringify({ refresh_token: 'r'.repeat(workerData.size) }), () => {
          Atomics.store(flags, 1, 1);
          Atomics.notify(flags, 1);
        });
      };
      if (!workerData.silent) answer();
    });
  });
  http.listen(0, '127.0.0.1', () => parentPort.postMessage(http.address().port));
`;

describe.each(httpPorts)(
  'a process that stands still past the deadline of a call, over %s',
  (_port, make) => {
    let worker: Worker;
    const http = make();
    const send = caller(() => http, { method: 'POST', timeoutMs: 1_500, maxBytes: 1_000_000 });
    beforeAll(loadHttpPorts);
    afterEach(async () => {
      http.close();
      await worker.terminate();
    });

    /** Calls, and stands still from the moment the server has the request until the time is over. */
    async function paused({ size = 10, silent = false } = {}): Promise<unknown> {
      const flags = new Int32Array(new SharedArrayBuffer(8));
      worker = new Worker(server, { eval: true, workerData: { flags: flags.buffer, size, silent } });
      const port = await new Promise<number>((resolve) => worker.once('message', resolve));
      const body = 'grant_type=refresh_token';
      const reply = send(`http://127.0.0.1:${port}/token`, { body }).catch((error: unknown) => error);
      while (Atomics.load(flags, 0) === 0) await turn();
      Atomics.wait(flags, 1, 0, 5_000 * Number(!silent));
      const still = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(still, 0, 0, 2_000);
      return reply;
    }

    it.each([10, 300_000])('still reads the answer that came meanwhile: %i bytes', async (size) => {
      expect(await paused({ size })).toMatchObject({ status: 200 });
    });

    it('gives up when nothing came', async () => {
      expect(await paused({ silent: true })).toMatchObject({ reason: 'timeout', sent: true });
    });
  },
);
