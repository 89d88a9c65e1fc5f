/**
 * Reads the text fields of a `multipart/form-data` body (RFC 7578). Files have no place in a token request: a part
 * with a file name is skipped, and so is anything that is not a part.
 */
export function multipartFields(contentType: string, body: Buffer): Record<string, string> {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const delimiter = boundary?.[1] ?? boundary?.[2];
  if (delimiter === undefined) return {};
  const fields: [string, string][] = [];
  // latin1 keeps every byte in its place; the values are decoded as UTF-8 below.
  for (const part of `\r\n${body.toString('latin1')}`.split(`\r\n--${delimiter}`).slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n');
    const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(part.slice(0, end))?.[1] ?? '';
    const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1];
    if (end < 0 || name === undefined || /;\s*filename\*?=/i.test(disposition)) continue;
    fields.push([utf8(name), utf8(part.slice(end + 4))]);
  }
  return Object.fromEntries(fields);
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
