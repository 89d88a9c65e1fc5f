import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadDriver } from './driver.js';
import { GuardedConnection } from './guard.js';
import { WorkQueue } from './work-queue.js';

describe('WorkQueue', () => {
  let connection: GuardedConnection;
  let queue: WorkQueue;
  let commits: number;

  beforeEach(async () => {
    const Driver = await loadDriver();
    connection = new GuardedConnection(new Driver(':memory:', { timeout: 0 }));
    const write = connection.write.bind(connection);
    commits = 0;
    connection.write = (work) => {
      commits += 1;
      return write(work);
    };
    queue = new WorkQueue(connection);
  });
  afterEach(async () => {
    await queue.close();
    connection.close();
  });

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('commits together what comes within a few turns', async () => {
    const early = queue.write(() => 1);
    await turn();
    const later = queue.write(() => 2);
    expect(await Promise.all([early, later])).toEqual([1, 2]);
    expect(commits).toBe(1);
  });

  it('lets everything else have its turn between two transactions, however much is waiting', async () => {
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    const settledIn: number[] = [];
    const writes = Array.from({ length: 640 }, async () => {
      await queue.write(() => undefined);
      settledIn.push(turns);
    });
    await Promise.all(writes);
    over = true;
    expect(commits).toBe(5);
    expect(new Set(settledIn).size).toBe(commits);
  });
});
