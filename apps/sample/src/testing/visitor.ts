/** A request, with a body in either of the two forms programs and pages send. */
export interface VisitOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

/** Somebody who keeps the cookies of one site and follows no redirect by himself. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  async visit(path: string, options: VisitOptions = {}): Promise<Response> {
    const {
      json,
      form,
      headers,
      method = json === undefined && form === undefined ? 'GET' : 'POST',
    } = options;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.origin), {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === 'string' ? json : JSON.stringify(json) }),
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const gone =
      attributes.includes('Max-Age=0') ||
      attributes.some((each) => each.startsWith('Expires=Thu, 01 Jan 1970'));
    if (gone) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
