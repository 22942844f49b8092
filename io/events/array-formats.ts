/** Files of named arrays: .npz, .safetensors, and .npy with its one. */
import { basename, extname } from "node:path";
import { type ArrayInFile, type NamedArray, readArray } from "../arrays.js";
import type { CsvColumn } from "../csv/csv.js";
import type { FileError } from "../errors.js";
import {
  type ColumnInFile,
  type Columns,
  type EventFile,
  type EventFormat,
  isWords,
  type TableContents,
} from "../event-format.js";
import { openNpy, toRowMajor } from "../numpy/npy.js";
import { listNpz, openNpz, writeNpz } from "../numpy/npz.js";
import { listSafetensors, openSafetensors, writeSafetensors } from "../safetensors.js";
import { type ByteSource, openFile, streamOf, withFile } from "../source.js";
import { columnIn, countEvents, rowsOf } from "./event-columns.js";

type Arrays = ReadonlyMap<string, ArrayInFile>;
type OpenArrays = (source: ByteSource, names?: readonly string[]) => Promise<Arrays>;

export const npz = formatOfArrays(listNpz, openNpz, {
  table: (path, columns) => writeNpz(path, columns as Map<string, NamedArray>),
  problem: problemOfWords,
});

export const safetensors = formatOfArrays(listSafetensors, async (source) => (await openSafetensors(source)).tensors, {
  table: (path, columns, provenance) => writeSafetensors(path, columns as Map<string, NamedArray>, provenance),
  problem: problemOfWords,
});

/** One array, whose column has the name of the file. */
export const npy = formatOfArrays(async (path) => [...(await withFile(path, openOne)).keys()], openOne);

async function openOne(source: ByteSource): Promise<Arrays> {
  const name = basename(source.name, extname(source.name));
  const array = await openNpy(source.name, streamOf(source));
  if (array.problem) return new Map([[name, array]]);
  // A stream is read once.
  const read = async (rows?: number) => readArray(await openNpy(source.name, streamOf(source)), rows);
  return new Map([[name, { ...array, read }]]);
}

function problemOfWords(column: CsvColumn): string | undefined {
  return isWords(column) ? "words, or integers beyond 2^53" : undefined;
}

function formatOfArrays(
  list: (path: string) => Promise<string[]>,
  open: OpenArrays,
  write?: NonNullable<EventFormat["write"]>,
): EventFormat {
  return {
    open: async (path) => openArrays(path, await list(path), open),
    readAll: (path) => withFile(path, async (source) => contentsOf(path, await open(source))),
    ...(write !== undefined && { write }),
  };
}

async function openArrays(path: string, found: readonly string[], open: OpenArrays): Promise<EventFile> {
  const source = await openFile(path);
  const select: EventFile["select"] = async (names) => {
    const all = await open(source, names);
    const arrays = names?.map((name) => [name, all.get(name)!] as const) ?? [...all].filter(([, one]) => !one.problem);
    return {
      columns: new Map(arrays.map(([name, array]): [string, ColumnInFile] => [name, describe(array)])),
      pieces: [0],
      async *read(from, to) {
        // One after another: no more than one column is held twice.
        for (const [name, array] of arrays) yield [name, rowsOf(await readArray(array, to), from, to)] as const;
      },
    };
  };
  const count = async () => {
    const all = [...(await open(source))].filter(([, one]) => !one.problem);
    return countEvents(path, new Map(all));
  };
  return { path, names: found, count, select, release: source.release };
}

const describe = (array: ArrayInFile): ColumnInFile =>
  array.problem
    ? { type: "other", shape: array.shape, problem: array.problem }
    : { type: array.type, shape: array.shape };

async function contentsOf(path: string, arrays: Arrays): Promise<TableContents> {
  const columns: Columns = new Map();
  const unread = new Map<string, FileError>();
  for (const [name, array] of arrays) {
    if (array.problem) unread.set(name, array.problem);
    else columns.set(name, toRowMajor(columnIn(path, name), await array.read()));
  }
  return { columns, unread };
}
