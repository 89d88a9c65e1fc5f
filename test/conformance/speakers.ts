import { type ConfiguredProvider, type OperationName } from 'nestjs-oauth-providers';
import {
  type Introspection,
  type ProfileReply,
  type TokenReply,
} from '../../libs/oauth-providers/src/wire/fields.js';
import { type Inputs } from '../../libs/oauth-providers/src/wire/request.js';
import { type TokenOperation, type Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { ended, type Expectation } from './vocabulary.js';

/** How an operation is asked for and its answer written down; a new operation is one more line. */
export const speakers: Partial<
  Record<OperationName, (wire: Wire, provider: ConfiguredProvider, inputs: Inputs) => Promise<Expectation>>
> = {
  exchange: tokensBy('exchange'),
  refresh: tokensBy('refresh'),
  appToken: tokensBy('appToken'),
  ticket: tokensBy('ticket'),
  profile: async (wire, provider, inputs) => readProfile(await wire.profile(provider, inputs)),
  introspect: async (wire, provider, inputs) => readIntrospection(await wire.introspect(provider, inputs)),
  revoke: async (wire, provider, inputs) => {
    await wire.revoke(provider, inputs);
    return ended;
  },
};

function tokensBy(name: TokenOperation) {
  return async (wire: Wire, provider: ConfiguredProvider, inputs: Inputs): Promise<Expectation> =>
    readTokens(await wire.tokens(provider, name, inputs));
}

function readTokens({ tokens, subject }: TokenReply): Expectation {
  const { accessToken, tokenType, expiresAt, refreshToken, refreshExpiresAt, idToken, scope } = tokens;
  return {
    tokens: {
      accessToken: accessToken.reveal(),
      expiresAt,
      scope,
      ...(tokenType === undefined ? {} : { tokenType }),
      ...(refreshToken === undefined ? {} : { refreshToken: refreshToken.reveal() }),
      ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
      ...(idToken === undefined ? {} : { idToken: idToken.reveal() }),
      ...(subject === undefined ? {} : { subject }),
    },
  };
}

function readProfile({ subject, displayName, avatarUrl, raw }: ProfileReply): Expectation {
  return {
    profile: {
      ...(subject === undefined ? {} : { subject }),
      ...(displayName === undefined ? {} : { displayName }),
      ...(avatarUrl === undefined ? {} : { avatarUrl }),
      raw: Object.keys(raw).sort(),
    },
  };
}

function readIntrospection({ active, expiresAt, subject, scope }: Introspection): Expectation {
  return {
    introspection: {
      active,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(subject === undefined ? {} : { subject }),
      ...(scope === undefined ? {} : { scope }),
    },
  };
}
