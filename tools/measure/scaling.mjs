// Measures how cost grows with what is stored, and writes that and what the tests of many processes noted into
// docs/scaling.md, between its markers. Needs the build (`npm run build`) and both servers.
//   node tools/measure/scaling.mjs                      to a million records; takes minutes
//   node tools/measure/scaling.mjs --sizes 10000,20000  smaller
//   MEASURED=<file> node tools/measure/scaling.mjs      also takes the notes of a test run with the same variable
//   node tools/measure/scaling.mjs --keep               measures nothing: only the notes change
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startPostgres } from '../servers/postgres.mjs';
import { startRedis } from '../servers/redis.mjs';
import { inWords, noted } from './notes.mjs';

const root = new URL('../../', import.meta.url);
const document = fileURLToPath(new URL('docs/scaling.md', root));
const built = (path) => import(new URL(`libs/oauth-providers/dist/vault/stores/${path}/index.js`, root).href);
const titles = { redis: 'Redis', postgres: 'PostgreSQL' };
/** What is claimed at once: the slots of a client. */
const slots = 16;
const claims = 200;
/** What 20,000 records are measured with: a pair of short tokens, and one of 2 kB each. */
const payloads = [1_024, 4_096];
const dayMs = 86_400_000;

const { values: options } = parseArgs({
  options: { sizes: { type: 'string', default: '10000,100000,1000000' }, keep: { type: 'boolean' } },
});
const sizes = options.sizes.split(',').map(Number);

if (!options.keep) {
  const rows = [];
  const bytes = [];
  for (const kind of ['redis', 'postgres']) {
    const { times, perRecord } = await measure(kind);
    rows.push([titles[kind], ...times.map((ms) => `${ms.toFixed(2)} ms`)]);
    bytes.push([titles[kind], ...perRecord.map((each) => inWords(each))]);
  }
  replace('stored', [
    ...table(['A claim of 16 due among so many', ...sizes.map((size) => inWords(size))], rows),
    '',
    ...table(['Bytes per record', ...payloads.map((size) => `${inWords(size)} sealed`)], bytes),
    '',
    await versions(),
  ]);
}
const measured = process.env.MEASURED;
if (measured !== undefined && existsSync(measured)) {
  for (const [name, lines] of noted(readFileSync(measured, 'utf8'), table)) replace(name, lines);
}

async function measure(kind) {
  const server = await (kind === 'redis'
    ? startRedis({ appendfsync: 'everysec', extra: ['--auto-aof-rewrite-percentage', '0'] })
    : startPostgres());
  try {
    const module = await built(kind);
    const engine = (space) =>
      kind === 'redis'
        ? module.redisStore({ url: server.url, prefix: space })
        : module.postgresStore({ url: server.url, schema: space });
    const perRecord = [];
    for (const payload of payloads)
      perRecord.push(await bytesPerRecord(kind, server, engine(`of_${payload}`), payload));
    await relax(kind, server, true);
    const lane = randomBytes(32);
    const stores = [];
    for (const size of sizes) {
      const store = await engine(`among_${size}`).open({ now: () => Date.now() });
      await fill(store, { lane, count: size, payload: 300, due: slots });
      stores.push(store);
    }
    await relax(kind, server, false);
    const times = await claimInTurns(stores, lane);
    for (const store of stores) await store.close();
    console.log(titles[kind], ...times);
    return { times, perRecord };
  } finally {
    await server.stop();
  }
}

/** Filling is not what is measured, and would take minutes at full durability. */
async function relax(kind, server, relaxed) {
  if (kind === 'redis') await server.cli(['config', 'set', 'appendfsync', relaxed ? 'everysec' : 'always']);
  else {
    await server.psql(`ALTER SYSTEM SET synchronous_commit = ${relaxed ? 'off' : 'on'}`);
    await server.psql('SELECT pg_reload_conf()');
    if (!relaxed) await server.psql('VACUUM ANALYZE');
    if (!relaxed) await server.psql('CHECKPOINT');
  }
}

async function fill(store, { lane, count, payload, due }) {
  const now = await store.tokens.now();
  let number = 0;
  const save = async () => {
    while (number < count) {
      const at = (number += 1);
      await store.tokens.replace({
        ...{ key: randomBytes(32), writeId: randomBytes(12), generation: randomBytes(16) },
        ...{ sealed: randomBytes(payload), lane, owner: randomBytes(32) },
        dueAt: at <= due ? now - 1_000 : now + dayMs + at,
      });
    }
  };
  await Promise.all(Array.from({ length: 512 }, save));
}

/** The medians of many claims in each store, in turns: whatever else the machine does, it does to all of them. */
async function claimInTurns(stores, lane) {
  const samples = stores.map(() => []);
  for (let time = -claims / 4; time < claims; time += 1) {
    for (const [at, store] of stores.entries()) {
      const ms = await claim(store, lane);
      if (time >= 0) samples[at].push(ms);
    }
  }
  return samples.map((each) => each.sort((a, b) => a - b)[Math.floor(each.length / 2)]);
}

/** What is claimed is given back before the next claim; that is not measured. */
async function claim(store, lane) {
  const owner = randomBytes(16);
  const began = performance.now();
  const records = await store.tokens.claimDue({ lane, owner, leaseMs: 60_000, limit: slots });
  const ms = performance.now() - began;
  if (records.length !== slots) throw new Error(`${records.length} of ${slots} due records were claimed`);
  await Promise.all(records.map(({ key }) => store.tokens.release({ key, owner })));
  return ms;
}

async function bytesPerRecord(kind, server, engine, payload) {
  const store = await engine.open({ now: () => Date.now() });
  const lane = randomBytes(32);
  const size = async () =>
    kind === 'redis'
      ? Number(/used_memory:(\d+)/.exec(await server.cli(['info', 'memory']))?.[1])
      : Number(
          await server.psql(
            `SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname = 'of_${payload}'`,
          ),
        );
  await fill(store, { lane, count: 100, payload, due: 0 });
  const before = await size();
  const count = 20_000;
  await fill(store, { lane, count, payload, due: 0 });
  const after = await size();
  await store.close();
  return (after - before) / count;
}

async function versions() {
  const redis = await startRedis();
  const postgres = await startPostgres();
  const [redisVersion, postgresVersion] = await Promise.all([
    redis.cli(['info', 'server']).then((info) => /redis_version:(\S+)/.exec(info)?.[1]),
    postgres.psql('SHOW server_version').then((text) => text.split(' ')[0]),
  ]);
  await Promise.all([redis.stop(), postgres.stop()]);
  return `${cpus().length} cores for everything, Node ${process.versions.node}, Redis ${redisVersion}, PostgreSQL ${postgresVersion}.`;
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

/** Puts lines between the markers of a name. */
function replace(name, lines) {
  const text = readFileSync(document, 'utf8');
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/scaling.md has no markers of ${name}`);
  writeFileSync(
    document,
    `${text.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${text.slice(to)}`,
  );
}
