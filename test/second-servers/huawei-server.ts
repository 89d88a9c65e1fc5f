import { createHash, randomBytes } from 'node:crypto';
import { atHash, newKey, published, signed, type SigningKey, type Unsigned } from './id-token.js';
import { type Answer, formOf, json, redirect, type Seen, serve, strayParts, type Wire } from './wire.js';

/** A registered client and the person who signs in. */
export interface HuaweiSetup {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Issued {
  readonly redirectUri: string;
  readonly scope: string;
  readonly offline: boolean;
  readonly challenge: string | undefined;
  readonly nonce: string | undefined;
  readonly until: number;
  spent: boolean;
}

/** Main and sub code of a refusal. */
type Codes = readonly [error: number, subError: number];

const known: Readonly<Record<string, readonly string[]>> = {
  '/oauth2/v3/authorize': [
    ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'access_type', 'display'],
    ...['nonce', 'code_challenge', 'code_challenge_method'],
  ],
  '/oauth2/v3/token': [
    ...['grant_type', 'code', 'client_id', 'client_secret', 'redirect_uri'],
    ...['code_verifier', 'supportAlg', 'need_group_union_id'],
  ],
  '/rest.php': ['access_token', 'getNickName', 'nsp_fmt', 'nsp_svc'],
};

// Making a key takes longer than most tests.
const firstKey = newKey();

/** Account Kit's web servers as their documents describe them, all on one origin. */
export class HuaweiServer {
  readonly person = {
    openId: 'MDFAMTA3NDA4MzkxQGRlbW8=',
    unionId: 'MDFe/Zm9v+bmQ=',
    name: '张三 / 138****0000',
    picture: 'https://upfile-drcn.platform.hicloud.com/a/b.png?x=1&y=2',
  };
  /** Everything a client did that the documents do not allow. */
  readonly complaints: string[] = [];
  redirectUris: string[] = [];
  consents = true;
  /** Signs with RS256 even where PS256 was asked for. */
  ignoresSupportAlg = false;
  /** The web documents do not promise that the nonce comes back. */
  echoesNonce = true;
  /** Puts the code into the redirect without encoding it. */
  sendsRawCode = false;
  inventCode = (): string => `DwEEA/B+c=${randomBytes(60).toString('base64')}`;
  /** Changes an id_token before, or a finished one after, it is signed. */
  alter: (token: Unsigned) => Unsigned = (token) => token;
  replaceToken: (token: string) => string | undefined = (token) => token;
  /** Answers of a path from now on. */
  readonly instead = new Map<string, Answer>();
  /** Sent by the profile endpoint instead of a profile. */
  nspStatus: string | undefined;
  /** Whose profile is sent, when it is not the signed-in person's. */
  profileOf: string | undefined;
  lastCode = '';
  lastToken = '';
  private keys: SigningKey[] = [firstKey];
  private signer: SigningKey | undefined;
  private readonly codes = new Map<string, Issued>();
  private readonly accessTokens = new Map<string, { scope: string; until: number }>();

  wire!: Wire;

  private constructor(public setup: HuaweiSetup) {}

  static async start(setup: HuaweiSetup): Promise<HuaweiServer> {
    const server = new HuaweiServer(setup);
    server.wire = await serve((request) => server.instead.get(request.path) ?? server.answer(request));
    return server;
  }

  /** As every midnight: a new key signs, and yesterday's stays published. */
  rollKeys(): void {
    this.keys = [newKey(), ...this.keys].slice(0, 2);
  }

  /** Signs with this key although nobody published it. */
  signWith(key: SigningKey): void {
    this.signer = key;
  }

  get today(): SigningKey {
    return this.signer ?? (this.keys[0] as SigningKey);
  }

  /** Spends a code, as somebody else would who got hold of it. */
  spend(code: string): void {
    const issued = this.codes.get(code);
    if (issued !== undefined) issued.spent = true;
  }

  private answer(request: Seen): Answer {
    this.complaints.push(...strayParts(request, known[request.path] ?? []));
    switch (`${request.method} ${request.path}`) {
      case 'GET /oauth2/v3/authorize':
        return this.authorize(request);
      case 'POST /oauth2/v3/token':
        return this.token(request);
      case 'GET /oauth2/v3/certs':
        return json(200, { keys: this.keys.map(published) });
      case 'POST /rest.php':
        return this.profile(request);
      default:
        this.complaints.push(`nothing at ${request.method} ${request.path}`);
        return { status: 404 };
    }
  }

