import { type Request } from 'express';
import { type AnywebFailure, refuse, succeed } from './errors.js';
import { type Fields, readApp, serviceAppFailures, textOf } from './fields.js';
import { addressesOf, unionidOf } from './identity.js';
import { type AnywebSigner } from './signer.js';
import { type AnywebToken } from './tokens.js';
import { Ledger } from '../../core/ledger.js';
import { type Endpoint, type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { fieldsOf } from '../../http/body.js';
import { type Reply } from '../../http/reply.js';

/** What the developer knows of a user: the networks whose addresses were shared, and whether `baseInfo` was granted. */
interface Acquaintance {
  readonly user: DemoUser;
  readonly networks: Set<number>;
  sharesBaseInfo: boolean;
}

type Group = Readonly<Record<string, readonly string[]>>;

const tokenLifetime = 2 * 60 * 60;
/** As in the document's sample. */
const developerId = 32;

/**
 * The interfaces for developers, without a user: `POST /service/serviceToken` and what it opens.
 *
 * @see "获取 ServiceToken", and the wiki's Service/intro and Service/checkAddresses pages
 */
export class AnywebService {
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #signer: AnywebSigner;
  /** By the text of a service token: the app's id. */
  readonly #tokens: Ledger<string>;
  /** By unionid, which is the same in all apps of the developer. */
  readonly #acquaintances = new Map<string, Acquaintance>();

  constructor(world: World, signer: AnywebSigner) {
    this.#world = world;
    this.#signer = signer;
    this.#tokens = new Ledger(world.clock);
    this.endpoints = [
      { path: '/service/serviceToken', methods: ['POST'], handle: this.#serviceToken.bind(this) },
      { path: '/service/checkAddresses', methods: ['POST'], handle: this.#checkAddresses.bind(this) },
    ];
  }

  /** A user has signed in to one of the developer's apps. */
  meet({ user, network, scopes }: AnywebToken): void {
    const unionid = unionidOf(user);
    const known = this.#acquaintances.get(unionid) ?? { user, networks: new Set(), sharesBaseInfo: false };
    known.networks.add(network);
    known.sharesBaseInfo = scopes.includes('baseInfo');
    this.#acquaintances.set(unionid, known);
  }

  revoke(): number {
    return this.#tokens.revokeWhere(() => true);
  }

  clear(): void {
    this.#tokens.clear();
    this.#acquaintances.clear();
  }

  /** Any number of service tokens live side by side. */
  async #serviceToken(request: Request): Promise<Reply> {
    const app = readApp(this.#world.clients, jsonFields(request), serviceAppFailures);
    if ('failure' in app) return refuse(app.failure);
    const lifetime = this.#world.lifetimes.accessToken ?? tokenLifetime;
    const serviceToken = await this.#signer.sign({ appid: app.appid, developerId }, lifetime);
    this.#tokens.put(serviceToken, app.appid, lifetime);
    this.#world.counters.add('anyweb', 'appTokens');
    return succeed({ serviceToken, expiresIn: lifetime });
  }

  /** Answers, by unionid, the addresses that are not the user's; whoever has none of those is left out. */
  #checkAddresses(request: Request): Reply {
    const fields = jsonFields(request);
    const token = textOf(fields, 'serviceToken');
    if (token === undefined || this.#tokens.look(token).status !== 'live') {
      return refuse('serviceTokenInvalid');
    }
    const group = groupOf(fields['group']);
    if (!group) return refuse('groupMalformed');
    const checked = this.#check(group);
    return 'failure' in checked ? refuse(checked.failure) : succeed(checked.data);
  }

  #check(group: Group): { data: Group } | { failure: AnywebFailure } {
    const invalid: [string, readonly string[]][] = [];
    for (const [unionid, addresses] of Object.entries(group)) {
      const known = this.#acquaintances.get(unionid);
      if (known && !known.sharesBaseInfo) return { failure: 'serviceUnauthorized' };
      const own = known ? [...known.networks].flatMap((network) => addressesOf(known.user, network)) : [];
      const wrong = addresses.filter((address) => !own.includes(address));
      if (wrong.length) invalid.push([unionid, wrong]);
    }
    return { data: Object.fromEntries(invalid) };
  }
}

/** "请使用 json 格式提交请求": a body of any other kind has no fields here. */
function jsonFields(request: Request): Fields {
  return request.is('application/json') ? fieldsOf(request) : {};
}

/** `Record<unionid, address[]>`; undefined when it is anything else. */
function groupOf(value: unknown): Group | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const isAddresses = (list: unknown) =>
    Array.isArray(list) && list.every((address) => typeof address === 'string');
  return Object.values(value).every(isAddresses) ? (value as Group) : undefined;
}
