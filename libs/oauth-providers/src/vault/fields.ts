/**
 * Writes fields one after the other, each behind its own length, so that no two different lists of fields
 * ever give the same bytes: `['ab', 'c']` and `['a', 'bc']` stay apart, and so does a text with a NUL in it.
 *
 * Texts are written as UTF-16, the form they have in memory: UTF-8 would write every unpaired surrogate as
 * the same replacement character, and two different subjects could then share one key.
 */
export function encodeFields(fields: readonly (string | Buffer)[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((size, field) => size + 4 + sizeOf(field), 0));
  let at = 0;
  for (const field of fields) {
    at = bytes.writeUInt32BE(sizeOf(field), at);
    at += typeof field === 'string' ? bytes.write(field, at, 'utf16le') : field.copy(bytes, at);
  }
  return bytes;
}

function sizeOf(field: string | Buffer): number {
  return typeof field === 'string' ? field.length * 2 : field.length;
}
