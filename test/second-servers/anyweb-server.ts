import { createHmac, randomUUID } from 'node:crypto';
import { type Answer, json, type Seen, serve, type Wire } from './wire.js';

/** A registered application. */
export interface AnywebSetup {
  readonly appid: string;
  readonly secret: string;
  /** Milliseconds. */
  readonly now: () => number;
}

/** How the platform answered over the years: March 2022, until August 2022, and since. */
export type Generation = 'G1' | 'G2' | 'G3';

interface Grant {
  readonly until: number;
  readonly scopes: readonly string[];
  spent: boolean;
}

/** AnyWeb's two user endpoints as their documents describe them. */
export class AnywebServer {
  readonly person = {
    unionid: 'b9f3c1de-7c02-4f5e-9a4e-0d6f2a9c5b11',
    nickName: '李四',
    headImg: 'https://cdn.anyweb.cc/head/1.png',
    phone: '13800000000',
    addressList: ['cfx:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91'],
  };
  /** Everything a client did that the documents do not allow. */
  readonly complaints: string[] = [];
  generation: Generation = 'G3';
  /** No document says which HTTP status a failure has. */
  failureStatus = 200;
  /** Nor is the media type of a reply anywhere. */
  contentType = 'application/json;charset=utf-8';
  /** Answers of a path from now on. */
  readonly instead = new Map<string, Answer>();
  /** Whose profile is sent, when it is not the signed-in person's. */
  profileOf: string | undefined;
  lastToken = '';
  private readonly codes = new Map<string, Grant>();
  private readonly tokens = new Map<string, Grant>();

  wire!: Wire;

  private constructor(public setup: AnywebSetup) {}

  static async start(setup: AnywebSetup): Promise<AnywebServer> {
    const server = new AnywebServer(setup);
    server.wire = await serve((request) => server.instead.get(request.path) ?? server.answer(request));
    return server;
  }

  /** What the SDK in the page hands out. */
  newCode(scopes: readonly string[] = ['baseInfo']): string {
    const code = randomUUID();
    this.codes.set(code, { scopes, until: this.setup.now() + 300_000, spent: false });
    return code;
  }

  /** Spends a code, as somebody else would who got hold of it. */
  spend(code: string): void {
    const grant = this.codes.get(code);
    if (grant !== undefined) grant.spent = true;
  }

  /** A failure: the code is a string. */
  failure(code: string): Answer {
    return json(
      this.failureStatus,
      { code, message: `refused ${code}` },
      { 'content-type': this.contentType },
    );
  }

  private answer(request: Seen): Answer {
    const routes: Readonly<Record<string, (body: Record<string, unknown>) => Answer>> = {
      'POST /oauth/accessToken': (body) => this.accessToken(body),
      'POST /oauth/userInfo': (body) => this.userInfo(body),
    };
    const route = routes[`${request.method} ${request.path}`];
    if (route === undefined) {
      this.complaints.push(`nothing at ${request.method} ${request.path}`);
      return { status: 404 };
    }
    if (request.authorization !== undefined) this.complaints.push(`${request.path}: Authorization header`);
    if (request.query !== '') this.complaints.push(`${request.path}: query`);
    if (!/^application\/json(; ?charset=utf-8)?$/i.test(request.contentType ?? '')) {
      this.complaints.push(`${request.path}: content type ${request.contentType ?? 'missing'}`);
      return this.failure('A107P002');
    }
    return route(JSON.parse(request.body) as Record<string, unknown>);
  }

