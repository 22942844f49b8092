/**
 * Files that are read back carry a checksum of all that they say, so that a flipped bit is noticed wherever it is: what it
 * changes without changing what is read changes nothing.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readTextFile } from "../../io/file-kinds.js";
import {
  FileError,
  type NamedArray,
  readBytes,
  readSafetensors,
  type SafetensorsFile,
  writeSafetensors,
} from "../../io/index.js";

/** Name of the checksum in JSON and in the metadata of safetensors. */
const CHECKSUM = "checksum";

export const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");

/** sha256 of the bytes of a file. */
export const sha256Of = async (file: string) => sha256(await readBytes(file));

/** Name of the list of sums in an exported folder: `sha256sum -c` checks it. */
export const CHECKSUMS_FILE = "checksums.txt";

const MAX_LIST_BYTES = 2 ** 24;

/** Names and sums of the list in a folder, and whether every line has both. */
export function listedSums(folder: string): {
  readonly entries: readonly { readonly name: string; readonly sum: string }[];
  readonly isWhole: boolean;
} {
  const lines = readTextFile(join(folder, CHECKSUMS_FILE), MAX_LIST_BYTES).split("\n");
  const entries = lines.flatMap((line) => {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, sum: sum! }];
  });
  return { entries, isWhole: lines.at(-1) === "" && entries.length === lines.length - 1 };
}

/** Whether the list beside a file has its sum: exports of earlier versions have no other. */
function isListed(file: string): boolean {
  if (!existsSync(join(dirname(file), CHECKSUMS_FILE))) return false;
  const listed = listedSums(dirname(file)).entries.find(({ name }) => name === basename(file));
  return listed !== undefined && listed.sum === sha256(readFileSync(file));
}

const NO_CHECKSUM = "none (a file of an earlier version, or damaged)";

/** What a damaged file is met with. */
function damaged(file: string, got: string, hint: string | undefined): FileError {
  return new FileError(file, { expected: "contents that agree with their checksum", got, ...(hint && { hint }) });
}

function tensorsChecksum(tensors: ReadonlyMap<string, NamedArray>, metadata: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256").update(JSON.stringify(Object.entries(metadata).sort()));
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, shape, data.constructor.name]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/** Writes a safetensors file with its checksum. */
export async function writeSealed(
  file: string,
  tensors: Map<string, NamedArray>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await writeSafetensors(file, tensors, { ...metadata, [CHECKSUM]: tensorsChecksum(tensors, metadata) });
}

/** What a file holds, without its checksum; earlier versions wrote none. */
export interface Checked extends SafetensorsFile {
  readonly hasChecksum: boolean;
}

/** As `readSealed`, of a file that may be without a checksum. */
export async function readChecked(file: string, hint?: string): Promise<Checked> {
  const { metadata, tensors } = await readSafetensors(file);
  const { [CHECKSUM]: checksum, ...own } = metadata;
  if (checksum === undefined) return { metadata, tensors, hasChecksum: isListed(file) };
  if (tensorsChecksum(tensors, own) === checksum) return { metadata: own, tensors, hasChecksum: true };
  throw damaged(file, "others", hint);
}

/**
 * Reads what `writeSealed` wrote.
 *
 * @param hint  what to do about a damaged file
 */
export async function readSealed(file: string, hint: string): Promise<SafetensorsFile> {
  const found = await readChecked(file, hint);
  requireChecksum(file, found, hint);
  return found;
}

export function requireChecksum(file: string, { hasChecksum }: Checked, hint: string): void {
  if (!hasChecksum) throw damaged(file, NO_CHECKSUM, hint);
}

/** JSON data with their checksum as last entry. */
export function sealed<T extends object>(content: T): T & { readonly checksum: string } {
  return { ...content, [CHECKSUM]: sha256(JSON.stringify(content)) };
}

/**
 * Throws where parsed JSON is not what `sealed` gave.
 *
 * @param hint  what to do about it
 */
export function checkSealed(file: string, content: object, hint?: string): void {
  const { [CHECKSUM]: checksum, ...own } = content as Readonly<Record<string, unknown>>;
  if (checksum === undefined && isListed(file)) return;
  if (checksum === undefined) throw damaged(file, NO_CHECKSUM, hint);
  if (checksum !== sha256(JSON.stringify(own))) throw damaged(file, "others", hint);
}
