/** Archives in memory: written, damaged and read whole. */
import { type ByteSource, memorySource } from "../../../io/source.js";
import { readZipDirectory } from "../../../io/zip/zip.js";
import { readZipMember } from "../../../io/zip/zip-member.js";
import { type ZipEntry, zipBytes } from "../../../io/zip/zip-write.js";

export async function archive(entries: readonly ZipEntry[], deflate = false): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipBytes("a.zip", entries, { deflate })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function readAll(source: ByteSource): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const member of (await readZipDirectory(source)).values())
    contents.set(member.name, await readZipMember(source, member));
  return contents;
}

export const text = (words: string) => new TextEncoder().encode(words);

export const small = () => archive([{ name: "a", chunks: [text("hello")] }]);

/** Signatures of the records of a member: in the directory, and before its data. */
export const CENTRAL = 0x02014b50;
export const LOCAL = 0x04034b50;

/** The archive with some bytes replaced, counted from where `signature` first is. */
export function patched(bytes: Uint8Array, signature: number, offset: number, values: readonly number[]): ByteSource {
  const copy = Buffer.from(bytes);
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(signature);
  copy.set(values, copy.indexOf(mark) + offset);
  return memorySource("a.zip", copy);
}

/** A member of npz whose header says this. */
export function member(name: string, descr: string, shape = "(1,)", data = new Uint8Array()): ZipEntry {
  const fields = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return { name: `${name}.npy`, chunks: [Buffer.from(`\x93NUMPY\x01\x00\x76\x00${fields}\n`, "latin1"), data] };
}
