import { type ErrorRule } from '../../libs/oauth-providers/src/core/contract.js';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { OAuthProviderError } from '../../libs/oauth-providers/src/core/errors.js';
import { type EngineParts, type RenewalEngine } from '../../libs/oauth-providers/src/refresh/engine.js';
import { type TokenStore, type Vault } from '../../libs/oauth-providers/src/vault/index.js';

/** A way to break the engine on purpose. */
export interface Mutation {
  readonly store?: (tokens: TokenStore) => TokenStore;
  readonly provider?: (provider: ConfiguredProvider) => ConfiguredProvider;
  readonly parts?: (parts: EngineParts) => EngineParts;
  readonly engine?: (engine: RenewalEngine) => void;
}

/** The same object with some of its methods replaced; everything else keeps its own `this`. */
function withMethods<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get: (from, name) => {
      const other: unknown = Reflect.get(replaced, name);
      if (other !== undefined) return other;
      const value: unknown = Reflect.get(from, name);
      return typeof value === 'function' ? (value.bind(from) as unknown) : value;
    },
  });
}

function withStore(replaced: (tokens: TokenStore) => Partial<TokenStore>): Mutation {
  return { store: (tokens) => withMethods(tokens, replaced(tokens)) };
}

function withVault(replaced: (vault: Vault, parts: EngineParts) => Partial<Vault>): Mutation {
  return { parts: (parts) => ({ ...parts, vault: withMethods(parts.vault, replaced(parts.vault, parts)) }) };
}

/** A contract that reads one kind of trouble as a dead grant. */
function deadWhen(rule: Omit<ErrorRule, 'class'>): Mutation {
  return {
    provider: (provider) => {
      const { contract } = provider;
      const { refresh } = contract.operations;
      if (refresh === undefined) return provider;
      const errors: ErrorRule[] = [{ ...rule, class: 'invalid_grant' }, ...refresh.errors];
      return {
        ...provider,
        contract: { ...contract, operations: { ...contract.operations, refresh: { ...refresh, errors } } },
      };
    },
  };
}

