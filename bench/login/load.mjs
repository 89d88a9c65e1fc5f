// Browsers that sign in again and again: start, (the consent page is skipped), callback with a code, new session.
import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';

const subjects = 1000;

let pool;
let app;
let visitors;
let number = 0;

/** Gets ready for an application: `{ url, begin, keepsSessionId }`. */
export async function use(target, concurrency = 64) {
  app = target;
  pool = new Pool(app.url, { connections: 128 });
  visitors = await Promise.all(Array.from({ length: concurrency }, () => Visitor.create()));
}

/** Signs in with `concurrency` visitors at once for `ms`, or `logins` times. */
export async function signIn({ concurrency, ms, logins = Infinity }) {
  const active = visitors.slice(0, concurrency);
  const until = performance.now() + (ms ?? Infinity);
  let done = 0;
  let begun = 0;
  const began = performance.now();
  await Promise.all(
    active.map(async (visitor) => {
      while (performance.now() < until && begun < logins) {
        begun += 1;
        await visitor.signIn(`user-${number++ % subjects}`);
        done += 1;
      }
    }),
  );
  return { ops: done, ms: performance.now() - began };
}

/** Asks for each visitor who the application thinks it is, and says whom it should know. */
export async function check(concurrency) {
  const active = visitors.slice(0, concurrency).filter(({ subject }) => subject !== undefined);
  for (const visitor of active) await visitor.check();
  return active.map(({ subject }) => subject);
}

class Visitor {
  #cookies = new Map();
  #csrf;

  static async create() {
    const visitor = new Visitor();
    const { csrf } = app.begin;
    if (csrf !== undefined) visitor.#csrf = (await visitor.#send('GET', csrf, {}, true)).body.csrfToken;
    return visitor;
  }

  async signIn(subject) {
    this.subject = undefined;
    // A visitor who is not signed in yet; what belongs to the browser stays.
    for (const name of this.#cookies.keys()) if (!name.includes('csrf')) this.#cookies.delete(name);
    const location = await this.#begin();
    const read = (name) => decodeURIComponent(new RegExp(`[?&]${name}=([^&]*)`).exec(location)?.[1] ?? '');
    const state = new RegExp('[?&]state=([^&]*)').exec(location)?.[1] ?? '';
    const challenge = read('code_challenge');
    if (state === '') throw new Error('the authorization request has no state');
    if (challenge === '') throw new Error('the authorization request has no PKCE challenge');
    const path = read('redirect_uri').slice(app.url.length);
    const before = new Map(this.#cookies);
    const reply = await this.#send('GET', `${path}?code=code.${subject}.${challenge}&state=${state}`);
    const target = reply.headers.location ?? '';
    if (reply.status !== 302 || /error/.test(target)) {
      throw new Error(`the callback was answered ${reply.status} ${target}`);
    }
    const renewed = [...this.#cookies].some(([name, value]) => before.get(name) !== value);
    if (!renewed && app.keepsSessionId !== true) throw new Error('the login brought no new session');
    this.subject = subject;
  }

  async check() {
    const { body } = await this.#send('GET', '/me', {}, true);
    if (body.subject !== this.subject) {
      throw new Error(`signed in as ${String(body.subject)} instead of ${this.subject}`);
    }
  }

  async #begin() {
    const { path, json, csrf } = app.begin;
    if (json !== undefined) {
      const headers = { 'content-type': 'application/json', origin: app.url };
      return (await this.#send('POST', path, { headers, body: JSON.stringify(json) }, true)).body.url;
    }
    if (csrf !== undefined) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = `csrfToken=${this.#csrf}`;
      return (await this.#send('POST', path, { headers, body })).headers.location;
    }
    return (await this.#send('GET', path)).headers.location;
  }

  async #send(method, path, { headers = {}, body } = {}, wanted = false) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = cookie === '' ? headers : { ...headers, cookie };
    const reply = await pool.request({ method, path, headers: sent, body });
    const answer = wanted ? await reply.body.json() : await reply.body.dump();
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) this.#keep(line);
    return { status: reply.statusCode, headers: reply.headers, body: answer };
  }

  #keep(line) {
    const end = line.indexOf(';');
    const pair = end < 0 ? line : line.slice(0, end);
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '' || /max-age=0/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
