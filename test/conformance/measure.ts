import { decodeProtectedHeader } from 'jose';
import {
  type ConfiguredProvider,
  OAuthProviderError,
  type OperationName,
  Secret,
} from 'nestjs-oauth-providers';
import { inspect } from 'node:util';
import { requestInputs } from '../../libs/oauth-providers/src/core/contract.schema.js';
import {
  authorizationUrl,
  callbackError,
  isErrorCallback,
  readCode,
} from '../../libs/oauth-providers/src/wire/authorization.js';
import { type Inputs } from '../../libs/oauth-providers/src/wire/request.js';
import { speakers } from './speakers.js';
import { type Expectation, now, type Row } from './vocabulary.js';
import { otherClients, type World } from './world.js';

export const redirectUri = 'http://127.0.0.1:3000/auth/callback';
const state = 'CANARY state+/=';
const nonce = 'CANARY-nonce-of-the-attempt';
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
  ticket: 'CANARY-ticket',
  subject: 'CANARY-subject',
};

/** What a row came to. */
export interface Outcome {
  readonly outcome: Expectation;
  /** Requests that reached the endpoint under test while it was tested. */
  readonly calls: number;
  /** The failure, printed in every way there is. */
  readonly printed: string;
  /** Everything that must not be in it. */
  readonly secrets: readonly string[];
}

/** Runs one row: real requests over real HTTP, by the library's own wire. */
export async function measure(world: World, row: Row): Promise<Outcome> {
  world.emulator.reset();
  world.clock.time = row.given.at === undefined ? now : Date.parse(row.given.at);
  const bench = new Bench(world, row);
  try {
    const outcome = await bench.run();
    return { outcome, calls: bench.calls(), printed: '', secrets: [] };
  } catch (error) {
    if (!(error instanceof OAuthProviderError)) throw error;
    const { errorClass, retryable, platformCode, platformSubCode, retryAfterSeconds } = error;
    return {
      outcome: {
        error: {
          errorClass,
          retryable,
          ...(platformCode === undefined ? {} : { platformCode }),
          ...(platformSubCode === undefined ? {} : { platformSubCode }),
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        },
      },
      calls: bench.calls(),
      printed: [error.message, JSON.stringify(error), inspect(error, { depth: 9 })].join('\n'),
      secrets: bench.secrets(),
    };
  }
}

/** One row's run. */
class Bench {
  private readonly provider: ConfiguredProvider;
  private readonly tools: ReturnType<World['fresh']>;
  private path = '';
  private before = 0;
  private used: Inputs = {};

  constructor(
    private readonly world: World,
    private readonly row: Row,
  ) {
    this.tools = world.fresh();
    const provider = world.providers[row.provider];
    this.provider =
      row.given.scopes === undefined || provider.contract.login.kind === 'handoff'
        ? provider
        : { ...provider, scope: row.given.scopes };
  }

  run(): Promise<Expectation> {
    switch (this.row.operation) {
      case 'authorize':
        return this.authorize();
      case 'callback':
        return this.callback();
      case 'idToken':
        return this.idToken();
      default:
        return this.operation(this.row.operation);
    }
  }

  calls(): number {
    return this.seen() - this.before;
  }

  secrets(): string[] {
    const given = Object.entries({ clientSecret: this.provider.clientSecret ?? '', ...this.used });
    return given
      .filter(([name]) => name !== 'redirectUri' && name !== 'clientId')
      .map(([, value]) => (value instanceof Secret ? value.reveal() : value))
      .filter((value) => value.length > 8);
  }

  private async authorize(): Promise<Expectation> {
    const asked = new URL(await this.authorizationUrl(this.provider));
    const page = await fetch(asked, { redirect: 'manual' });
    return {
      request: {
        url: `${asked.origin}${asked.pathname}`,
        params: Object.fromEntries(asked.searchParams),
        status: page.status,
      },
    };
  }

  private async callback(): Promise<Expectation> {
    const { login } = this.provider.contract;
    if (login.kind !== 'redirect') throw new TypeError('there is no callback');
    const { query, consent } = this.row.given;
    const parameters = Object.fromEntries(
      new URLSearchParams(query ?? (await this.consent(this.provider, consent))),
    );
    if (isErrorCallback(login.callback, parameters)) {
      throw callbackError(this.provider, login.callback, parameters);
    }
    return { code: readCode(login.callback, parameters) ?? '' };
  }

  private async idToken(): Promise<Expectation> {
    const rules = this.provider.contract.idToken;
    const { given } = this.row;
    if (rules === undefined) throw new TypeError('there is no id_token');
    const inputs = await this.inputs(this.provider, ['code', 'redirectUri', 'codeVerifier']);
    const reply = await this.tools.wire.tokens(this.varied('exchange'), 'exchange', inputs);
    this.pass(given.wait);
    this.watch(rules.jwksUrl);
    const idToken = given.with?.['idToken'] ?? reply.tokens.idToken?.reveal() ?? '';
    this.used = { ...inputs, accessToken: reply.tokens.accessToken, ticket: idToken };
    const accessToken =
      given.with?.['accessToken'] === undefined
        ? reply.tokens.accessToken
        : new Secret(given.with['accessToken']);
    const provider = { ...this.provider, clientId: given.with?.['clientId'] ?? this.provider.clientId };
    const expected = { accessToken, nonce: given.with?.['nonce'] ?? nonce };
    const verified = await this.tools.verifier.verify(provider, rules, new Secret(idToken), expected);
    const { subject, displayName, avatarUrl, nonceSeen } = verified;
    return {
      identity: {
        algorithm: decodeProtectedHeader(idToken).alg ?? '',
        subject,
        nonceSeen,
        ...(displayName === undefined ? {} : { displayName }),
        ...(avatarUrl === undefined ? {} : { avatarUrl }),
      },
    };
  }

