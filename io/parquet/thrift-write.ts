/** Thrift's compact protocol, the other way round. */

/** A field: its number, and its value with its type. Fields come in ascending order. */
export type Field = readonly [id: number, value: Written];

export type Written =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly text: string }
  | { readonly truth: boolean }
  | { readonly struct: readonly Field[] }
  | { readonly i32s: readonly number[] }
  | { readonly texts: readonly string[] }
  | { readonly structs: readonly (readonly Field[])[] };

const [TRUE, FALSE, I32, I64, BINARY, LIST, STRUCT] = [1, 2, 5, 6, 8, 9, 12];

/** The bytes of a struct. */
export function structBytes(fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  putStruct(bytes, fields);
  return Uint8Array.from(bytes);
}

function putStruct(bytes: number[], fields: readonly Field[]): void {
  let previous = 0;
  for (const [id, value] of fields) {
    const delta = id - previous;
    const type = typeOf(value);
    if (delta > 0 && delta < 16) bytes.push((delta << 4) | type);
    else {
      bytes.push(type);
      putVarint(bytes, zigzag(id));
    }
    putValue(bytes, value);
    previous = id;
  }
  bytes.push(0);
}

function typeOf(value: Written): number {
  if ("i32" in value) return I32;
  if ("i64" in value) return I64;
  if ("text" in value) return BINARY;
  if ("truth" in value) return value.truth ? TRUE : FALSE;
  return "struct" in value ? STRUCT : LIST;
}

function putValue(bytes: number[], value: Written): void {
  if ("i32" in value) putVarint(bytes, zigzag(value.i32));
  else if ("i64" in value) putVarint(bytes, zigzag(value.i64));
  else if ("text" in value) putText(bytes, value.text);
  else if ("struct" in value) putStruct(bytes, value.struct);
  else if ("i32s" in value) putList(bytes, I32, value.i32s, (one) => putVarint(bytes, zigzag(one)));
  else if ("texts" in value) putList(bytes, BINARY, value.texts, (one) => putText(bytes, one));
  else if ("structs" in value) putList(bytes, STRUCT, value.structs, (one) => putStruct(bytes, one));
}

function putList<Item>(bytes: number[], type: number, items: readonly Item[], put: (item: Item) => void): void {
  if (items.length < 15) bytes.push((items.length << 4) | type);
  else {
    bytes.push(0xf0 | type);
    putVarint(bytes, items.length);
  }
  for (const item of items) put(item);
}

function putText(bytes: number[], text: string): void {
  const encoded = new TextEncoder().encode(text);
  putVarint(bytes, encoded.length);
  for (const byte of encoded) bytes.push(byte);
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}
