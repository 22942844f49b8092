/** Writes pickles opcode by opcode, honest and hostile, and the archives that hold them. */
import { type ByteSource, memorySource } from "../../../io/source.js";
import { type ZipEntry, zipBytes } from "../../../io/zip/zip-write.js";

/** Pickle text with one byte per character, so that opcodes can be typed as they are documented. */
export type Opcodes = string;

export function u32(value: number): Opcodes {
  return String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255);
}

/** BINUNICODE. */
export function str(text: string): Opcodes {
  return `X${u32(text.length)}${text}`;
}

/** BININT. */
export function int(value: number): Opcodes {
  return `J${u32(value)}`;
}

/** GLOBAL. */
export function global(module: string, name: string): Opcodes {
  return `c${module}\n${name}\n`;
}

/** TUPLE. */
export function tuple(...items: Opcodes[]): Opcodes {
  return `(${items.join("")}t`;
}

export const EMPTY_ORDERED_DICT = `${global("collections", "OrderedDict")})R`;

interface TensorText {
  readonly storageClass?: string;
  readonly key?: string;
  readonly elements?: Opcodes;
  readonly offset?: Opcodes;
  readonly shape?: Opcodes;
  readonly strides?: Opcodes;
  readonly hooks?: Opcodes;
}

/** REDUCE of _rebuild_tensor_v2: by default two floats of storage 0. */
export function tensor(text: TensorText = {}): Opcodes {
  const storage = tuple(
    str("storage"),
    global("torch", text.storageClass ?? "FloatStorage"),
    str(text.key ?? "0"),
    str("cuda:0"),
    text.elements ?? int(2),
  );
  const args = [
    `${storage}Q`,
    text.offset ?? int(0),
    text.shape ?? tuple(int(2)),
    text.strides ?? tuple(int(1)),
    "\x89",
    text.hooks ?? EMPTY_ORDERED_DICT,
  ];
  return `${global("torch._utils", "_rebuild_tensor_v2")}${tuple(...args)}R`;
}

/** A whole pickle of one dictionary. */
export function dict(...items: Opcodes[]): Opcodes {
  return `\x80\x02}(${items.join("")}u.`;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

/** A torch archive with this pickle, and storage 0 = two floats, 1 and 2. */
export async function torchArchive(pickle: Opcodes, extra: readonly ZipEntry[] = []): Promise<ByteSource> {
  const entries = [
    { name: "some_name/data.pkl", chunks: [latin1(pickle)] },
    { name: "some_name/data/0", chunks: [latin1("\0\0\x80\x3f\0\0\0\x40")] },
    ...extra,
  ];
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipBytes("model.pt", entries)) chunks.push(chunk);
  return memorySource("model.pt", Buffer.concat(chunks));
}
