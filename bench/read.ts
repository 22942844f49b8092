/**
 * `read`: values a second and core that come out of files of events: Parquet with float32 columns, and the reference file of ROOT
 * in every codec, through many links as a set of small files. Processor time of all threads, files in the system's cache.
 */
import { copyFileSync, linkSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { writeTable } from "../io/columns.js";
import { type EventPath, openEvents } from "../io/index.js";
import { Cursor } from "../io/root/cursor.js";
import { readKey } from "../io/root/keys.js";
import { openTree } from "../io/root/open-tree.js";
import { openFile } from "../io/source.js";
import { hasReference, referenceFile } from "../test/support/reference.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { processorTime } from "./support/processor-time.js";

const ROWS = 4_000_000;
const COLUMNS = ["a", "b", "c", "d", "e", "f"];
const LINKS = 300;
const ROUNDS = 7;
const MUONS = ["E1", "px1", "py1", "pz1", "M", "Run"];

interface Reading {
  readonly name: string;
  readonly values: number;
  /** Millions a second and core: of reading, and with opening. */
  readonly read: number;
  readonly all: number;
}

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;

async function reading(name: string, path: EventPath, columns: readonly string[]): Promise<Reading> {
  const times: { read: number; all: number }[] = [];
  let values = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let read = 0;
    const all = await processorTime(async () => {
      const events = await openEvents(path, columns);
      read = await processorTime(async () => {
        for (const [i, start] of events.pieces.entries())
          await events.read(start, events.pieces[i + 1] ?? events.count);
      });
      values = events.count * columns.length;
      await events.close();
    });
    times.push({ read, all });
  }
  const rate = (of: "read" | "all") => Number((values / 1000 / median(times.map((time) => time[of]))).toFixed(1));
  const found = { name, values, read: rate("read"), all: rate("all") };
  console.log(`${name}: ${values} values, ${found.read} million a second and core, ${found.all} with opening`);
  return found;
}

// Of a block of a basket: "ZL", the method and two lengths of three bytes.
const BLOCK_HEAD_BYTES = 9;

/** The same baskets through zlib, and nothing else: what reading them cannot be faster than. */
async function unpackingAlone(path: string): Promise<Pick<Reading, "name" | "values" | "read">> {
  const source = await openFile(path);
  const tree = await openTree(source, "events");
  const blocks: { readonly packed: Uint8Array; readonly length: number }[] = [];
  for (const name of MUONS) {
    const { seeks, bytes } = tree.column(name)!.baskets;
    for (const [i, at] of seeks.entries()) {
      const basket = await source.read(at, bytes[i]!);
      const { headBytes, objectBytes } = readKey(new Cursor(basket));
      blocks.push({ packed: basket.subarray(headBytes + BLOCK_HEAD_BYTES), length: objectBytes });
    }
  }
  await source.release();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const time = await processorTime(async () => {
      for (let link = 0; link < LINKS; link++)
        for (const { packed, length } of blocks) inflateSync(packed, { maxOutputLength: length, chunkSize: length });
    });
    times.push(time);
  }
  const values = tree.entries * MUONS.length * LINKS;
  const found = { name: "zlib alone", values, read: Number((values / 1000 / median(times)).toFixed(1)) };
  console.log(`${found.name}: ${values} values, ${found.read} million a second and core`);
  return found;
}

const where = machine();
printMachine(where);
const folder = mkdtempSync(join(tmpdir(), "unbinned-read-"));
const results: (Reading | Awaited<ReturnType<typeof unpackingAlone>>)[] = [];
try {
  const path = join(folder, "events.parquet");
  const columns = COLUMNS.map((name, k) => {
    const data = Float32Array.from({ length: ROWS }, (_, i) => Math.sin(i) + k);
    return [name, { shape: [ROWS], data }] as const;
  });
  await writeTable(path, new Map(columns));
  results.push(await reading("Parquet, float32", path, COLUMNS));
  for (const codec of hasReference ? ["zlib", "lz4", "lzma", "zstd", "uncompressed"] : []) {
    const first = join(folder, `${codec}-0.root`);
    copyFileSync(referenceFile(`files/uproot-Zmumu-${codec}.root`), first);
    for (let i = 1; i < LINKS; i++) linkSync(first, join(folder, `${codec}-${i}.root`));
    results.push(await reading(`ROOT, ${LINKS} files, ${codec}`, join(folder, `${codec}-*.root:events`), MUONS));
    if (codec === "zlib") results.push(await unpackingAlone(first));
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (!hasReference) console.log("ROOT is left out: no reference data. Set UNBINNED_REFERENCE");
writeResult("read", where, { results });
