import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { type OpenStore } from '../../store-engine.port.js';
import { after, aWrite, hour, removal, saved, stored } from '../contract/subject/store-contract.js';
import { postgresStore } from './postgres-store.js';
import { aSchema, describeWithPostgres, noClock, serverForAll } from './subject/store-contract.js';

const unavailable = { name: 'StoreUnavailableError', engine: 'postgres' };

/** A wire between a store and its server that can be cut when the next answer comes. */
class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #cut = false;

  constructor(to: number) {
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.on('data', (bytes: Buffer) => {
        if (this.#cut) near.destroy();
        else near.write(bytes);
      });
    });
  }

  async open(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** The statements of `work` are executed, and nobody hears of it. */
  async withoutReply(work: () => Promise<unknown>): Promise<void> {
    this.#cut = true;
    const heard = await work().then(
      () => true,
      () => false,
    );
    this.#cut = false;
    if (heard) throw new Error('The reply was heard.');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describeWithPostgres('postgresStore when its server fails', () => {
  const server = serverForAll();
  const opened: OpenStore[] = [];
  const wires: Wire[] = [];

  async function open(port = server().port, schema = aSchema()): Promise<OpenStore> {
    const url = server().url.replace(`:${server().port}/`, `:${port}/`);
    const store = await postgresStore({ url, schema, poolSize: 2 }).open(noClock);
    opened.push(store);
    return store;
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
  });

  async function openOverWire(): Promise<readonly [OpenStore, Wire]> {
    const wire = new Wire(server().port);
    wires.push(wire);
    return [await open(await wire.open()), wire];
  }

  it('says that it cannot answer, and answers again when the server is back', async () => {
    const store = await open();
    const write = aWrite();
    await store.tokens.replace(write);
    await server().halt();
    await expect(store.tokens.get(write.key)).rejects.toMatchObject(unavailable);
    await expect(store.tokens.replace(after(write))).rejects.toMatchObject({
      ...unavailable,
      code: 'ECONNREFUSED',
    });
    await expect(store.quotas.used({ bucket: write.key, window: 'w' })).rejects.toMatchObject(unavailable);
    expect(await store.health()).toEqual({ up: false, risks: [] });
    await server().start();
    expect(await store.tokens.get(write.key)).toEqual(stored(write));
    expect(await store.health()).toEqual({ up: true, risks: [] });
  });

  it('loses nothing that was acknowledged when the server is killed', async () => {
    const store = await open();
    const writes = Array.from({ length: 400 }, () => aWrite({ sealed: randomBytes(3_000) }));
    const acknowledged: typeof writes = [];
    const killed = (async () => {
      while (acknowledged.length < 100) await new Promise((resolve) => setImmediate(resolve));
      await server().kill();
    })();
    const next = writes.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const write of next) {
          const done = await store.tokens.replace(write).then(
            () => true,
            () => false,
          );
          if (done) acknowledged.push(write);
        }
      }),
    );
    await killed;
    await server().start();
    expect(acknowledged.length).toBeLessThan(writes.length);
    expect(await Promise.all(acknowledged.map(({ key }) => store.tokens.get(key)))).toEqual(
      acknowledged.map(stored),
    );
    // Who did not hear how it ended asks again.
    const again = await Promise.all(writes.map((write) => store.tokens.replace(write)));
    expect(again).toEqual(writes.map(() => saved));
  });

  it('goes on when its connections are cut in the middle', async () => {
    const store = await open();
    const write = aWrite();
    await store.tokens.replace(write);
    for (let round = 0; round < 5; round += 1) {
      const calls = Promise.allSettled(Array.from({ length: 20 }, () => store.tokens.replace(after(write))));
      await server().psql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nestjs-oauth-providers'`,
      );
      for (const call of await calls) {
        expect(call).toMatchObject(call.status === 'fulfilled' ? { value: saved } : { reason: unavailable });
      }
      expect(await store.tokens.get(write.key)).toBeDefined();
    }
  });

  it('does nothing twice when a write is repeated whose reply was lost', async () => {
    const [store, wire] = await openOverWire();
    const write = aWrite();
    await wire.withoutReply(() => store.tokens.replace(write));
    expect(await store.tokens.replace(write)).toEqual(saved);
    const renewal = after(write);
    await wire.withoutReply(() => store.tokens.saveIf(renewal, write.generation));
    expect(await store.tokens.saveIf(renewal, write.generation)).toEqual(saved);
    expect(await store.tokens.get(write.key)).toEqual(stored(renewal));
    const removed = removal(write);
    await wire.withoutReply(() => store.tokens.remove(removed));
    await store.tokens.remove(removed);
    expect(await store.tokens.get(write.key)).toBeUndefined();
    expect(await store.tokens.replace(renewal)).toEqual({ saved: false, current: undefined });
  });

  it('counts a draw once whose reply was lost', async () => {
    const [store, wire] = await openOverWire();
    const draw = { bucket: randomBytes(32), amount: 7, ceiling: 10, reservation: randomBytes(16) };
    const daily = { ...draw, window: 'day', expiresAt: (await store.tokens.now()) + hour };
    await wire.withoutReply(() => store.quotas.take(daily));
    expect(await store.quotas.take(daily)).toEqual({ granted: true, used: 7 });
    const sliding = { ...draw, windowMs: hour };
    await wire.withoutReply(() => store.quotas.takeSliding(sliding));
    expect(await store.quotas.takeSliding(sliding)).toEqual({ granted: true, used: 7 });
  });

  it('says so when the server has become read-only', async () => {
    const store = await open();
    await server().psql('ALTER SYSTEM SET default_transaction_read_only = on');
    await server().restart();
    await expect(store.tokens.replace(aWrite())).rejects.toMatchObject(unavailable);
    await expect(store.tokens.replace(aWrite())).rejects.toMatchObject({ ...unavailable, code: '25006' });
    await server()
      .psql('SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only')
      .catch(() => undefined);
  });
});
