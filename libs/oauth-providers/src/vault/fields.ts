/**
 * Writes fields one after the other, each behind its own length, so that no two different lists of fields
 * ever give the same bytes: `['ab', 'c']` and `['a', 'bc']` stay apart, and so does a text with a NUL in it.
 *
 * Texts are written as UTF-16, the form they have in memory: UTF-8 would write every unpaired surrogate as
 * the same replacement character, and two different subjects could then share one key.
 */
export function encodeFields(fields: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf16le') : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
