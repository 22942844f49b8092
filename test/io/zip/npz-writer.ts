/** Writes archives of arrays that `writeNpz` does not: of any type that numpy may name, honest or not. */
import { type ZipEntry, zipBytes } from "../../../io/zip/zip-write.js";

/** A member of npz whose header says this. */
export function member(name: string, descr: string, shape = "(1,)", data = new Uint8Array()): ZipEntry {
  const fields = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return { name: `${name}.npy`, chunks: [Buffer.from(`\x93NUMPY\x01\x00\x76\x00${fields}\n`, "latin1"), data] };
}

export async function archive(entries: readonly ZipEntry[], deflate = false): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipBytes("a", entries, { deflate })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
