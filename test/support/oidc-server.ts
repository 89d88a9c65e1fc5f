import { exportJWK, generateKeyPair } from 'jose';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import Provider, { type ClientMetadata, type JWKS } from 'oidc-provider';
import { type Browser, locationOf } from './browser.js';

/** A real OpenID Connect server, not written by us (panva's oidc-provider), with its own login pages. */
export class OidcServer {
  private handler: ReturnType<Provider['callback']> | undefined;
  private provider: Provider | undefined;
  private readonly grants = new Set<string>();
  private readonly cuts: string[] = [];
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** What became of grants, in order: `refresh_token granted`, `refresh_token refused: …`, `revoked`. */
  readonly told: string[] = [];

  /** Public keys of a client, served at `/client-keys`. */
  clientKeys: object[] = [];

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  static async start(atPort = 0): Promise<OidcServer> {
    const server = createServer();
    server.listen(atPort, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const oidc = new OidcServer(server, `http://127.0.0.1:${port}`);
    server.on('request', (request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      oidc.asked.push(path);
      if (oidc.cuts[0] === path) {
        oidc.cuts.shift();
        response.end = () => response.destroy();
      }
      if (path === '/client-keys') response.end(JSON.stringify({ keys: oidc.clientKeys }));
      else if (oidc.handler !== undefined) void oidc.handler(request, response);
      // Whoever asks before anything is served waits for it.
      else server.once('served', () => void oidc.handler?.(request, response));
    });
    return oidc;
  }

  /** Serves these clients, from now on with fresh signing keys. */
  async serve(clients: ClientMetadata[], issuer = this.issuer): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwks: JWKS = {
      keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }],
    };
    const provider = new Provider(issuer, {
      clients,
      jwks,
      scopes: ['openid', 'profile', 'offline_access'],
      claims: { openid: ['sub'], profile: ['name', 'picture'] },
      features: {
        devInteractions: { enabled: true },
        clientCredentials: { enabled: true },
        revocation: { enabled: true },
      },
      rotateRefreshToken: true,
      cookies: { keys: ['test'] },
      pkce: { required: () => true },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: `Name of ${id}`, picture: 'https://example.com/a.png' }),
      }),
    });
    provider.on('server_error', () => undefined);
    const grantType = (params: unknown): string => String((params as { grant_type?: unknown }).grant_type);
    provider.on('grant.success', ({ oidc }) => this.told.push(`${grantType(oidc.params)} granted`));
    provider.on('grant.error', ({ oidc }, error) => {
      this.told.push(`${grantType(oidc.params)} refused: ${error.error_detail ?? error.message}`);
    });
    provider.on('grant.revoked', () => this.told.push('revoked'));
    provider.on('refresh_token.saved', ({ grantId }) => {
      if (grantId !== undefined) this.grants.add(grantId);
    });
    this.provider = provider;
    this.handler = provider.callback();
    this.server.emit('served');
  }

  /** Does what the next request at a path asks for, and loses the answer. */
  cutNext(path: string): void {
    this.cuts.push(path);
  }

  /** Ends every grant, as people do on the server's own pages. */
  async endGrants(): Promise<void> {
    for (const id of this.grants) await (await this.provider?.Grant.find(id))?.destroy();
    this.grants.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Signs in at the server's own pages and gives the last page: the redirect back, or a form to be posted back. */
export async function signInAt(
  browser: Browser,
  start: string,
  login = 'alice',
): Promise<{ url: string; text: string }> {
  let url = start;
  for (;;) {
    const page = await browser.visit(url);
    if (page.status >= 300 && page.status < 400) {
      url = locationOf(page);
      if (!url.startsWith(new URL(start).origin)) return { url, text: '' };
      continue;
    }
    const prompt = /name="prompt" value="(login|consent)"/.exec(page.text)?.[1];
    if (prompt === undefined) return { url, text: page.text };
    const action = /<form[^>]*action="([^"]*)"/.exec(page.text)?.[1] ?? url;
    const sent = await browser.visit(new URL(action, url).href, {
      form: { prompt, ...(prompt === 'login' ? { login, password: 'x' } : {}) },
    });
    url = locationOf(sent);
  }
}
