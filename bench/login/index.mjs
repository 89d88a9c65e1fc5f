// The login round trip: start, token call, user info, new session; against a plain provider and one with TLS.
import { join } from 'node:path';
import { freePort } from '../lib/ports.mjs';
import { interleave } from '../lib/rounds.mjs';
import { cpuPerOp, median, rate, ratios } from '../lib/stats.mjs';
import { startWorker } from '../lib/workers.mjs';
import { makeCertificate, startStandIn } from '../stand-in/index.mjs';
import { contenders, essential, oursInMemory, oursInSqlite, reference } from './contenders.mjs';

export const title = 'Login round trip';

export async function run(context) {
  const certificate = makeCertificate(context.scratch());
  const result = { tables: [], targets: [], notes: [], failures: [], bars: [] };
  for (const { name, note } of contenders) result.notes.push(`${name}: ${note}.`);
  result.notes.push(
    `Those that no claim is about (${others().join(', ')}) have fewer logins before the rounds that count, and may be less compiled: their figures are lower bounds.`,
  );
  await against(context, result, { secure: false, certificate });
  if (certificate === undefined) result.failures.push('TLS provider: not measured, openssl is not installed');
  else await against(context, result, { secure: true, certificate });
  return result;
}

const others = () => contenders.map(({ name }) => name).filter((name) => !essential.has(name));

async function against(context, result, { secure, certificate }) {
  const standIn = await startStandIn({ tls: certificate?.tls });
  const url = secure ? standIn.tlsUrl : standIn.url;
  const some = secure ? contenders.filter(({ name }) => essential.has(name)) : contenders;
  const env = secure ? { NODE_EXTRA_CA_CERTS: certificate.file } : {};
  const started = [];
  try {
    for (const contender of some) {
      try {
        started.push(await start(contender, { context, standIn: url, env }));
      } catch (error) {
        result.failures.push(`${contender.name}: ${error.message.split('\n')[0]}`);
      }
    }
    for (const concurrency of context.pick(secure ? [16] : [16, 64], [1, 16, 64])) {
      await atConcurrency(context, result, { standIn, started, concurrency, secure });
    }
  } finally {
    for (const { app, load } of started) await Promise.all([app.stop(), load.stop()]);
    await standIn.stop();
  }
}

async function start(contender, { context, standIn, env }) {
  const port = await freePort();
  const app = await startWorker(contender.module, { env });
  const load = await startWorker(new URL('./load.mjs', import.meta.url), { role: 'rest' });
  try {
    const place = { kind: contender.store ?? 'memory', file: join(context.scratch(), 'store.db') };
    const { begin, keepsSessionId } = await app.call('start', { standIn, port, place });
    await load.call('use', { url: `http://127.0.0.1:${port}`, begin, keepsSessionId });
    // Whom the claims are about is compiled to the end; it takes many thousand logins.
    const claimed = essential.has(contender.name);
    await load.call('signIn', {
      concurrency: 16,
      logins: claimed ? context.pick(2500, 20_000) : context.pick(1500, 5000),
      ms: claimed ? context.pick(2500, 20_000) : context.pick(1500, 10_000),
    });
    return { ...contender, app, load };
  } catch (error) {
    await Promise.all([app.stop(), load.stop()]);
    throw error;
  }
}

async function atConcurrency(context, result, { standIn, started, concurrency, secure }) {
  const rounds = concurrency === 1 ? 5 : context.pick(3, 11);
  const ms = context.pick(300, 1000);
  const take = async ({ app, load, name }) => {
    await standIn.reset();
    const before = await app.call('usage');
    const sample = await load.call('signIn', { concurrency, ms });
    const after = await app.call('usage');
    const counts = await standIn.counted();
    const subjects = await load.call('check', concurrency);
    if (name === oursInMemory || name === oursInSqlite) await checkSaved(app, subjects);
    if (counts.exchanges !== sample.ops || counts.userInfos !== sample.ops || counts.refused > 0) {
      throw new Error(
        `${sample.ops} logins made ${counts.exchanges} token calls, ${counts.userInfos} user infos`,
      );
    }
    return { ...sample, cpuUs: after.cpuUs - before.cpuUs };
  };
  const { samples, failures } = await interleave(started, { rounds, warmUps: 0, seed: context.seed }, take);
  const where = `${secure ? 'TLS' : 'plain'}, c=${concurrency}`;
  for (const [name, reason] of failures) result.failures.push(`${name} (${where}): ${reason}`);
  const base = samples.get(reference) ?? [];
  const rows = started.map(({ name }) => rowOf(name, samples.get(name), base));
  result.tables.push({
    title: `Login, ${secure ? 'provider with TLS' : 'plain provider'}, ${concurrency} at once`,
    columns: ['contender', 'logins/s', `× ${reference}`, 'middle half', 'CPU µs/login', 'CPU ratio'],
    rows,
  });
  if (concurrency === 16) {
    result.bars.push({
      title: `Logins per second${secure ? ' against a TLS provider' : ''}, 16 at once, relative to ${reference}`,
      bars: started.map(({ name }) => ({ name, value: ratios(samples.get(name), base).median })),
    });
  }
  if (concurrency === 1) return;
  for (const name of [oursInMemory, oursInSqlite]) {
    const measured = ratios(samples.get(name) ?? [], base);
    result.targets.push({
      id: secure ? 'login-tls' : 'login',
      what: `${name}, c=${concurrency}`,
      value: measured.median,
      note: `CPU ${ratios(base, samples.get(name) ?? [], cpuPerOp).median.toFixed(2)}x`,
    });
  }
}

async function checkSaved(app, subjects) {
  for (const subject of subjects.slice(0, 3)) {
    const saved = await app.call('saved', subject);
    if (saved !== subject) throw new Error(`the store has the token of ${saved} for ${subject}`);
  }
}

function rowOf(name, samples = [], base) {
  if (samples.length === 0) return [name, 'failed', '', '', '', ''];
  const ratio = ratios(samples, base);
  return [
    name,
    Math.round(median(samples.map(rate))).toLocaleString('en'),
    `${ratio.median.toFixed(2)}x`,
    `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`,
    Math.round(median(samples.map(cpuPerOp))).toLocaleString('en'),
    `${ratios(base, samples, cpuPerOp).median.toFixed(2)}x`,
  ];
}
