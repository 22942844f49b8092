/** Several arrays in numpy's `.npz` format: a zip archive of `.npy` members. */
import { checkOptions } from "../arguments.js";
import {
  type ArrayInFile,
  type NamedArray,
  type NamedArrays,
  namedEntries,
  readArray,
  type StoredArray,
} from "../arrays.js";
import { FileError, listNames, quote } from "../errors.js";
import { type ByteSource, withFile } from "../source.js";
import { writeAtomic } from "../write-atomic.js";
import { readZipDirectory, type ZipMember } from "../zip/zip.js";
import { checkUnpacked, withZipMember } from "../zip/zip-member.js";
import { zipBytes } from "../zip/zip-write.js";
import { npyChunks, openNpy, toRowMajor } from "./npy.js";

/**
 * Reads the arrays of an `.npz` file, by default all that are numbers.
 *
 * @param names read these only; one that is missing, or that is no array of numbers, is an error
 */
export function readNpz(path: string, names?: readonly string[]): Promise<Map<string, NamedArray>> {
  return withFile(path, async (source) => {
    const arrays = new Map<string, NamedArray>();
    for (const [name, array] of await openNpz(source, names)) {
      if (names === undefined && array.problem) continue;
      arrays.set(name, toRowMajor(arrayIn(path, name), await readArray(array)));
    }
    return arrays;
  });
}

/** Names of the arrays in an `.npz` file; reads no data. */
export function listNpz(path: string): Promise<string[]> {
  return withFile(path, async (source) => [...(await npzMembers(source)).keys()]);
}

/** The arrays of an `.npz` file, or those of some names, their elements still to be read. */
export async function openNpz(source: ByteSource, names?: readonly string[]): Promise<Map<string, ArrayInFile>> {
  const members = await npzMembers(source);
  const arrays = new Map<string, ArrayInFile>();
  const wanted = (names ?? [...members.keys()]).map((name) => [name, memberOf(source, members, name)] as const);
  checkUnpacked(
    source,
    wanted.map(([, member]) => member),
  );
  for (const [name, member] of wanted) arrays.set(name, await openMember(source, name, member));
  return arrays;
}

function memberOf(source: ByteSource, members: ReadonlyMap<string, ZipMember>, name: string): ZipMember {
  const member = members.get(name);
  if (member) return member;
  throw new FileError(source.name, { expected: `an array ${quote(name)}`, got: listNames(members.keys()) });
}

async function openMember(source: ByteSource, name: string, member: ZipMember): Promise<ArrayInFile> {
  const where = arrayIn(source.name, name);
  const found = await withZipMember(source, member, (stream) => openNpy(where, stream));
  if (found.problem) return found;
  // The member is opened again, so that no more than one is open at a time.
  const read = (rows?: number): Promise<StoredArray> =>
    withZipMember(source, member, async (stream) => {
      const array = await readArray(await openNpy(where, stream), rows);
      await stream.finish();
      return array;
    });
  return { shape: found.shape, type: found.type, read };
}

function arrayIn(path: string, name: string): string {
  return `${path}, array ${quote(name)}`;
}

async function npzMembers(source: ByteSource): Promise<Map<string, ZipMember>> {
  const members = [...(await readZipDirectory(source)).values()].filter(({ name }) => name.endsWith(".npy"));
  return new Map(members.map((member) => [member.name.slice(0, -".npy".length), member]));
}

/** Writes an `.npz` file, whole or not at all; equal arrays give equal bytes. */
export async function writeNpz(path: string, arrays: NamedArrays, options: { deflate?: boolean } = {}): Promise<void> {
  checkOptions("writeNpz", options, { deflate: "boolean" });
  const entries = namedEntries(path, arrays).map(([name, array]) => ({
    name: `${name}.npy`,
    chunks: npyChunks(arrayIn(path, name), array),
  }));
  await writeAtomic(path, zipBytes(path, entries, options));
}