  private authorize(request: Seen): Answer {
    const asked = new URLSearchParams(request.query);
    const redirectUri = asked.get('redirect_uri') ?? '';
    const scope = asked.get('scope') ?? '';
    const challenge = asked.get('code_challenge') ?? undefined;
    const rules: [boolean, string][] = [
      [asked.get('response_type') === 'code', 'response_type'],
      [asked.get('client_id') === this.setup.clientId, 'client_id'],
      [this.redirectUris.includes(redirectUri), 'redirect_uri'],
      [/^[0-9a-zA-Z:/. ]+$/.test(scope) && scope.split(' ').includes('openid'), 'scope'],
      [[null, 'offline'].includes(asked.get('access_type')), 'access_type'],
      [[null, 'page', 'touch'].includes(asked.get('display')), 'display'],
      [challenge === undefined || /^[A-Za-z0-9_-]{43}$/.test(challenge), 'code_challenge'],
      [asked.get('code_challenge_method') === (challenge === undefined ? null : 'S256'), 'method'],
    ];
    const broken = rules.filter(([holds]) => !holds).map(([, name]) => `authorize: ${name}`);
    this.complaints.push(...broken);
    if (broken.length > 0) return { status: 400, body: broken.join() };
    if (!this.consents) return redirect(`${redirectUri}#error=1107&error_description=access+denied`);
    this.lastCode = this.inventCode();
    this.codes.set(this.lastCode, {
      redirectUri,
      scope,
      challenge,
      offline: asked.get('access_type') === 'offline',
      nonce: asked.get('nonce') ?? undefined,
      until: this.setup.now() + 300_000,
      spent: false,
    });
    const code = this.sendsRawCode ? this.lastCode : encodeURIComponent(this.lastCode);
    const state = asked.get('state');
    const tail = state === null ? '' : `&state=${encodeURIComponent(state)}`;
    return redirect(`${redirectUri}?code=${code}${tail}`);
  }

  private token(request: Seen): Answer {
    if (request.query !== '') this.complaints.push('token: something in the query');
    const sent = formOf(request);
    const refusal = this.refusalOf(sent);
    if (refusal !== undefined) {
      const [error, subError] = refusal;
      return json(400, { error, sub_error: subError, error_description: `refused ${error}/${subError}` });
    }
    const issued = this.codes.get(sent.get('code') ?? '') as Issued;
    issued.spent = true;
    const accessToken = (this.lastToken = `CV/+${randomBytes(47).toString('base64')}`);
    this.accessTokens.set(accessToken, { scope: issued.scope, until: this.setup.now() + 3_600_000 });
    const refreshToken = `DAEC/+${randomBytes(48).toString('base64')}`;
    const wanted = this.ignoresSupportAlg ? null : sent.get('supportAlg');
    return json(200, {
      token_type: 'Bearer',
      access_token: accessToken,
      expires_in: 3600,
      ...(issued.offline ? { refresh_token: refreshToken } : {}),
      scope: issued.scope,
      id_token: this.idToken(wanted === 'PS256' ? 'PS256' : 'RS256', issued, accessToken),
    });
  }

  private refusalOf(sent: URLSearchParams): Codes | undefined {
    const { clientId, clientSecret, now } = this.setup;
    const code = sent.get('code');
    const issued = this.codes.get(code ?? '');
    const verifier = sent.get('code_verifier');
    const hashed = verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url');
    const rules: [boolean, Codes][] = [
      [sent.has('grant_type'), [1102, 20181]],
      [sent.get('grant_type') === 'authorization_code', [1101, 20182]],
      [sent.has('client_id'), [1102, 20001]],
      [/^[0-9]{1,64}$/.test(sent.get('client_id') ?? ''), [1101, 20002]],
      [sent.get('client_id') === clientId, [1203, 12303]],
      [(sent.get('client_secret') ?? '') !== '', [1101, 20085]],
      [sent.get('client_secret') === clientSecret, [1203, 12304]],
      [code !== null, [1102, 20151]],
      [/^[0-9a-zA-Z=/+\\]+$/.test(code ?? ''), [1101, 20152]],
      [issued !== undefined, [1103, 20153]],
      [issued?.spent === false, [1101, 20156]],
      [now() < (issued?.until ?? 0), [1101, 20155]],
      [sent.get('redirect_uri') === issued?.redirectUri, [1101, 20024]],
      // No document numbers a verifier that does not fit: the code is simply not valid for this request.
      [hashed === issued?.challenge, [1103, 20153]],
    ];
    return rules.find(([holds]) => !holds)?.[1];
  }

  private idToken(alg: 'RS256' | 'PS256', issued: Issued, accessToken: string): string | undefined {
    const { clientId, now } = this.setup;
    const seconds = Math.floor(now() / 1000);
    const { openId, unionId, name, picture } = this.person;
    const token = this.alter({
      header: { typ: 'JWT', alg, kid: this.today.kid },
      claims: {
        iss: 'https://accounts.huawei.com',
        sub: unionId,
        aud: clientId,
        azp: clientId,
        iat: seconds,
        exp: seconds + 3600,
        at_hash: atHash(accessToken),
        openid: openId,
        ...(issued.nonce === undefined || !this.echoesNonce ? {} : { nonce: issued.nonce }),
        ...(issued.scope.split(' ').includes('profile') ? { display_name: name, picture } : {}),
      },
    });
    return this.replaceToken(signed(token, this.today));
  }

  private profile(request: Seen): Answer {
    const sent = formOf(request);
    if (new URLSearchParams(request.query).get('nsp_svc') !== 'GOpen.User.getInfo') return { status: 404 };
    if (!['0', '1', null].includes(sent.get('getNickName'))) this.complaints.push('getNickName');
    const grant = this.accessTokens.get(sent.get('access_token') ?? '');
    const status = this.nspStatus ?? (grant === undefined ? '102' : undefined);
    if (status !== undefined || grant === undefined || grant.until <= this.setup.now()) {
      return json(200, { error: 'session timeout' }, { NSP_STATUS: status ?? '6' });
    }
    const { openId, unionId, name, picture } = this.person;
    const more = { displayName: name, displayNameFlag: 0, headPictureURL: picture };
    const open = grant.scope.split(' ').includes('profile');
    return json(200, { openID: openId, unionID: this.profileOf ?? unionId, ...(open ? more : {}) });
  }
}
