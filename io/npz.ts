/** Several arrays in numpy's `.npz` format: a zip archive of `.npy` members. */
import { type NamedArray, type NamedArrays, namedEntries } from "./arrays.js";
import { FileError, listNames, quote } from "./errors.js";
import { npyChunks, parseNpy, type StoredArray, toRowMajor } from "./npy.js";
import { type ByteSource, withFile } from "./source.js";
import { writeAtomic } from "./write-atomic.js";
import { readZipDirectory, readZipMember, type ZipMember } from "./zip.js";
import { zipBytes } from "./zip-write.js";

/**
 * Reads the arrays of an `.npz` file, by default all of them.
 *
 * @param names read these only; one that is missing is an error
 */
export function readNpz(path: string, names?: readonly string[]): Promise<Map<string, NamedArray>> {
  return withFile(path, async (source) => {
    const stored = await readStoredNpz(source, names);
    return new Map([...stored].map(([name, array]) => [name, toRowMajor(array)]));
  });
}

/** Names of the arrays in an `.npz` file; reads no data. */
export function listNpz(path: string): Promise<string[]> {
  return withFile(path, async (source) => [...(await npzMembers(source)).keys()]);
}

/** As `readNpz`, the elements left in the order of the file. */
export async function readStoredNpz(source: ByteSource, names?: readonly string[]): Promise<Map<string, StoredArray>> {
  const members = await npzMembers(source);
  const arrays = new Map<string, StoredArray>();
  for (const name of names ?? members.keys()) {
    const member = members.get(name);
    if (!member) {
      throw new FileError(source.name, { expected: `an array ${quote(name)}`, got: listNames(members.keys()) });
    }
    arrays.set(name, parseNpy(`${source.name}, array ${quote(name)}`, await readZipMember(source, member)));
  }
  return arrays;
}

async function npzMembers(source: ByteSource): Promise<Map<string, ZipMember>> {
  const members = [...(await readZipDirectory(source)).values()].filter(({ name }) => name.endsWith(".npy"));
  return new Map(members.map((member) => [member.name.slice(0, -".npy".length), member]));
}

/** Writes an `.npz` file, whole or not at all; equal arrays give equal bytes. */
export async function writeNpz(path: string, arrays: NamedArrays, options: { deflate?: boolean } = {}): Promise<void> {
  const unknown = Object.keys(options).find((name) => name !== "deflate");
  if (unknown !== undefined) {
    throw new FileError("writeNpz", { expected: "deflate as its only option", got: quote(unknown) });
  }
  const entries = namedEntries(arrays).map(([name, array]) => ({
    name: `${name}.npy`,
    chunks: npyChunks(`${path}, array ${quote(name)}`, array),
  }));
  await writeAtomic(path, zipBytes(path, entries, options));
}
