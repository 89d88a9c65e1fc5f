import { decodeProtectedHeader } from 'jose';
import {
  type ConfiguredProvider,
  OAuthProviderError,
  type OperationName,
  Secret,
} from 'nestjs-oauth-providers';
import { inspect } from 'node:util';
import { requestInputs } from '../../libs/oauth-providers/src/core/assert-contract.js';
import {
  callbackError,
  isErrorCallback,
  readCode,
} from '../../libs/oauth-providers/src/wire/authorization.js';
import { type Inputs } from '../../libs/oauth-providers/src/wire/request.js';
import { speakers } from './speakers.js';
import { nonce, Supplies } from './supplies.js';
import { type Expectation, type ExpectedRequest, now, type Row } from './vocabulary.js';
import { type World } from './world.js';

/** Inputs that may be printed. */
const open = ['redirectUri', 'clientId', 'tokenType'];

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
  private readonly supplies: Supplies;
  private path = '';
  private before = 0;
  private used: Inputs = {};

  constructor(
    private readonly world: World,
    private readonly row: Row,
  ) {
    this.tools = world.fresh();
    this.supplies = new Supplies(world, row, this.tools.wire);
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
      .filter(([name]) => !open.includes(name))
      .map(([, value]) => (value instanceof Secret ? value.reveal() : value))
      .filter((value) => value.length > 8);
  }

  private async authorize(): Promise<Expectation> {
    const asked = new URL(await this.supplies.authorizationUrl(this.provider));
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
      new URLSearchParams(query ?? (await this.supplies.consent(this.provider, consent))),
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
    const inputs = await this.supplies.real(this.provider, ['code', 'redirectUri', 'codeVerifier']);
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
    const needed =
      given.fault === undefined ? await this.supplies.real(provider, names) : this.supplies.madeUp(names);
    const speak = speakers[name];
    if (speak === undefined) throw new TypeError(`nobody has said how ${name} is measured`);
    const call = (inputs: Inputs): Promise<Expectation> => speak(this.tools.wire, provider, inputs);
    if (given.twice === true) await call(needed);
    this.pass(given.wait);
    this.used = { ...needed, ...given.with };
    this.watch(spec.request.url);
    const outcome = await call(this.used);
    return given.show === undefined ? outcome : { request: this.sent() };
  }

  /** The request that was sent last. */
  private sent(): ExpectedRequest {
    const last = this.tools.tap.last;
    if (last === undefined) throw new TypeError('nothing was sent');
    const { url, headers, body = '' } = last.request;
    const isJson = headers['content-type'] === 'application/json';
    const params = isJson
      ? (JSON.parse(String(body)) as Record<string, string>)
      : Object.fromEntries(new URLSearchParams(String(body)));
    return { url, params, status: last.status };
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
