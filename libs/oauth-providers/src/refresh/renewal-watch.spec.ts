import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualTime } from '../testing-support/virtual-time.js';
import { type OpenedRecord } from '../vault/index.js';
import { RenewalWatch } from './renewal-watch.js';

const identity = { kind: 'user', provider: 'wps', clientId: 'client', subject: 'somebody' } as const;
const record = (generation: string, leasedUntil: number | null): OpenedRecord =>
  ({
    identity,
    key: Buffer.from('key'),
    generation: Buffer.from(generation),
    leasedUntil,
  }) as unknown as OpenedRecord;

let time: VirtualTime;
let stored: OpenedRecord;
let announced: { readonly hint: () => void; readonly signal: AbortSignal }[];
let looks: number;
let watch: RenewalWatch;

beforeEach(() => {
  time = new VirtualTime();
  stored = record('old', time.now() + 10_000);
  announced = [];
  looks = 0;
  const changed = (_key: Buffer, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => announced.push({ hint: resolve, signal }));
  watch = new RenewalWatch({ changed }, time, time, () => {
    looks += 1;
    return Promise.resolve(stored);
  });
});

describe('who waits for another process', () => {
  it('announces it once, and looks again and again where no hint comes', async () => {
    const all = [watch.changed(stored), watch.changed(stored)];
    await time.advance(1_000);
    expect(looks).toBeGreaterThan(5);
    stored = record('new', null);
    await time.advance(100);
    expect(await Promise.all(all)).toEqual([stored, stored]);
    expect(announced).toHaveLength(1);
    expect(announced[0]?.signal.aborted).toBe(true);
  });

  it('looks as soon as there is a hint, and asks for another one where nothing has changed', async () => {
    const waiting = watch.changed(stored);
    await time.settle();
    announced[0]?.hint();
    await time.settle();
    expect(looks).toBe(1);
    stored = record('new', null);
    announced[1]?.hint();
    expect(await waiting).toBe(stored);
    expect(looks).toBe(2);
    expect(announced).toHaveLength(2);
  });
});
