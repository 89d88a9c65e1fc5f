import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { clients } from '../testing-support/clients.js';
import { EngineWorld } from '../testing-support/engine-world.js';
import { failureOf } from '../testing-support/fakes.js';
import { localDay } from './local-day.js';
import { defaultQuotaSettings, QuotaLedger, type QuotaPurpose, type QuotaSettings } from './quota-ledger.js';

const hour = 3_600_000;

describe('a day', () => {
  it.each([
    ['Asia/Shanghai', '2026-05-01T15:59:59.999Z', '2026-05-01', '2026-05-01T16:00:00.000Z'],
    ['Asia/Shanghai', '2026-05-01T16:00:00.000Z', '2026-05-02', '2026-05-02T16:00:00.000Z'],
    ['UTC', '2026-05-01T00:00:00.000Z', '2026-05-01', '2026-05-02T00:00:00.000Z'],
    // Twenty-three and twenty-five hours.
    ['Europe/Berlin', '2026-03-29T00:30:00.000Z', '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25', '2026-10-25T23:00:00.000Z'],
  ])('in %s at %s is %s until %s', (zone, now, id, end) => {
    expect(localDay(zone, Date.parse(now))).toEqual({ id, end: Date.parse(end) });
  });
});

describe('the quota ledger', () => {
  let world: EngineWorld;
  let warnings: number;
  const limited = (limit: number): ConfiguredProvider => ({
    ...clients.anyweb,
    contract: {
      ...clients.anyweb.contract,
      quotas: [{ operations: ['exchange', 'refresh'], limit, window: { dayIn: 'Asia/Shanghai' } }],
    },
  });
  const ledger = (settings: Partial<QuotaSettings> = {}): QuotaLedger =>
    new QuotaLedger(
      world.vault,
      world.time,
      world.time,
      world.randomness,
      { ...defaultQuotaSettings, ...settings },
      () => {
        warnings += 1;
      },
    );
  const draws = async (
    book: QuotaLedger,
    provider: ConfiguredProvider,
    purpose: QuotaPurpose,
    count: number,
  ) => {
    const operation = purpose === 'login' ? 'exchange' : 'refresh';
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, () => book.draw(provider, operation, purpose)),
    );
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };

  beforeEach(async () => {
    world = await EngineWorld.create();
    warnings = 0;
  });
  afterEach(() => world.close());

  it('keeps a share for logins that nobody else can use up', async () => {
    const book = ledger({ enforce: true });
    const provider = limited(10);
    expect(await draws(book, provider, 'renewal', 20)).toBe(8);
    expect(await draws(book, provider, 'login', 20)).toBe(2);
    expect(await draws(book, provider, 'renewal', 1)).toBe(0);
    expect(warnings).toBeGreaterThan(0);
  });

  it('lets logins try beyond the number unless it is enforced, since the number may be old', async () => {
    expect(await draws(ledger(), limited(3), 'login', 5)).toBe(5);
  });

  it('believes the platform when it says stop and our count agrees, until the reset', async () => {
    const book = ledger();
    const provider = limited(3);
    expect(await draws(book, provider, 'login', 4)).toBe(4);
    book.exhausted(provider, 'exchange');
    expect(await draws(book, provider, 'login', 1)).toBe(0);
    await world.time.advance(24 * hour);
    expect(await draws(book, provider, 'login', 1)).toBe(1);
  });

  it('takes a busy platform for busy, and not for a quota that is used up', async () => {
    const book = ledger();
    const provider = limited(100);
    expect(await draws(book, provider, 'login', 1)).toBe(1);
    book.exhausted(provider, 'exchange');
    expect(await draws(book, provider, 'login', 1)).toBe(1);
  });

  it('refuses with the time of the reset, and starts anew on the next day of the platform', async () => {
    const book = ledger();
    const provider = limited(5);
    await draws(book, provider, 'renewal', 4);
    const { end } = localDay('Asia/Shanghai', world.time.now());
    expect(await failureOf(book.draw(provider, 'refresh', 'renewal'))).toMatchObject({
      errorClass: 'throttled',
      fate: 'not_sent',
      retryAfterSeconds: Math.ceil((end - world.time.now()) / 1000),
    });
    await world.time.advance(24 * hour);
    expect(await draws(book, provider, 'renewal', 1)).toBe(1);
  });

  it('counts what slides: a thousand app tokens in five minutes at Huawei', async () => {
    const book = ledger();
    const draw = () => book.draw(clients.huawei, 'appToken', 'renewal');
    const outcomes = await Promise.allSettled(Array.from({ length: 1100 }, draw));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1000);
    await world.time.advance(301_000 + 5_000);
    await expect(draw()).resolves.toBeUndefined();
  });

  it('is not asked for operations that no quota names', async () => {
    await expect(ledger().draw(clients.wps, 'exchange', 'login')).resolves.toBeUndefined();
  });
});
