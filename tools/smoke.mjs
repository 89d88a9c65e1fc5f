// Starts the product as a newcomer does (`npm start`), signs in with every platform over HTTP, refuses once,
// signs out, and stops it with Ctrl-C's signal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CookieJar } from 'tough-cookie';

const startDeadline = 120_000;
const stopDeadline = 10_000;

const data = mkdtempSync(join(tmpdir(), 'smoke-'));
const [port, emulatorPort] = [await freePort(), await freePort()];
const child = spawn('npm', ['start'], {
  env: {
    ...process.env,
    PORT: String(port),
    EMULATOR_PORT: String(emulatorPort),
    DATA_DIR: data,
    PUBLIC_URL: '',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
let output = '';
child.stdout.setEncoding('utf8');
child.stdout.on('data', (text) => {
  output += text;
  process.stdout.write(text);
});
const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));

try {
  const site = await printed(/^sample ready at (\S+)$/m);
  const emulator = await printed(/^emulator ready at (\S+)$/m);
  for (const provider of ['wps', 'huawei']) {
    await byRedirect(site, provider);
    await denied(site, provider);
  }
  for (const provider of ['anyweb', 'yuanzhibang']) await byHandoff(site, emulator, provider);
  process.kill(-child.pid, 'SIGINT');
  const code = await Promise.race([ended, after(stopDeadline, 'it did not stop')]);
  // npm's shell is a member of the group too, and a shell that dies of the signal is reported as such.
  assert.ok(code === 0 || code === 'SIGINT' || code === 130, `it stopped with ${code}`);
  await Promise.all([port, emulatorPort].map(assertFree));
  console.log('smoke: four platforms, consent and refusal, sign-out, clean stop: ok');
} finally {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone, as it should be.
  }
  rmSync(data, { recursive: true, force: true });
}

async function byRedirect(site, provider) {
  const visitor = new Visitor();
  const callback = await consent(visitor, `${site}/auth/${provider}?returnTo=/`, { decision: 'approve' });
  const done = await visitor.get(callback);
  assert.equal(done.status, 302, `${provider}: ${done.text.slice(0, 300)}`);
  await signedInThenOut(visitor, site, provider);
}

async function denied(site, provider) {
  const visitor = new Visitor();
  // Huawei's documents know a refusal in the fragment and one in the query; a program can follow the latter.
  const callback = await consent(visitor, `${site}/auth/${provider}`, { decision: 'deny', denial: 'query' });
  const done = await visitor.get(callback);
  assert.equal(done.status, 403, `${provider}: ${done.text.slice(0, 300)}`);
  assert.equal((await visitor.get(`${site}/api/me`)).status, 401);
}

async function byHandoff(site, emulator, provider) {
  const visitor = new Visitor();
  const attempt = await visitor.post(`${site}/auth/${provider}/attempts`, { returnTo: '/' });
  assert.equal(attempt.status, 201, attempt.text.slice(0, 300));
  const code = JSON.parse((await visitor.post(`${emulator}/__emulator/codes/${provider}`, {})).text).code;
  const done = await visitor.post(`${site}/auth/${provider}/callback`, {
    code,
    state: JSON.parse(attempt.text).state,
  });
  assert.equal(done.status, 200, `${provider}: ${done.text.slice(0, 300)}`);
  await signedInThenOut(visitor, site, provider);
}

async function signedInThenOut(visitor, site, provider) {
  const me = JSON.parse((await visitor.get(`${site}/api/me`)).text);
  assert.equal(me.user.provider, provider);
  assert.notEqual(me.user.subject, '');
  assert.equal((await visitor.post(`${site}/auth/logout`, {})).status, 204);
  assert.equal((await visitor.get(`${site}/api/me`)).status, 401);
}

async function consent(visitor, start, answer) {
  const to = (await visitor.get(start)).location;
  const page = await visitor.get(to);
  const action = decode(/<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? to);
  const hidden = [...page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
    decode(/name="([^"]*)"/.exec(tag)[1]),
    decode(/value="([^"]*)"/.exec(tag)[1]),
  ]);
  const fields = new URLSearchParams({ ...Object.fromEntries(hidden), ...answer });
  return (await visitor.send(new URL(action, to).href, { method: 'POST', body: fields })).location;
}

function decode(text) {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');
}

function Visitor() {
  const jar = new CookieJar();
  this.send = async (url, init = {}) => {
    const headers = { ...init.headers, cookie: await jar.getCookieString(url) };
    const reply = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of reply.headers.getSetCookie()) await jar.setCookie(line, url, { ignoreError: true });
    const location = reply.headers.get('location');
    return {
      status: reply.status,
      text: await reply.text(),
      location: location && new URL(location, url).href,
    };
  };
  this.get = (url) => this.send(url, { headers: { accept: 'text/html' } });
  this.post = (url, body) =>
    this.send(url, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
}

async function printed(pattern) {
  const limit = after(startDeadline, `it never printed ${pattern}`);
  for (;;) {
    const found = pattern.exec(output);
    if (found) return found[1];
    await Promise.race([
      limit,
      new Promise((resolve) => child.stdout.once('data', resolve)),
      ended.then(() => {
        throw new Error('it stopped before it was ready');
      }),
    ]);
  }
}

function after(ms, what) {
  return new Promise((_resolve, reject) => setTimeout(() => reject(new Error(what)), ms).unref());
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}

async function assertFree(busy) {
  const server = createServer().listen(busy, '127.0.0.1');
  await new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', () => reject(new Error(`port ${busy} is still taken: something was left running`)));
  });
  await new Promise((resolve) => server.close(resolve));
}
