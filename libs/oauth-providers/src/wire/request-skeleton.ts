import { type Param, type RequestSpec } from '../core/contract.js';
import { formEncode } from './form-encode.js';

/** A parameter of a request, with all that is the same each time already written. */
export interface Part {
  readonly name: string;
  /** The name as it is sent: form-encoded, or for a header in lower case. */
  readonly key: string;
  readonly param: Param;
  /** The form-encoded value, where the contract itself says what it is. */
  readonly written: string | undefined;
}

/** What all requests of an operation have in common. */
export interface Skeleton {
  /** The URL when there is nothing to add to its query, */
  readonly url: string;
  /** and otherwise what stands before and behind what is added. */
  readonly beforeQuery: string;
  readonly fragment: string;
  readonly query: readonly Part[];
  readonly body: readonly Part[];
  readonly headers: readonly Part[];
}

const skeletons = new WeakMap<RequestSpec, Skeleton>();

/** The skeleton of an operation's requests, which is worked out once. */
export function skeletonOf(spec: RequestSpec): Skeleton {
  const known = skeletons.get(spec);
  if (known !== undefined) return known;
  const made = makeSkeleton(spec);
  skeletons.set(spec, made);
  return made;
}

function makeSkeleton(spec: RequestSpec): Skeleton {
  const url = new URL(spec.url);
  const { href, hash } = url;
  const present = url.searchParams.toString();
  url.search = '';
  url.hash = '';
  const params = partsOf(spec.params, formEncode);
  const inQuery = spec.encoding === 'query';
  return {
    url: href,
    beforeQuery: `${url.href}?${present === '' ? '' : `${present}&`}`,
    fragment: hash,
    query: [...partsOf(spec.query, formEncode), ...(inQuery ? params : [])],
    body: inQuery ? [] : params,
    headers: partsOf(spec.headers, (name) => name.toLowerCase()),
  };
}

function partsOf(
  params: Readonly<Record<string, Param>> | undefined,
  keyOf: (name: string) => string,
): Part[] {
  return Object.entries(params ?? {}).map(([name, param]) => ({
    name,
    key: keyOf(name),
    param,
    written: typeof param === 'object' && 'input' in param ? undefined : formEncode(String(param)),
  }));
}
