/** Puts an exported folder in its place whole or not at all, even if the process is killed meanwhile. */
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, realpathSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { systemCode } from "../../io/errors.js";
import { IDENTITY_PATTERN, ownIdentity, processState } from "../../io/process-identity.js";
import { removeUnfinished, writeAtomic } from "../../io/write-atomic.js";
import { UsageError } from "../errors.js";
import { CHECKSUMS_FILE, sha256 } from "./checksum.js";
import { foreignIn } from "./exported-folder.js";
import { createOutputFolder, notWritable } from "./output-folder.js";

/** `unfinished`: the new one, on its way; `replaced`: the earlier one, on its way out. */
type Kind = "unfinished" | "replaced";

/** Folders beside the place, with a name that no other place gives. */
const prefixOf = (place: string) => `.unbinned-export-${sha256(basename(place)).slice(0, 16)}-`;

const beside = (place: string, kind: Kind) =>
  join(dirname(place), `${prefixOf(place)}${ownIdentity()}-${randomBytes(6).toString("hex")}.${kind}`);

const BESIDE = new RegExp(
  `^\\.unbinned-export-[0-9a-f]{16}-(?<identity>${IDENTITY_PATTERN})-[0-9a-f]{12}\\.(?<kind>\\w+)$`,
);

/** What earlier exports to the place left beside it. */
async function leftBeside(place: string): Promise<{ path: string; kind: string; identity: string }[]> {
  const entries = await readdir(dirname(place), { withFileTypes: true }).catch(() => []);
  const own = entries.filter((entry) => entry.isDirectory() && entry.name.startsWith(prefixOf(place)));
  return own.flatMap(({ name }) => {
    const { identity, kind } = BESIDE.exec(name)?.groups ?? {};
    return identity && kind ? [{ path: join(dirname(place), name), kind, identity }] : [];
  });
}

/** A link says where the folder is. */
const placeOf = (out: string) => (existsSync(out) ? realpathSync(out) : resolve(out));

/** Another command may be faster to take it away. */
const isOwn = (path: string) =>
  foreignIn(path).then(
    (foreign) => foreign === undefined,
    () => false,
  );

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Puts the earlier export back in its place where a process was killed after it had taken it away and before the new one
 * was there.
 */
export async function restoreExport(out: string): Promise<void> {
  const place = resolve(out);
  if (isThere(place)) return;
  for (const { path, kind } of await leftBeside(place)) {
    if (kind !== "replaced" || !(await isOwn(path))) continue;
    // A folder without permission to write stays as it is. Reading it later says what is missing.
    await rename(path, place).catch(() => {});
    return;
  }
}

/** Refuses to replace what is there, without --force anything, with it what is no export. */
export async function checkReplaceable(out: string, isForced: boolean): Promise<void> {
  await restoreExport(out);
  if (!isThere(out)) return;
  const foreign = isForced ? await foreignIn(placeOf(out)) : "one";
  if (foreign === undefined) return;
  throw new UsageError(out, {
    expected: isForced ? "no such folder yet, or an earlier export" : "no such folder yet",
    got: foreign,
    hint: isForced ? "Choose another --out, or remove it yourself" : "--force replaces an earlier export",
  });
}

/**
 * Made beside its place, then renamed. No file system that we know swaps two folders at once on every machine, so between
 * two renames the earlier export is beside the place; `restoreExport` finds it there.
 */
export async function writeExport(
  out: string,
  files: ReadonlyMap<string, Uint8Array | string>,
  isForced: boolean,
): Promise<void> {
  const place = placeOf(out);
  createOutputFolder(dirname(place));
  const unfinished = beside(place, "unfinished");
  await mkdir(unfinished).catch((error) => {
    throw notWritable(dirname(place), error);
  });
  try {
    for (const [name, content] of files) await writeAtomic(join(unfinished, name), [content]);
    await putInPlace(place, unfinished, isForced);
  } catch (error) {
    await removeFolder(unfinished, [...files.keys()]);
    throw error;
  }
  await tidyBeside(place, [...files.keys()]);
}

async function putInPlace(place: string, unfinished: string, isForced: boolean): Promise<void> {
  for (;;) {
    await checkReplaceable(place, isForced);
    const replaced = beside(place, "replaced");
    const hadOne = isThere(place);
    if (hadOne) await rename(place, replaced);
    try {
      await rename(unfinished, place);
      return;
    } catch (error) {
      // Another export, or one who looked for the earlier one, was faster: it is at the place again.
      if (!["ENOTEMPTY", "EEXIST"].includes(systemCode(error) ?? "")) {
        if (hadOne) await rename(replaced, place);
        throw error;
      }
    }
  }
}

/** Removes earlier exports that were replaced, and what killed processes were about to put there. */
async function tidyBeside(place: string, names: readonly string[]): Promise<void> {
  for (const { path, kind, identity } of await leftBeside(place)) {
    if (kind === "replaced" && (await isOwn(path))) {
      await removeFolder(path, await readdir(path).catch(() => []));
    } else if (kind === "unfinished" && processState(identity) === "ended") {
      await removeUnfinished(path);
      await removeFolder(path, [...names, CHECKSUMS_FILE]);
    }
  }
}

/** Removes these files of a folder, and the folder where nothing else is in it. */
async function removeFolder(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch(() => {});
}
