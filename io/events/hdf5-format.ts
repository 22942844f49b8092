/** HDF5 files: a column for each dataset of a group, or for each field of records; chunks are the pieces. */
import type { NamedArray } from "../arrays.js";
import { FileError } from "../errors.js";
import type { ColumnContents, ColumnInFile, Columns, EventFile, EventFormat, TableContents } from "../event-format.js";
import { Hdf5File } from "../hdf5/file.js";
import { type EventDataset, findEvents, type Hdf5Column } from "../hdf5/layout.js";
import { readColumns } from "../hdf5/read-columns.js";
import { columnIn, countEvents } from "./event-columns.js";
import { jagged } from "./parquet-format.js";

interface OpenHdf5 extends EventFile {
  readonly columns: ReadonlyMap<string, Hdf5Column>;
  readonly file: Hdf5File;
}

async function openHdf5(path: string, part: string | undefined): Promise<OpenHdf5> {
  const file = await Hdf5File.open(path);
  try {
    const found = await findEvents(file, part);
    const columns = new Map(found.columns.map((column) => [column.name, column]));
    if (columns.size < found.columns.length) {
      throw new FileError(path, { expected: "columns of different names", got: "one name twice" });
    }
    const readable = found.own.filter(({ problem }) => problem === undefined);
    const own = new Map(readable.map((column) => [column.name, column.dataset]));
    return {
      path,
      file,
      names: [...columns.keys()],
      columns,
      count: async () => countEvents(path, new Map([...own].map(([name, { rows }]) => [name, { shape: [rows] }]))),
      select: async (names) => selectionOf(file, columns, names),
      release: file.release,
    };
  } catch (error) {
    await file.release();
    throw error;
  }
}

function selectionOf(
  file: Hdf5File,
  all: ReadonlyMap<string, Hdf5Column>,
  names: readonly string[] | undefined,
): Awaited<ReturnType<EventFile["select"]>> {
  const chosen = names?.map((one) => all.get(one)!) ?? [...all.values()].filter(isNumbers);
  return {
    columns: new Map(chosen.map((column) => [column.name, describe(file.path, column)])),
    pieces: piecesOf((chosen.length > 0 ? chosen : [...all.values()]).map(({ dataset }) => dataset)),
    async *read(from, to) {
      for (const [dataset, columns] of byDataset(chosen)) {
        const contents = readColumns(file, dataset, columns, from, to, ({ name }) => columnIn(file.path, name));
        for (const [i, { name }] of columns.entries()) yield [name, contents[i]!] as const;
      }
    },
  };
}

const isNumbers = ({ problem, field }: Hdf5Column) =>
  problem === undefined && field.form.kind === "numbers" && !field.isList;

/** Records are read once for all of their fields. */
function byDataset(columns: readonly Hdf5Column[]): Map<EventDataset, Hdf5Column[]> {
  const groups = new Map<EventDataset, Hdf5Column[]>();
  for (const column of columns) groups.set(column.dataset, [...(groups.get(column.dataset) ?? []), column]);
  return groups;
}

/** Of what is stored in one piece, any rows can be read: pieces then have so many, and never fewer. */
const PIECE_ROWS = 2 ** 16;

/** Chunks of the dataset with the largest: of one whose chunks are smaller, some are read twice. */
function piecesOf(datasets: readonly EventDataset[]): number[] {
  const largest = Math.max(1, ...datasets.map(({ chunkRows = 1 }) => chunkRows));
  const step = Math.ceil(PIECE_ROWS / largest) * largest;
  const rows = Math.max(0, ...datasets.map((dataset) => dataset.rows));
  return Array.from({ length: Math.max(1, Math.ceil(rows / step)) }, (_, i) => i * step);
}

function describe(path: string, { name, shape, field, problem }: Hdf5Column): ColumnInFile {
  const { form, isList } = field;
  if (problem !== undefined || form.kind === "other") {
    const error = new FileError(columnIn(path, name), {
      expected: "numbers or words",
      got: problem ?? "",
      hint: "Convert the column where the file is made, or leave it out",
    });
    return { type: "other", shape, problem: error };
  }
  if (form.kind !== "numbers") return { type: "words", shape };
  return { type: form.type, shape, ...(isList && { isJagged: true as const }) };
}

async function readAll(path: string, part: string | undefined): Promise<TableContents> {
  const { columns: all, file, release } = await openHdf5(path, part);
  const columns: Columns = new Map();
  const unread = new Map<string, FileError>();
  try {
    for (const [dataset, own] of byDataset([...all.values()])) {
      const readable = own.filter((column) => {
        const { problem, isJagged: isList } = describe(path, column);
        if (problem !== undefined) unread.set(column.name, problem);
        else if (isList) unread.set(column.name, jagged(path, column.name));
        else return true;
        return false;
      });
      if (readable.length === 0) continue;
      const contents = readColumns(file, dataset, readable, 0, dataset.rows, ({ name }) => columnIn(path, name));
      for (const [i, { name }] of readable.entries()) columns.set(name, written(contents[i]!));
    }
  } finally {
    await release();
  }
  return { columns, unread };
}

const written = (contents: ColumnContents) => contents as NamedArray | readonly string[];

/** Read only. */
export const hdf5: EventFormat = { hasPieces: true, open: openHdf5, readAll };
