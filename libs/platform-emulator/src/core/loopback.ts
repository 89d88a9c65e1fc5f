/** Whether a host name, as `URL.hostname` gives it, means this machine. */
export function isLoopbackName(name: string): boolean {
  const host = name.toLowerCase();
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether a `Host` header names this machine, with any port. */
export function isLoopbackHost(header: string | undefined): boolean {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:@/\\\s]+)(:\d{1,5})?$/.exec(header ?? '');
  return match?.[1] !== undefined && isLoopbackName(match[1]);
}

/** Whether an `Origin` header names a page of this machine. */
export function isLoopbackOrigin(header: string): boolean {
  return URL.canParse(header) && isLoopbackName(new URL(header).hostname);
}
