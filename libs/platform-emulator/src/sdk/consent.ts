import { conflux, addressesOf, mainNet } from '../personas/anyweb/identity.js';
import { baseInfoAccess } from '../personas/yuanzhibang/persona.js';
import { type ClientRegistry } from '../core/clients.js';
import { type Ledger } from '../core/ledger.js';
import { type Generation, generations } from '../core/generation.js';
import { type CodeRequest, type Persona } from '../core/persona.js';
import { type Ids } from '../core/ids.js';
import { type DemoUser } from '../core/users.js';
import { given } from '../http/body.js';
import { type ConsentOption } from '../pages/consent-page.js';

/** What the stand-ins need of the emulator. */
export interface SdkWorld {
  readonly clients: ClientRegistry;
  readonly personas: Readonly<Record<'anyweb' | 'yuanzhibang', Persona>>;
  readonly autoApprove: boolean;
  readonly ids: Ids;
  /** G1: what `cfx_accounts` was granted, until `anyweb_oauth` asks for codes. */
  readonly grants: Ledger<CodeRequest>;
}

/** What a page asks through a stand-in, or why it cannot be asked. */
export type SdkRequest =
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | {
      readonly kind: 'ask';
      readonly clientId: string;
      readonly scopes: readonly string[];
      readonly option?: ConsentOption;
      /** What the stand-in learns when the user approves. */
      approve(user: DemoUser, form: URLSearchParams): Readonly<Record<string, unknown>>;
    };

const grantLifetime = 24 * 60 * 60;
const anywebScopes = ['baseInfo', 'identity'];
const accessOption = {
  name: 'access',
  label: '授权读取昵称和头像 / may the app read nick and avatar',
  values: [
    { value: baseInfoAccess, label: `允许 / yes (${baseInfoAccess})` },
    { value: 'none', label: '不允许 / no (4103)' },
  ],
};

/** Reads what the AnyWeb stand-in asks: 6000 for bad parameters, 7000 for an app that does not exist. */
export function readAnyweb(world: SdkWorld, query: URLSearchParams): SdkRequest {
  const clientId = given(query, 'appid') ?? '';
  if (!world.clients.find('anyweb', clientId))
    return { kind: 'error', code: 7000, message: 'appId is unknown' };
  const scopes = (query.get('scopes') ?? '').split(',').filter(Boolean);
  if (!scopes.includes('baseInfo') || !scopes.every((scope) => anywebScopes.includes(scope))) {
    return { kind: 'error', code: 6000, message: 'scopes must contain baseInfo and may contain identity' };
  }
  const network = Number(query.get('network') ?? mainNet);
  if (network !== mainNet && network !== 1) {
    return { kind: 'error', code: 6000, message: 'availableNetwork must be of 1029 and 1' };
  }
  const generation = readGeneration(query);
  if (!generation) return { kind: 'error', code: 6000, message: 'generation must be G1, G2 or G3' };
  return {
    kind: 'ask',
    clientId,
    scopes,
    approve: (user) => {
      const request: CodeRequest = { user, scopes, generation, network, clientId };
      const account = { address: addressesOf(user, network), networkId: network, chainId: conflux };
      if (generation !== 'G1') return { ...account, code: world.personas.anyweb.issueCode(request) };
      const grant = world.ids.base64url(24);
      world.grants.put(grant, request, grantLifetime);
      return { ...account, grant };
    },
  };
}

/** Reads what the 猿之棒 stand-in asks. */
export function readYuanzhibang(world: SdkWorld, query: URLSearchParams): SdkRequest {
  const clientId = given(query, 'app_id') ?? '';
  if (!world.clients.find('yuanzhibang', clientId)) {
    return { kind: 'error', code: 200000, message: 'app_id is unknown' };
  }
  return {
    kind: 'ask',
    clientId,
    scopes: ['sns_base'],
    option: accessOption,
    approve: (user, form) => {
      const scopes = form.get('access') === 'none' ? [] : [baseInfoAccess];
      return { code: world.personas.yuanzhibang.issueCode({ user, scopes, clientId }) };
    },
  };
}

/** The generation the script URL or the consent URL asks for; undefined when there is none of that name. */
export function readGeneration(query: URLSearchParams): Generation | undefined {
  const name = given(query, 'generation') ?? 'G1';
  return generations.find((generation) => generation === name);
}