  private accessToken(body: Readonly<Record<string, unknown>>): Answer {
    this.onlyStrings('accessToken', body, ['appid', 'secret', 'code']);
    const grant = this.codes.get(String(body['code']));
    const refusal = this.strangerIn(body);
    if (refusal !== undefined) return this.failure(refusal);
    if (grant === undefined || !this.isAlive(grant)) return this.failure('A107P009');
    grant.spent = true;
    const seconds = Math.floor(this.setup.now() / 1000);
    this.lastToken = this.generation === 'G1' ? randomUUID() : this.jwt(seconds, false);
    this.tokens.set(this.lastToken, { ...grant, until: this.setup.now() + 7_200_000, spent: false });
    const { unionid } = this.person;
    const refreshToken = this.jwt(seconds, true);
    const shapes = {
      G1: { expiresIn: seconds + 7200 },
      G2: { expiresIn: 7200, refreshToken, refreshExpiresIn: 2_592_000, scope: 'all' },
      G3: { expire: 7200, refreshToken, refreshExpire: 2_592_000, scope: grant.scopes.join(',') },
    };
    return this.success({ unionid, accessToken: this.lastToken, ...shapes[this.generation] });
  }

  private userInfo(body: Readonly<Record<string, unknown>>): Answer {
    const { scopes, ...rest } = body;
    this.onlyStrings('userInfo', rest, ['appid', 'secret', 'accessToken', 'unionid']);
    const grant = this.tokens.get(String(body['accessToken']));
    const wanted: unknown[] = Array.isArray(scopes) ? scopes : [];
    if (scopes !== undefined && !Array.isArray(scopes)) this.complaints.push('userInfo: scopes is no array');
    if (wanted.length > 0 && !wanted.includes('baseInfo')) this.complaints.push('userInfo: no baseInfo');
    const rules: [boolean, string][] = [
      [this.isAlive(grant), 'A107P006'],
      [body['unionid'] === this.person.unionid, 'A107P008'],
      [wanted.every((scope) => grant?.scopes.includes(String(scope))), 'A107P011'],
    ];
    const refusal = this.strangerIn(body) ?? rules.find(([holds]) => !holds)?.[1];
    if (refusal !== undefined) return this.failure(refusal);
    const { nickName, headImg, phone, addressList } = this.person;
    const unionid = this.profileOf ?? this.person.unionid;
    return this.success(
      this.generation === 'G1'
        ? { nickName, headImg, phone, level: 0, unionid }
        : { unionid, addressList, network: 1029, scopes: grant?.scopes, phone, level: 0 },
    );
  }

  private strangerIn({ appid, secret }: Readonly<Record<string, unknown>>): string | undefined {
    if (appid === undefined) return 'A107P002';
    if (secret === undefined) return 'A107P004';
    if (appid !== this.setup.appid) return 'A107P007';
    return secret === this.setup.secret ? undefined : 'A107P005';
  }

  private isAlive(grant: Grant | undefined): boolean {
    return grant !== undefined && !grant.spent && this.setup.now() < grant.until;
  }

  /** Success: the code is a number. */
  private success(data: Readonly<Record<string, unknown>>): Answer {
    const body = { code: 1000, message: 'success', data };
    return json(200, body, { 'content-type': this.contentType });
  }

  private jwt(seconds: number, isRefresh: boolean): string {
    const claims = {
      type: isRefresh ? 'refreshToken' : 'accessToken',
      id: this.person.unionid,
      appid: this.setup.appid,
      isRefresh,
      iat: seconds,
      exp: seconds + (isRefresh ? 2_592_000 : 7200),
      // Two codes in one second still get two tokens.
      jti: randomUUID(),
    };
    const input = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${input}.${createHmac('sha256', 'a key of the platform').update(input).digest('base64url')}`;
  }

  /** Complains unless exactly these names are there and every value is a non-empty string. */
  private onlyStrings(
    where: string,
    body: Readonly<Record<string, unknown>>,
    names: readonly string[],
  ): void {
    for (const [name, value] of Object.entries(body)) {
      if (!names.includes(name)) this.complaints.push(`${where}: unknown ${name}`);
      if (typeof value !== 'string' || value === '') this.complaints.push(`${where}: ${name} is no string`);
    }
    for (const name of names) if (!(name in body)) this.complaints.push(`${where}: ${name} missing`);
  }
}
