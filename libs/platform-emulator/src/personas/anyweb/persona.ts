import { type Request } from 'express';
import { type AnywebFailure, refuse, succeed } from './errors.js';
import { mainNet, unionidOf } from './identity.js';
import { type AnywebGrant, AnywebTokens } from './tokens.js';
import { answeredScopes, userInfo } from './user-info.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { demoUsers } from '../../core/users.js';
import { fieldsOf } from '../../http/body.js';
import { type Reply } from '../../http/reply.js';

interface AnywebCode extends AnywebGrant {
  readonly appid?: string | undefined;
}

const codeLifetime = 5 * 60;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * AnyWeb (`api.anyweb.cc`). Codes come from its SDK: there is no authorize URL.
 *
 * @see "获取 AccessToken", and the wiki's OAuth/userInfo and SDK/usage pages
 */
export class AnywebPersona implements Persona {
  readonly provider = 'anyweb';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #tokens: AnywebTokens;
  readonly #codes: Ledger<AnywebCode>;

  constructor(world: World) {
    this.#world = world;
    this.#tokens = new AnywebTokens(world);
    this.#codes = new Ledger(world.clock);
    this.endpoints = [
      { path: '/oauth/accessToken', methods: ['POST'], handle: this.#accessToken.bind(this) },
      { path: '/oauth/userInfo', methods: ['POST'], handle: this.#userInfo.bind(this) },
    ];
  }

  issueCode({ user, scopes, generation, clientId, network }: CodeRequest): string {
    const code = this.#world.ids.uuid();
    const grant = { user, scopes: scopes ?? ['baseInfo'], network: network ?? mainNet };
    this.#codes.put(code, { ...grant, generation: generation ?? 'G1', appid: clientId }, codeLifetime);
    return code;
  }

  reset(): void {
    this.#codes.clear();
    this.#tokens.clear();
  }

  async #accessToken(request: Request): Promise<Reply> {
    const fields = fieldsOf(request);
    const app = this.#readApp(fields);
    if ('failure' in app) return refuse(app.failure);
    const text = textOf(fields, 'code') ?? '';
    const { status, value: code } = this.#codes.look(text);
    if (status !== 'live' || (code.appid ?? app.appid) !== app.appid) return refuse('codeInvalid');
    this.#codes.spend(text);
    return succeed(await this.#tokens.issue({ ...code, appid: app.appid }));
  }

  #userInfo(request: Request, site: Site): Reply {
    const fields = fieldsOf(request);
    const accessToken = textOf(fields, 'accessToken');
    if (accessToken === undefined) return refuse('accessTokenMissing');
    const unionid = textOf(fields, 'unionid');
    if (unionid === undefined) return refuse('unionidMissing');
    const app = this.#readApp(fields);
    if ('failure' in app) return refuse(app.failure);
    const token = this.#tokens.find(accessToken);
    if (token?.appid !== app.appid) return refuse('accessTokenInvalid');
    if (unionidOf(token.user) !== unionid)
      return refuse(isSomebody(unionid) ? 'unionidInvalid' : 'userUnknown');
    const scopes = answeredScopes(token, fields['scopes']);
    return scopes ? succeed(userInfo(token, scopes, site)) : refuse('unauthorized');
  }

  #readApp(fields: Readonly<Record<string, unknown>>): { appid: string } | { failure: AnywebFailure } {
    const appid = textOf(fields, 'appid');
    if (appid === undefined) return { failure: 'appidMissing' };
    const secret = textOf(fields, 'secret');
    if (secret === undefined) return { failure: 'secretMissing' };
    const client = this.#world.clients.find('anyweb', appid);
    if (!client) return { failure: 'appidInvalid' };
    return client.clientSecret === secret ? { appid } : { failure: 'secretInvalid' };
  }
}

/** All parameters are strings; an empty one counts as missing. */
function textOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether a wrong unionid could be anybody's: somebody else's or malformed, rather than nobody's. */
function isSomebody(unionid: string): boolean {
  return !uuid.test(unionid) || demoUsers.some((user) => unionidOf(user) === unionid);
}
