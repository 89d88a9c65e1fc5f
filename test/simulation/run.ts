import { type EngineProcess } from './engine-process.js';
import { type Mutation } from './mutations.js';
import { type Row } from './rows.js';
import { type Rules, type Violation } from './rules.js';
import { type Action, draw, type Setup } from './scenario.js';
import { World } from './world.js';

/** What came of a run. */
export interface RunReport {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly events: number;
  readonly calls: number;
  readonly served: number;
  readonly refused: number;
  readonly reuses: number;
}

const quietMs = 5 * 60_000 + 15_000;

/** One run: users sign in, trouble comes and goes, and after five quiet minutes everything has to be well. */
export async function run(seed: number, mutation: Mutation = {}): Promise<RunReport> {
  const setup = draw(seed);
  // Nobody reads where an error came from, and thousands of them are made.
  Error.stackTraceLimit = 0;
  const world = await World.create(setup, mutation);
  const { schedule, rules } = world;
  const [first] = world.processes;
  for (const row of world.rows.all) if (first !== undefined) world.login(first, row, false);
  await schedule.run(1_000, () => world.check());
  trouble(world, setup);
  for (const action of setup.actions) schedule.after(action.at, () => happen(world, action));
  sweepEvery(world, setup.sweepMs, setup.troubleMs);
  await until(world, schedule.elapsed + setup.troubleMs);
  await calmDown(world);
  sweepEvery(world, 20_000, quietMs);
  for (const row of world.rows.all) schedule.after(quietMs - 12_000, () => askSomewhere(world, row));
  await until(world, schedule.elapsed + quietMs);
  if (rules.violation === undefined) atTheEnd(world);
  const platforms = [...world.platforms.values()];
  return {
    seed,
    violation: rules.violation,
    events: schedule.events,
    served: world.served,
    refused: world.refused,
    calls: platforms.reduce((sum, { calls }) => sum + calls, 0),
    reuses: platforms.reduce((sum, { reuses }) => sum + reuses, 0),
  };
}

/** Goes on only as long as nothing is broken: what happens after that says nothing. */
async function until(world: World, end: number): Promise<void> {
  const { schedule, rules } = world;
  while (rules.violation === undefined && schedule.elapsed < end) {
    await schedule.run(Math.min(schedule.elapsed + 30_000, end), () => world.check());
  }
}

function trouble(world: World, setup: Setup): void {
  for (const platform of world.platforms.values()) {
    platform.fate = () =>
      world.prng.chance(setup.faultShare) ? world.prng.pick(setup.fates) : ('fine' as const);
  }
  world.storeFate = () =>
    world.prng.chance(setup.storeFaultShare) ? world.prng.pick(setup.storeFates) : ('fine' as const);
}

async function calmDown(world: World): Promise<void> {
  for (const platform of world.platforms.values()) {
    platform.fate = () => 'fine';
    platform.downUntil = 0;
  }
  world.storeDownUntil = 0;
  world.storeFate = () => 'fine';
  for (const [place, process] of world.processes.entries()) {
    if (process.crashed) await world.restart(place);
    else process.resume();
  }
}

/** The processes take turns: each finds what the one before it has left. */
function sweepEvery(world: World, everyMs: number, forMs: number): void {
  const { schedule, processes } = world;
  for (let at = everyMs, turn = 0; at <= forMs; at += everyMs, turn += 1) {
    const place = turn % processes.length;
    schedule.after(at, () => {
      const process = processes[place];
      if (process?.running === true) world.sweep(process);
    });
  }
}

