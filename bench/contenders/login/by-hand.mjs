// The work of a login written out by hand over one undici pool: what the two floors share.
import { Pool } from 'undici';
import { challengeOf, client, endpoints, random } from './shared.mjs';

const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;

/** State, PKCE, token call and user info; sessions in a map. */
export class LoginByHand {
  #sessions = new Map();
  #pool;

  constructor(standIn, redirectUri) {
    this.standIn = standIn;
    this.redirectUri = redirectUri;
    this.#pool = new Pool(standIn, { connections: 128 });
  }

  begin() {
    const [id, state, verifier] = [random(18), random(16), random(32)];
    this.#sessions.set(id, { state, verifier });
    const query =
      `response_type=code&client_id=${client.id}&redirect_uri=${encodeURIComponent(this.redirectUri)}` +
      `&state=${state}&code_challenge=${challengeOf(verifier)}&code_challenge_method=S256`;
    return { id, location: `${endpoints(this.standIn).authorization}?${query}` };
  }

  /** The id of the new session; undefined when the attempt is not this browser's. */
  async finish(id, query) {
    const attempt = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (attempt === undefined || query.get('state') !== attempt.state) return undefined;
    const code = encodeURIComponent(query.get('code') ?? '');
    const form =
      `grant_type=authorization_code&code=${code}&code_verifier=${attempt.verifier}` +
      `&redirect_uri=${encodeURIComponent(this.redirectUri)}`;
    const { access_token: token } = await this.#ask({
      path: '/token',
      method: 'POST',
      headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    const { sub } = await this.#ask({
      path: '/userinfo',
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    });
    const entered = random(18);
    this.#sessions.set(entered, { subject: sub });
    return entered;
  }

  subject(id) {
    return this.#sessions.get(id)?.subject;
  }

  async #ask(request) {
    const { statusCode, body } = await this.#pool.request(request);
    const value = await body.json();
    if (statusCode !== 200) throw new Error(`the provider said ${statusCode}`);
    return value;
  }
}
