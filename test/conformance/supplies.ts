import { type ConfiguredProvider, Secret } from 'nestjs-oauth-providers';
import { authorizationUrl } from '../../libs/oauth-providers/src/wire/authorization.js';
import { type Inputs } from '../../libs/oauth-providers/src/wire/request.js';
import { type Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { type Row } from './vocabulary.js';
import { otherClients, type World } from './world.js';

export const redirectUri = 'http://127.0.0.1:3000/auth/callback';
export const nonce = 'CANARY-nonce-of-the-attempt';
const state = 'CANARY state+/=';
/** RFC 7636, appendix B. */
const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const codeChallenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** What stands in for everything a platform would have given us, when it is the answer that matters. */
const standIns: Inputs = {
  redirectUri,
  code: 'CANARY-code',
  accessToken: 'CANARY-access-token',
  refreshToken: 'CANARY-refresh-token',
  appToken: 'CANARY-app-token',
  token: 'CANARY-token',
  subject: 'CANARY-subject',
};

/** Gets from the platform, or makes up, what the call of a row is made with. */
export class Supplies {
  constructor(
    private readonly world: World,
    private readonly row: Row,
    private readonly wire: Wire,
  ) {}

  /** What nobody but the row's fault will look at. */
  madeUp(names: readonly string[]): Inputs {
    const { token = '', subject = '', ...rest } = { ...standIns, ...this.tokenType(names) };
    return {
      ...rest,
      ...(names.includes('token') ? { token } : {}),
      ...(this.namesSubject() ? { subject } : {}),
    };
  }

  /** What a request will need, got the regular way: a code for an exchange, tokens for the rest. */
  async real(ours: ConfiguredProvider, names: readonly string[]): Promise<Inputs> {
    const { about = 'accessToken', renewed, revoked } = this.row.given;
    const provider = this.row.given.foreign === true ? this.other(ours) : ours;
    const isAbout = names.includes('token');
    const asked = names.filter(
      (name) =>
        (name !== 'subject' || this.namesSubject()) &&
        // Only 猿之棒 hands tickets out; those of WPS are pushed.
        (name !== 'ticket' || ours.contract.operations.ticket !== undefined),
    );
    const needs = (...any: string[]) =>
      any.some((name) => asked.includes(name)) || (isAbout && any.includes(about));
    const got: Inputs = { redirectUri, ...this.tokenType(names) };
    if (needs('code')) {
      return { ...got, code: await this.code(provider), ...(this.usesPkce(ours) ? { codeVerifier } : {}) };
    }
    if (needs('accessToken', 'refreshToken', 'subject')) Object.assign(got, await this.login(provider));
    if (needs('appToken', 'ticket')) got.appToken = await this.appToken(provider);
    if (needs('ticket')) got.ticket = await this.ticket(provider, got);
    if (renewed === true) {
      if (got.ticket !== undefined) await this.ticket(provider, got);
      else if (got.refreshToken !== undefined) await this.wire.tokens(provider, 'refresh', got);
      else await this.appToken(provider);
    }
    if (revoked !== undefined) await this.wire.revoke(provider, { token: got[revoked] ?? '' });
    if (isAbout) got.token = got[about] ?? '';
    return got;
  }

  /** Answers the platform's consent page as a person would; gives the query, or fragment, of the way back. */
  async consent(provider: ConfiguredProvider, form: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = new URLSearchParams({ decision: 'approve', ...form });
    const url = await this.authorizationUrl(provider);
    const reply = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    const location = new URL(reply.headers.get('location') ?? '');
    return location.hash === '' ? location.search : location.hash.slice(1);
  }

  authorizationUrl(provider: ConfiguredProvider): Promise<string> {
    const { login } = provider.contract;
    if (login.kind !== 'redirect') throw new TypeError('there is no authorization endpoint');
    return authorizationUrl(provider, login, {
      redirectUri,
      state,
      nonce,
      ...(this.usesPkce(provider) ? { codeChallenge, codeChallengeMethod: 'S256' } : {}),
    });
  }

  private async code(provider: ConfiguredProvider): Promise<string> {
    const { user, scopes, generation, foreign, native } = this.row.given;
    if (provider.contract.login.kind === 'handoff' || native === true) {
      const clientId = foreign === true ? provider.clientId : undefined;
      return this.world.emulator.issueCode(this.row.provider, { user, scopes, generation, clientId });
    }
    const back = new URLSearchParams(await this.consent(provider, user === undefined ? {} : { user }));
    return back.get('code') ?? '';
  }

  private async login(provider: ConfiguredProvider): Promise<Inputs> {
    const code = await this.code(provider);
    const inputs = { redirectUri, code, ...(this.usesPkce(provider) ? { codeVerifier } : {}) };
    const { tokens, subject } = await this.wire.tokens(provider, 'exchange', inputs);
    return {
      accessToken: tokens.accessToken,
      ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
      ...(subject === undefined ? {} : { subject }),
    };
  }

  private async appToken(provider: ConfiguredProvider): Promise<Secret> {
    return (await this.wire.tokens(provider, 'appToken', {})).tokens.accessToken;
  }

  private async ticket(provider: ConfiguredProvider, { appToken = '' }: Inputs): Promise<Secret> {
    const inputs = { appToken, tokenType: 'js_ticket' };
    return (await this.wire.tokens(provider, 'ticket', inputs)).tokens.accessToken;
  }

  private tokenType(names: readonly string[]): Inputs {
    if (!names.includes('tokenType')) return {};
    const { operation, given } = this.row;
    const isTicket = operation === 'ticket' || given.about === 'ticket';
    return { tokenType: isTicket ? 'js_ticket' : 'access_token' };
  }

  /** The tokens of an app are nobody's. */
  private namesSubject(): boolean {
    const { about } = this.row.given;
    return about !== 'appToken' && about !== 'ticket';
  }

  private other(provider: ConfiguredProvider): ConfiguredProvider {
    const { clientId, clientSecret } = otherClients[this.row.provider];
    return { ...provider, clientId, clientSecret: new Secret(clientSecret) };
  }

  private usesPkce(provider: ConfiguredProvider): boolean {
    const { login } = provider.contract;
    return login.kind === 'redirect' && login.pkce === 'S256' && this.row.given.native !== true;
  }
}