function happen(world: World, action: Action): void {
  const { schedule, processes, prng } = world;
  const place = action.pick % processes.length;
  const process = processes[place];
  const row = world.rows.all[action.pick % world.rows.all.length];
  if (process?.running !== true || row === undefined) return;
  const platform = world.platform(row.identity.provider);
  switch (action.what) {
    case 'ask': {
      world.ask(process, row, { abortAfter: prng.chance(0.15) ? prng.between(0, 8_000) : undefined });
      return;
    }
    case 'burst':
      for (let count = 0; count < action.callers; count += 1) askSomewhere(world, row);
      return;
    case 'ask-app': {
      world.askApp(process, platform);
      return;
    }
    case 'sweep': {
      world.sweep(process);
      return;
    }
    case 'login': {
      world.login(process, row, prng.chance(0.5));
      return;
    }
    case 'delete': {
      world.remove(process, row);
      return;
    }
    case 'reject':
      if (row.tokens !== undefined) platform.reject(row.tokens.accessToken.reveal());
      for (let count = 0; count < 3; count += 1) askSomewhere(world, row);
      return;
    case 'race':
      // A renewal is under way when the user signs in again, or the record is deleted, or the process stops.
      world.ask(process, row, { rejected: row.tokens?.accessToken.reveal() });
      if (action.pick % 3 === 0) {
        schedule.after(prng.between(0, 16), () => process.pause());
        schedule.after(prng.between(3_000, 40_000), () => process.resume());
        return;
      }
      schedule.after(prng.between(0, 300), () => {
        if (!process.running) return;
        if (action.pick % 3 === 1) world.login(process, row, prng.chance(0.5));
        else world.remove(process, row);
      });
      return;
    case 'revoke': {
      const grant = platform.refreshToken(row.tokens?.refreshToken?.reveal() ?? '')?.grant;
      if (grant !== undefined) platform.end(grant);
      return;
    }
    case 'crash':
      process.crash();
      schedule.after(prng.between(1_000, 30_000), () => {
        if (processes[place] === process) void world.restart(place);
      });
      return;
    case 'pause':
      process.pause();
      schedule.after(action.forMs, () => process.resume());
      return;
    case 'outage':
      platform.downUntil = Math.max(platform.downUntil, schedule.elapsed + action.forMs);
      return;
    case 'store-outage':
      world.storeDownUntil = Math.max(world.storeDownUntil, schedule.elapsed + action.forMs);
      return;
    case 'jump':
      world.clockJump = action.byMs;
  }
}

function askSomewhere(world: World, row: Row): void {
  const ready = world.processes.filter(({ running }) => running);
  if (ready.length > 0) world.ask(world.prng.pick(ready) satisfies EngineProcess, row);
}

/** Five minutes after the last trouble: what lives is fresh, and nothing that the platform gave us is lost. */
function atTheEnd(world: World): void {
  const { rules } = world;
  for (const row of world.rows.all) {
    const { stored, tokens } = row;
    if (stored === undefined || tokens === undefined) continue;
    const platform = world.platform(row.identity.provider);
    const refresh = tokens.refreshToken?.reveal() ?? '';
    const reason = (JSON.parse(stored.cause ?? '{}') as { reason?: string }).reason ?? '';
    if (platform.wouldRenew(refresh)) {
      if (stored.state === 'needs_login' && reason !== 'refused') {
        rules.fail(`${row.name}: needs a login (${reason}) although its grant is alive`);
      }
      if (stored.state === 'degraded' || (stored.state === 'fresh' && tokens.expiresAt <= world.storeNow())) {
        rules.fail(`${row.name}: is not fresh five minutes after the trouble (${stored.state}, ${reason})`);
      }
    } else if (lost(rules, world, row, refresh)) {
      rules.fail(`${row.name}: a grant that a living process was given is lost`);
    }
  }
  for (const { engine } of world.processes) {
    if (engine.unsaved.size > 0) rules.fail('a grant is still not saved');
  }
}

/** Whether a process that is alive was given the successor of a token that is still the stored one. */
function lost(rules: Rules, world: World, row: Row, refresh: string): boolean {
  const token = world.platform(row.identity.provider).refreshToken(refresh);
  if (token?.grant.alive !== true) return false;
  const attempts = rules.attempts.get(refresh) ?? [];
  return attempts.some(({ said, by }) => said === 'granted' && !(by as EngineProcess).crashed);
}
