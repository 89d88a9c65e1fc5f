import {
  type IntrospectionFields,
  type NoFields,
  type Operation,
  type OperationName,
  type ProfileFields,
  type RequestSpec,
  type TokenFields,
} from '../core/contract.js';
import { requestInputs } from '../core/assert-contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import {
  type Clock,
  type HttpPort,
  type HttpReply,
  type HttpRequest,
  type Randomness,
} from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { type Answer } from './answer.js';
import { refusalError } from './classify.js';
import { meets } from './conditions.js';
import { decode } from './decoders.js';
import {
  type Introspection,
  type ProfileReply,
  readIntrospection,
  readProfile,
  readTokens,
  type TokenReply,
} from './fields.js';
import { buildRequest, type Inputs } from './request.js';
import { signRequest } from './signers.js';
import { transportError } from './transport-error.js';

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Runs in the last synchronous step before the request leaves; what it throws stops the request. */
  readonly beforeSending?: () => void;
}

/** The operations whose answer holds a token. */
export type TokenOperation = 'exchange' | 'refresh' | 'renewRefreshToken' | 'appToken' | 'ticket';

/**
 * Speaks any contract over HTTP: writes the request, sends it once, reads the answer as the contract says.
 * It never retries and keeps nothing.
 */
export class Wire {
  constructor(
    private readonly http: HttpPort,
    readonly clock: Clock,
    readonly randomness: Randomness,
  ) {}

  /**
   * Runs an operation that answers with a token.
   * @throws OAuthProviderError for every failure, with its class and the platform's codes
   */
  async tokens(
    provider: ConfiguredProvider,
    name: TokenOperation,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<TokenReply> {
    const operation = this.operation<TokenFields>(provider, name);
    const { answer } = await this.call(provider, name, operation, inputs, options);
    return readTokens(answer, operation.reply, { provider, operation: name });
  }

  /**
   * Asks who the user is.
   * @throws OAuthProviderError for every failure
   */
  profile(provider: ConfiguredProvider, inputs: Inputs, options: CallOptions = {}): Promise<ProfileReply> {
    return this.person(provider, 'profile', inputs, options);
  }

  /**
   * Asks whose token it is, on platforms that tell it nowhere else.
   * @throws OAuthProviderError for every failure
   */
  identity(provider: ConfiguredProvider, inputs: Inputs, options: CallOptions = {}): Promise<ProfileReply> {
    return this.person(provider, 'identity', inputs, options);
  }

  /**
   * Asks the platform whether a token is valid. One of another client counts as not valid.
   * @throws OAuthProviderError for every failure but "not valid"
   */
  async introspect(
    provider: ConfiguredProvider,
    inputs: Inputs,
    options: CallOptions = {},
  ): Promise<Introspection> {
    const operation = this.operation<IntrospectionFields>(provider, 'introspect');
    const { answer, nothing } = await this.call(provider, 'introspect', operation, inputs, options);
    return nothing ? { active: false } : readIntrospection(answer, operation.reply, provider);
  }

  /**
   * Ends a token at the platform. A token that has ended already is no failure.
   * @throws OAuthProviderError for every other failure
   */
  async revoke(provider: ConfiguredProvider, inputs: Inputs, options: CallOptions = {}): Promise<void> {
    const operation = this.operation<NoFields>(provider, 'revoke');
    try {
      await this.call(provider, 'revoke', operation, inputs, options);
    } catch (error) {
      if (!(error instanceof OAuthProviderError) || error.errorClass !== 'invalid_token') throw error;
    }
  }

  /** Whether a platform offers an operation. */
  offers(provider: ConfiguredProvider, name: OperationName): boolean {
    return provider.contract.operations[name] !== undefined;
  }

  /** Whether an operation sends the app token, which then has to be fetched first. */
  needsAppToken(provider: ConfiguredProvider, name: OperationName): boolean {
    const operation: Operation<unknown> | undefined = provider.contract.operations[name];
    return operation !== undefined && inputsOf(operation.request).has('appToken');
  }

  private async person(
    provider: ConfiguredProvider,
    name: 'identity' | 'profile',
    inputs: Inputs,
    options: CallOptions,
  ): Promise<ProfileReply> {
    const operation = this.operation<ProfileFields>(provider, name);
    const { answer, nothing } = await this.call(provider, name, operation, inputs, options);
    return nothing ? { raw: {} } : readProfile(answer, operation.reply);
  }

  private operation<Fields extends TokenFields | ProfileFields | IntrospectionFields | NoFields>(
    provider: ConfiguredProvider,
    name: OperationName,
  ): Operation<Fields> {
    const operation = provider.contract.operations[name];
    if (operation === undefined) {
      throw new OAuthProviderError({
        provider: provider.name,
        operation: name,
        errorClass: 'invalid_request',
        reason: 'the platform has no such operation',
        fate: 'not_sent',
      });
    }
    return operation as unknown as Operation<Fields>;
  }

  private async call(
    provider: ConfiguredProvider,
    name: OperationName,
    operation: Operation<unknown>,
    inputs: Inputs,
    options: CallOptions,
  ): Promise<{ answer: Answer; nothing: boolean }> {
    const all: Inputs = {
      clientId: provider.clientId,
      ...(provider.clientSecret === undefined ? {} : { clientSecret: provider.clientSecret }),
      ...inputs,
    };
    const unsigned = await buildRequest(provider, name, operation.request, all, options.signal);
    const { sign } = operation.request;
    const request = sign === undefined ? unsigned : await signRequest(unsigned, sign, provider, this);
    options.beforeSending?.();
    const sentAt = this.clock.now();
    const reply = await this.send(provider, name, request);
    const answer: Answer = {
      status: reply.status,
      headers: reply.headers,
      root: decode(operation.reply.decode, reply.body),
      sentAt,
      receivedAt: this.clock.now(),
    };
    const arrived = answer.status >= 200 && answer.status < 300 && answer.root !== undefined;
    const nothing =
      arrived && operation.reply.nothing !== undefined && meets(answer, operation.reply.nothing);
    if (!nothing && !(arrived && meets(answer, operation.reply.success))) {
      throw refusalError(
        answer,
        { error: operation.reply.error, rules: operation.errors },
        { provider: provider.name, operation: name, secrets: secretsOf(all) },
      );
    }
    return { answer, nothing };
  }

  private async send(
    provider: ConfiguredProvider,
    name: OperationName,
    request: HttpRequest,
  ): Promise<HttpReply> {
    try {
      return await this.http.send(request);
    } catch (error) {
      throw transportError(provider.name, name, error);
    }
  }
}

const inputNames = new WeakMap<RequestSpec, ReadonlySet<string>>();

function inputsOf(spec: RequestSpec): ReadonlySet<string> {
  const known = inputNames.get(spec);
  if (known !== undefined) return known;
  const made = new Set(requestInputs(spec));
  inputNames.set(spec, made);
  return made;
}

function secretsOf(inputs: Inputs): string[] {
  const open = [
    'code',
    'codeVerifier',
    'accessToken',
    'refreshToken',
    'appToken',
    'ticket',
    'subject',
    'token',
  ] as const;
  return [
    ...Object.values(inputs).flatMap((value) => (value instanceof Secret ? [value.reveal()] : [])),
    ...open.flatMap((name) => (typeof inputs[name] === 'string' ? [inputs[name]] : [])),
  ];
}
