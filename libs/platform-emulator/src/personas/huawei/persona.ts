import { type HuaweiCode, readAuthorize } from './authorize.js';
import { answerTokenInfo } from './check-id-token.js';
import { discoveryDocument } from './metadata.js';
import { answerRest } from './rest.js';
import { answerRevoke } from './revoke.js';
import { SigningKeys } from './signing-keys.js';
import { answerToken } from './token-endpoint.js';
import { HuaweiTokens } from './tokens.js';
import { type Revocable } from '../../core/grants.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type World } from '../../core/persona.js';
import { SlidingQuota } from '../../core/quota.js';
import { type DemoUser } from '../../core/users.js';
import { jsonReply } from '../../http/reply.js';
import { answerAuthorize } from '../../pages/authorize.js';

const codeLifetime = 5 * 60;
/** App tokens: 1000 requests in 5 minutes per client_id ("obtain-app-token"). */
const appTokenLimit = 1000;
const appTokenWindow = 5 * 60;
const json = { 'Content-Type': 'application/json;charset=utf-8' };

/**
 * Huawei Account Kit (`oauth-login.cloud.huawei.com`, `oauth-api.cloud.huawei.com`, `account.cloud.huawei.com`).
 *
 * @see "Web应用怎样获取Access Token？" and the Account Kit REST reference
 */
export class HuaweiPersona implements Persona {
  readonly provider = 'huawei';
  readonly endpoints: readonly Endpoint[];
  readonly #codes: Ledger<HuaweiCode>;
  readonly #tokens: HuaweiTokens;
  readonly #appTokenQuota: SlidingQuota;

  constructor(world: World) {
    const keys = new SigningKeys(world.clock);
    const tokens = new HuaweiTokens(world, keys);
    const codes = new Ledger<HuaweiCode>(world.clock);
    const limit = world.quotas ? appTokenLimit : Infinity;
    const appTokenQuota = new SlidingQuota(world.clock, limit, appTokenWindow);
    this.#codes = codes;
    this.#tokens = tokens;
    this.#appTokenQuota = appTokenQuota;
    const parts = { world, codes, tokens, appTokenQuota };
    const read = (query: URLSearchParams) => readAuthorize(world, query, (code) => this.#issue(code));
    this.endpoints = [
      {
        path: '/oauth2/v3/authorize',
        methods: ['GET', 'POST'],
        isPage: true,
        handle: answerAuthorize('huawei', world.autoApprove, read),
      },
      {
        path: '/oauth2/v3/token',
        methods: ['POST'],
        handle: (request, site) => answerToken(parts, request, site),
      },
      {
        path: '/oauth2/v3/revoke',
        methods: ['POST'],
        handle: (request) => answerRevoke(world, tokens, request),
      },
      {
        path: '/oauth2/v3/tokeninfo',
        methods: ['POST'],
        handle: (request) => answerTokenInfo(world, keys, request),
      },
      {
        path: '/oauth2/v3/certs',
        methods: ['GET', 'POST'],
        handle: async () => jsonReply(200, { keys: await keys.published() }, json),
      },
      {
        path: '/.well-known/openid-configuration',
        methods: ['GET', 'POST'],
        handle: (_request, site) => jsonReply(200, discoveryDocument(site.origin), json),
      },
      {
        path: '/rest.php',
        methods: ['POST'],
        handle: (request, site) => answerRest(world, tokens, request, site),
      },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    return this.#issue({ user, scopes: scopes ?? ['openid', 'profile'], clientId, isOffline: true });
  }

  revoke(what: Revocable, user: DemoUser | undefined): number {
    return this.#tokens.revoke(what, user);
  }

  reset(): void {
    for (const part of [this.#codes, this.#tokens, this.#appTokenQuota]) part.clear();
  }

  #issue(code: HuaweiCode): string {
    const text = this.#tokens.opaque('code');
    this.#codes.put(text, code, codeLifetime);
    return text;
  }
}