/** Each rule of the engine, switched off; the text says what is missing then. */
export const mutations: Readonly<Record<string, { readonly mutation: Mutation; readonly caught: RegExp }>> = {
  'no lease': {
    caught: /without the lease/,
    mutation: withStore((tokens) => ({
      claim: async (request) => {
        const outcome = await tokens.claim(request);
        if (outcome.claimed || outcome.record?.lease == null) return outcome;
        await tokens.release({ key: request.key, owner: outcome.record.lease.owner });
        return tokens.claim(request);
      },
    })),
  },
  'no deadline before the bytes leave': {
    caught: /so late that the lease may end|without the lease/,
    mutation: {
      parts: (parts) => ({
        ...parts,
        wire: withMethods(parts.wire, {
          tokens: (provider, operation, inputs) => parts.wire.tokens(provider, operation, inputs),
        }),
      }),
    },
  },
  'no generation fence': {
    caught: /overwritten newer tokens|had been replaced|an older generation/,
    mutation: withStore((tokens) => ({
      saveIf: async (write, expected) => {
        const current = await tokens.get(write.key);
        return tokens.saveIf(write, current?.generation ?? expected);
      },
    })),
  },
  'no tombstone: a late save brings a deleted record back': {
    caught: /a deleted record is back/,
    mutation: withStore((tokens) => ({
      saveIf: async (write, expected) => {
        const current = await tokens.get(write.key);
        return current === undefined
          ? tokens.replace({ ...write, owner: null })
          : tokens.saveIf(write, expected);
      },
    })),
  },
  'no mark before a refresh token is spent': {
    caught: /not marked/,
    mutation: withStore((tokens) => ({
      markSpending: () => Promise.resolve(true),
      claimDue: (request) => tokens.claimDue({ ...request, spending: false }),
    })),
  },
  'a claim marks, and does not tell what was marked before': {
    caught: /in doubt is tried again|told to log in although/,
    mutation: withStore((tokens) => ({
      claimDue: async (request) => {
        const records = await tokens.claimDue(request);
        return records.map((record) => ({ ...record, spending: null }));
      },
    })),
  },
  'a claim takes its own mark for somebody else’s': {
    caught: /in doubt although nothing failed/,
    mutation: withStore((tokens) => ({
      claimDue: async (request) => {
        const records = await tokens.claimDue(request);
        return records.map((record) =>
          request.spending ? { ...record, spending: record.generation } : record,
        );
      },
    })),
  },
  'no second look after a claim': {
    caught:
      /before it is due|had been replaced|without the lease|not marked|told to log in|of a record that is/,
    mutation: withVault((vault) => {
      // What was loaded first is taken for what is true at the claim.
      const seen = new Map<string, Awaited<ReturnType<Vault['load']>>>();
      return {
        load: async (identity) => {
          const record = await vault.load(identity);
          seen.set(JSON.stringify(identity), record);
          return record;
        },
        claim: async (identity, owner, lease) => {
          const outcome = await vault.claim(identity, owner, lease);
          const old = seen.get(JSON.stringify(identity));
          const stale = old && outcome.record && { ...old, leasedUntil: outcome.record.leasedUntil };
          return outcome.claimed && stale ? { claimed: true, record: stale } : outcome;
        },
      };
    }),
  },
  'no second look after a refusal that comes too late': {
    caught: /told to log in although/,
    mutation: withStore((tokens) => ({
      settle: async (settlement) => (await tokens.settle(settlement)) || settlement.owner !== null,
    })),
  },
  'a lost reply is tried again at once': {
    caught: /tried again while the old access token is good/,
    mutation: {
      provider: (provider) => ({
        ...provider,
        contract: { ...provider.contract, renewal: { policy: 'rotate', lostReply: 'retry' } },
      }),
    },
  },
  'due times are ignored': {
    caught: /before it is due/,
    mutation: withVault((vault) => ({
      load: async (identity) => {
        const record = await vault.load(identity);
        return record && { ...record, dueAt: 0 };
      },
      claim: async (identity, owner, lease) => {
        const outcome = await vault.claim(identity, owner, lease);
        return { ...outcome, record: outcome.record && { ...outcome.record, dueAt: 0 } };
      },
    })),
  },
  'expired tokens are served': {
    caught: /served a token that has expired/,
    mutation: {
      parts: (parts) => ({ ...parts, clock: { now: () => parts.clock.now() - 120_000 } }),
    },
  },
  'the cache never forgets': {
    caught: /long after its record was deleted|served a token that has expired/,
    mutation: { parts: (parts) => ({ ...parts, cache: { ...parts.cache, ageMs: 3_600_000 } }) },
  },
  'a rejected token is served again': {
    caught: /the token that was rejected/,
    mutation: {
      engine: ({ live }) => {
        const get = live.get.bind(live);
        live.get = (provider, identity, request) => {
          const signal = request?.signal;
          return get(provider, identity, signal === undefined ? {} : { signal });
        };
      },
    },
  },
  'an outage kills records': {
    caught: /did not happen|told to log in although/,
    mutation: deadWhen({ status: [500, 502, 503] }),
  },
  'a wrong secret kills records': {
    caught: /did not happen/,
    mutation: deadWhen({ code: ['400002', '1101', 'A107P005'] }),
  },
  'an unknown refusal kills records': {
    caught: /did not happen/,
    mutation: deadWhen({ code: ['400003', '1999', 'Z999'] }),
  },
  'a grant that cannot be saved is dropped': {
    caught: /is lost|whose successor it was given/,
    mutation: withVault((vault) => ({
      saveRenewal: (prepared) => vault.saveRenewal(prepared).catch(() => ({ saved: true })),
    })),
  },
  'what is kept in memory is not looked at': {
    caught: /whose successor it was given/,
    mutation: {
      engine: ({ unsaved }) => {
        unsaved.grant = () => undefined;
      },
    },
  },
  'back-off without end': {
    caught: /is not fresh/,
    mutation: withVault((vault) => ({
      settle: (record, owner, change) =>
        vault.settle(record, owner, {
          ...change,
          dueAt: change.dueAt === null ? null : change.dueAt + 86_400_000,
        }),
    })),
  },
  'who waits for somebody else is never woken': {
    caught: /waits for ever/,
    mutation: {
      parts: (parts) => ({
        ...parts,
        timers: withMethods(parts.timers, {
          sleep: (ms, signal) => (ms === 100 ? new Promise(() => undefined) : parts.timers.sleep(ms, signal)),
        }),
      }),
    },
  },
  'an error shows the token': {
    caught: /a secret is shown/,
    mutation: {
      parts: (parts) => ({
        ...parts,
        wire: withMethods(parts.wire, {
          tokens: async (provider, operation, inputs, options) => {
            try {
              return await parts.wire.tokens(provider, operation, inputs, options);
            } catch (error) {
              if (!(error instanceof OAuthProviderError)) throw error;
              const refresh = inputs.refreshToken;
              const shown = typeof refresh === 'object' ? refresh.reveal() : '';
              const { errorClass, operation: name, fate } = error;
              const reason = `${error.message} ${shown}`;
              throw new OAuthProviderError({
                provider: error.provider,
                operation: name,
                errorClass,
                fate,
                reason,
              });
            }
          },
        }),
      }),
    },
  },
};
