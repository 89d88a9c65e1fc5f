/** What a statement is given for an item of a column. */
export type ColumnItem = Buffer | string | number | boolean | null;

const oids = { bytea: 17, int8: 20, text: 25, bool: 16 } as const;

/** Types of which columns can be sent. */
export type ColumnType = keyof typeof oids;

type Parser = (text: string) => unknown;

const parsers: Readonly<Partial<Record<number, Parser>>> = {
  [oids.bytea]: (text) => Buffer.from(text.slice(2), 'hex'),
  // Times and counts, all of them below 2^53.
  [oids.int8]: Number,
  [oids.bool]: (text) => text === 't',
  21: Number,
  23: Number,
};

const asText: Parser = (text) => text;

/** How a value of a type is read; the driver would give bigints as strings. */
export function parserOf(oid: number): Parser {
  return parsers[oid] ?? asText;
}

/**
 * A column of several rows as one parameter, in PostgreSQL's binary form of an array: as text, each byte of what
 * is sealed would take three.
 */
export function column(type: ColumnType, items: readonly ColumnItem[]): Buffer {
  const encoded = items.map((item) => encode(type, item));
  const size = encoded.reduce((sum, item) => sum + 4 + (item?.length ?? 0), 20);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(encoded.includes(null) ? 1 : 0, 4);
  bytes.writeInt32BE(oids[type], 8);
  bytes.writeInt32BE(encoded.length, 12);
  bytes.writeInt32BE(1, 16);
  let at = 20;
  for (const item of encoded) {
    at = bytes.writeInt32BE(item?.length ?? -1, at);
    if (item !== null) at += item.copy(bytes, at);
  }
  return bytes;
}

function encode(type: ColumnType, item: ColumnItem): Buffer | null {
  if (item === null) return null;
  if (Buffer.isBuffer(item)) return item;
  if (type === 'text') return Buffer.from(String(item));
  if (type === 'bool') return Buffer.of(item === true ? 1 : 0);
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(item));
  return bytes;
}