  private async operation(name: OperationName): Promise<Expectation> {
    const { given } = this.row;
    const provider = this.varied(name);
    const spec = provider.contract.operations[name];
    if (spec === undefined) throw new TypeError(`the contract has no ${name}`);
    const names = requestInputs(spec.request);
    const needed = given.fault === undefined ? await this.inputs(provider, names) : { ...standIns };
    const speak = speakers[name];
    if (speak === undefined) throw new TypeError(`nobody has said how ${name} is measured`);
    const call = (inputs: Inputs): Promise<Expectation> => speak(this.tools.wire, provider, inputs);
    if (given.twice === true) await call(needed);
    this.pass(given.wait);
    this.used = { ...needed, ...given.with };
    this.watch(spec.request.url);
    return call(this.used);
  }

  /** The provider whose contract writes some literal parameters of an operation differently. */
  private varied(name: OperationName): ConfiguredProvider {
    const { send } = this.row.given;
    const { contract } = this.provider;
    const operation = contract.operations[name];
    if (send === undefined || operation === undefined) return this.provider;
    const params = Object.fromEntries(
      Object.entries({ ...operation.request.params, ...send }).filter(([, value]) => value !== null),
    );
    const request = { ...operation.request, params };
    const operations = { ...contract.operations, [name]: { ...operation, request } };
    return { ...this.provider, contract: { ...contract, operations } };
  }

  /** Gets from the platform what a request will need: a code for an exchange, tokens for the rest. */
  private async inputs(provider: ConfiguredProvider, names: readonly string[]): Promise<Inputs> {
    const { wire } = this.tools;
    const got: Inputs = { redirectUri };
    if (names.includes('code')) {
      return { ...got, code: await this.code(provider), ...(this.usesPkce() ? { codeVerifier } : {}) };
    }
    if (['accessToken', 'refreshToken', 'subject'].some((name) => names.includes(name))) {
      const inputs = await this.inputs(provider, ['code']);
      const { tokens, subject } = await wire.tokens(provider, 'exchange', inputs);
      got.accessToken = tokens.accessToken;
      if (tokens.refreshToken !== undefined) got.refreshToken = tokens.refreshToken;
      if (subject !== undefined) got.subject = subject;
    }
    if (names.includes('appToken')) {
      got.appToken = (await wire.tokens(provider, 'appToken', {})).tokens.accessToken;
    }
    if (names.includes('ticket')) {
      const { appToken } = await this.inputs(provider, ['appToken']);
      const inputs = appToken === undefined ? {} : { appToken };
      got.ticket = (await wire.tokens(provider, 'ticket', inputs)).tokens.accessToken;
    }
    return got;
  }

  private async code(provider: ConfiguredProvider): Promise<string> {
    const { user, scopes, generation, foreignCode, native } = this.row.given;
    const other = otherClients[this.row.provider];
    if (provider.contract.login.kind === 'handoff' || native === true) {
      const clientId = foreignCode === true ? other.clientId : undefined;
      return this.world.emulator.issueCode(this.row.provider, { user, scopes, generation, clientId });
    }
    const client = foreignCode === true ? { ...provider, clientId: other.clientId } : provider;
    const back = new URLSearchParams(
      await this.consent(client, { decision: 'approve', ...(user === undefined ? {} : { user }) }),
    );
    return back.get('code') ?? '';
  }

  /** Answers the platform's consent page as a person would; gives the query, or fragment, of the way back. */
  private async consent(
    provider: ConfiguredProvider,
    form: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const body = new URLSearchParams({ decision: 'approve', ...form });
    const url = await this.authorizationUrl(provider);
    const reply = await fetch(url, { method: 'POST', body, redirect: 'manual' });
    const location = new URL(reply.headers.get('location') ?? '');
    return location.hash === '' ? location.search : location.hash.slice(1);
  }

  private authorizationUrl(provider: ConfiguredProvider): Promise<string> {
    const { login } = provider.contract;
    if (login.kind !== 'redirect') throw new TypeError('there is no authorization endpoint');
    return authorizationUrl(provider, login, {
      redirectUri,
      state,
      nonce,
      ...(this.usesPkce() ? { codeChallenge, codeChallengeMethod: 'S256' } : {}),
    });
  }

  private usesPkce(): boolean {
    const { login } = this.provider.contract;
    return login.kind === 'redirect' && login.pkce === 'S256' && this.row.given.native !== true;
  }

  private pass(seconds = 0): void {
    this.world.clock.time += seconds * 1000;
  }

  /** From here on, requests to this endpoint count, and the row's fault strikes. */
  private watch(url: string): void {
    this.path = new URL(url).pathname;
    this.before = this.seen();
    const { fault } = this.row.given;
    if (fault !== undefined) {
      this.world.emulator.addFault({ provider: this.row.provider, path: this.path, times: 1, fault });
    }
  }

  private seen(): number {
    return this.world.emulator.log().filter(({ path }) => path === this.path).length;
  }
}
