import Database from 'libsql';
import { type StoreEngine } from 'nestjs-oauth-providers';

/** How often each thing was done. */
export type Counts = Record<string, number>;

/** Counts what goes through the doors of a store, and through the driver of SQLite. */
export class Meter {
  private counts: Counts = {};

  async of(work: () => Promise<unknown>): Promise<Counts> {
    this.counts = {};
    await work();
    return { ...this.counts };
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  engine(engine: StoreEngine): StoreEngine {
    const open: StoreEngine['open'] = async (clock) => {
      const store = await engine.open(clock);
      return {
        ...store,
        tokens: this.part('tokens', store.tokens),
        marks: this.part('marks', store.marks),
        blobs: this.part('blobs', store.blobs),
        quotas: this.part('quotas', store.quotas),
        notBefore: this.part('coolDowns', store.notBefore),
      };
    };
    return { kind: engine.kind, embedded: engine.embedded, open };
  }

  /** Counts statements by their verb and table until the result is called. */
  sqlite(): () => void {
    const driver = Database.prototype as unknown as Driver;
    const { exec, prepare } = driver;
    const counted = (sql: string): void => this.count(`SQL ${verbAndTable(sql)}`);
    driver.exec = function (sql) {
      counted(sql);
      exec.call(this, sql);
    };
    driver.prepare = function (sql) {
      const statement = prepare.call(this, sql);
      for (const name of ['run', 'all'] as const) {
        const run = statement[name].bind(statement);
        statement[name] = (params) => {
          counted(sql);
          return run(params);
        };
      }
      return statement;
    };
    return () => Object.assign(driver, { exec, prepare });
  }

  private part<Part extends object>(of: string, part: Part): Part {
    return new Proxy(part, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          this.count(`${of}.${String(name)}`);
          return Reflect.apply(value, target, args);
        };
      },
    });
  }
}

interface Driver {
  exec(sql: string): void;
  prepare(sql: string): Record<'run' | 'all', (params: unknown) => unknown>;
}

function verbAndTable(sql: string): string {
  const words = sql.trim().replace(/\s+/g, ' ');
  const [verb = ''] = words.split(' ');
  const table = /(?:FROM|INTO|UPDATE) (\w+)/.exec(words)?.[1];
  return table === undefined ? verb : `${verb} ${table}`;
}

/** The statements alone. */
export function statementsOf(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([name]) => name.startsWith('SQL ')));
}
