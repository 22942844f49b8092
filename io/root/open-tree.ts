/** The tree of a ROOT file that a user means. */
import { decoded, decodedAsync } from "../damage.js";
import { nearest } from "../edit-distance.js";
import { FileError, listNames, quote } from "../errors.js";
import type { ByteSource } from "../source.js";
import { type Entry, entriesOf, keyAt, objectIn, readHead, readObject, readRecord } from "./keys.js";
import { ObjectReader, readStreamers, type Streamers } from "./streamers.js";
import { type Tree, treeOf } from "./tree.js";

const TREES = /^T(?:Tree|NtupleD?)$/;
const NTUPLE = /^ROOT::(?:Experimental::)?RNTuple$/;

export interface OpenTree extends Tree {
  /** Its own name, without folders. */
  readonly name: string;
}

/** @param wanted name of the tree, with its folders and perhaps `;cycle`; by default the only one */
export async function openTree(source: ByteSource, wanted: string | undefined): Promise<OpenTree> {
  const head = await readHead(source);
  const entries = (await entriesOf(source, head)).filter(
    ({ key }) => TREES.test(key.className) || NTUPLE.test(key.className),
  );
  const { path, key } = choose(source.name, entries, wanted);
  if (NTUPLE.test(key.className)) {
    throw new FileError(source.name, {
      expected: "a TTree",
      got: `the RNTuple ${quote(path)}, which is not read`,
      hint: "Write it as Parquet, as docs/files.md shows",
    });
  }
  const where = `${source.name}, tree ${quote(path)}`;
  const tree = await decodedAsync(where, async () => {
    const object = new ObjectReader(await readObject(source, key), await streamersOf(source, head.infoAt));
    return treeOf(object.read(key.className));
  });
  return { ...tree, column: (name) => decoded(where, () => tree.column(name)), name: key.name };
}

// Files of one production describe the same classes: the last descriptions, by the record that gives them.
let last: { readonly record: Uint8Array; readonly streamers: Streamers } | undefined;

async function streamersOf(source: ByteSource, at: number): Promise<Streamers> {
  const key = await keyAt(source, at);
  const record = await readRecord(source, key);
  // Behind the head, which has the time of writing.
  const packed = record.subarray(key.headBytes);
  if (last !== undefined && Buffer.compare(last.record, packed) === 0) return last.streamers;
  const streamers = readStreamers(await objectIn(source, key, record));
  last = { record: packed, streamers };
  return streamers;
}

/** Of several cycles of a tree, the newest has the most entries. */
function choose(file: string, entries: readonly Entry[], wanted: string | undefined): Entry {
  const paths = [...new Set(entries.map(({ path }) => path))];
  if (paths.length === 0) {
    throw new FileError(file, { expected: "a TTree", got: "none", hint: "What else a ROOT file holds is not read" });
  }
  const [, name = wanted, cycle] = /^(.*);(\d+)$/s.exec(wanted ?? "") ?? [];
  if (name === undefined && paths.length > 1) {
    throw new FileError(file, {
      expected: "one tree",
      got: listNames(paths),
      hint: `Name it behind a colon: ${file}:${paths[0]}`,
    });
  }
  const found = entries.filter(
    ({ path, key }) => path === (name ?? paths[0]) && (cycle === undefined || key.cycle === Number(cycle)),
  );
  const newest = found.sort((a, b) => b.key.cycle - a.key.cycle)[0];
  if (newest !== undefined) return newest;
  const meant = nearest(name ?? "", paths);
  throw new FileError(file, {
    expected: `a tree ${quote(wanted ?? "")}`,
    got: listNames(paths),
    ...(meant !== undefined && { hint: `Did you mean ${quote(meant)}?` }),
  });
}
