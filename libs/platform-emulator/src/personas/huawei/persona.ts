import { type Request } from 'express';
import { type HuaweiCode, readAuthorize } from './authorize.js';
import { nspRefusal, refuse, tokenReply } from './errors.js';
import { readClient, readExchange } from './exchange.js';
import { signIdToken } from './id-token.js';
import { hasProfile, identityOf } from './identity.js';
import { discoveryDocument } from './metadata.js';
import { SigningKeys } from './signing-keys.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { formOf, given, queryOf } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';
import { answerAuthorize } from '../../pages/authorize.js';
import { avatarUrl } from '../../pages/avatar.js';

interface HuaweiToken {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId: string;
}

const codeLifetime = 5 * 60;
const accessLifetime = 60 * 60;
const refreshLifetime = 180 * 24 * 60 * 60;
const json = { 'Content-Type': 'application/json;charset=utf-8' };

/**
 * Huawei Account Kit (`oauth-login.cloud.huawei.com`, `account.cloud.huawei.com`).
 *
 * @see "Web应用怎样获取Access Token？" and the Account Kit REST reference
 */
export class HuaweiPersona implements Persona {
  readonly provider = 'huawei';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #keys: SigningKeys;
  readonly #codes: Ledger<HuaweiCode>;
  readonly #accessTokens: Ledger<HuaweiToken>;
  readonly #refreshTokens: Ledger<HuaweiToken>;

  constructor(world: World) {
    this.#world = world;
    this.#keys = new SigningKeys(world.clock);
    this.#codes = new Ledger(world.clock);
    this.#accessTokens = new Ledger(world.clock);
    this.#refreshTokens = new Ledger(world.clock);
    const read = (query: URLSearchParams) => readAuthorize(world, query, (code) => this.#issue(code));
    this.endpoints = [
      {
        path: '/oauth2/v3/authorize',
        methods: ['GET', 'POST'],
        isPage: true,
        handle: answerAuthorize('huawei', world.autoApprove, read),
      },
      { path: '/oauth2/v3/token', methods: ['POST'], handle: this.#token.bind(this) },
      {
        path: '/oauth2/v3/certs',
        methods: ['GET', 'POST'],
        handle: async () => jsonReply(200, { keys: await this.#keys.published() }, json),
      },
      {
        path: '/.well-known/openid-configuration',
        methods: ['GET', 'POST'],
        handle: (_request, site) => jsonReply(200, discoveryDocument(site.origin), json),
      },
      { path: '/rest.php', methods: ['POST'], handle: this.#rest.bind(this) },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    return this.#issue({ user, scopes: scopes ?? ['openid', 'profile'], clientId, isOffline: true });
  }

  reset(): void {
    this.#codes.clear();
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
  }

  #issue(code: HuaweiCode): string {
    const text = this.#opaque('DwEE', 157);
    this.#codes.put(text, code, codeLifetime);
    return text;
  }

  /** Codes and tokens are base64 with everything that needs percent-encoding: `+`, `/` and, at the end, `=`. */
  #opaque(prefix: string, size: number): string {
    return `${prefix}+/${this.#world.ids.bytes(size).toString('base64').slice(2)}`;
  }

  async #token(request: Request, site: Site): Promise<Reply> {
    const form = formOf(request);
    const grantType = given(form, 'grant_type');
    if (!grantType) return refuse('grantTypeMissing');
    if (grantType !== 'authorization_code') return refuse('grantTypeUnsupported');
    const known = readClient(this.#world.clients, form);
    if (known.failure) return refuse(known.failure);
    const exchange = readExchange(this.#codes, known.client, form);
    if (exchange.failure) return refuse(exchange.failure);
    const algorithm = form.get('supportAlg') === 'PS256' ? 'PS256' : 'RS256';
    return tokenReply(200, await this.#grant(exchange.code, known.client.clientId, algorithm, site));
  }

  async #grant(code: HuaweiCode, clientId: string, algorithm: 'RS256' | 'PS256', site: Site) {
    const { user, scopes, isOffline, nonce } = code;
    const token: HuaweiToken = { user, scopes, clientId };
    const accessToken = this.#opaque('DQEF', 127);
    this.#accessTokens.put(accessToken, token, accessLifetime);
    const refreshToken = isOffline ? this.#opaque('DAEC', 127) : undefined;
    if (refreshToken) this.#refreshTokens.put(refreshToken, token, refreshLifetime);
    const picture = avatarUrl(site.origin, 'huawei', user);
    const idToken = scopes.includes('openid')
      ? await signIdToken(this.#keys, this.#world.clock, { ...token, accessToken, nonce, picture, algorithm })
      : undefined;
    return {
      token_type: 'Bearer',
      access_token: accessToken,
      expires_in: accessLifetime,
      refresh_token: refreshToken,
      scope: scopes.join(' '),
      id_token: idToken,
    };
  }

  /** `nsp_svc` names the service, in the query or, as the vendor's demo sends it, in the body. */
  #rest(request: Request, site: Site): Reply {
    const form = formOf(request);
    const service = given(queryOf(request), 'nsp_svc') ?? given(form, 'nsp_svc');
    if (service !== 'GOpen.User.getInfo') return nspRefusal(105, 'nsp_svc is missing or unknown');
    const text = given(form, 'access_token');
    if (!text) return nspRefusal(105, 'access_token is required');
    const { status, value: token } = this.#accessTokens.look(text);
    if (status === 'unknown') return nspRefusal(102, 'invalid access_token');
    if (status !== 'live') return nspRefusal(6, 'session timeout');
    return jsonReply(200, userInfo(token, form.get('getNickName') === '1', site), json);
  }
}

/** Name and picture need the scope profile; without getNickName=1 the name is the anonymised account. */
function userInfo({ user, clientId, scopes }: HuaweiToken, wantsNickname: boolean, site: Site) {
  return {
    ...identityOf(user, clientId),
    ...(hasProfile(scopes) && {
      displayName: wantsNickname ? user.name : user.account,
      displayNameFlag: wantsNickname ? 0 : 1,
      headPictureURL: avatarUrl(site.origin, 'huawei', user),
    }),
  };
}
