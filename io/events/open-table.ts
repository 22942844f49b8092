/** All columns of files that are read piece by piece, as the files have them: every number keeps its type. */
import type { CsvColumn } from "../csv/csv.js";
import { FileError } from "../errors.js";
import { type ColumnInFile, type Columns, type EventFile, isWords, type Selection } from "../event-format.js";
import { columnIn } from "./event-columns.js";
import { openPlace } from "./formats.js";
import { jagged } from "./parquet-format.js";
import { type EventPath, placesOf } from "./place.js";

export interface OpenedTable {
  /** In the order of the first file. */
  readonly names: readonly string[];
  /** What has no place in a table of numbers and words, and why; it is not read. */
  readonly unread: ReadonlyMap<string, FileError>;
  /** The rows from one to before another; a null is an error. */
  readonly read: (from: number, to: number) => Promise<Columns>;
  readonly close: () => Promise<void>;
}

interface Part {
  readonly file: EventFile;
  readonly columns: ReadonlyMap<string, ColumnInFile>;
  readonly start: number;
  readonly count: number;
}

/** Opens files of one of the formats with pieces, for what copies their columns. Of several, those that all have in one type. */
export async function openTable(path: EventPath): Promise<OpenedTable> {
  const parts: Part[] = [];
  let start = 0;
  for (const place of placesOf(path)) {
    const file = await openPlace(place);
    try {
      const { columns } = await file.select(file.names);
      const count = await file.count();
      parts.push({ file, columns, start, count });
      start += count;
    } finally {
      await file.release();
    }
  }
  const unread = new Map<string, FileError>();
  for (const part of parts) {
    for (const [name, column] of [...parts[0]!.columns, ...part.columns]) {
      const problem = problemOf(parts[0]!, part, name, column);
      if (problem !== undefined && !unread.has(name)) unread.set(name, problem);
    }
  }
  const names = [...parts[0]!.columns.keys()].filter((name) => !unread.has(name));
  const selections = new Map<Part, Selection>();
  return {
    names,
    unread,
    async read(from, to) {
      const found = new Map<string, CsvColumn[]>(names.map((name) => [name, []]));
      const touched = parts.filter((part) => part.start < to && part.start + part.count > from);
      for (const part of touched.length > 0 ? touched : parts.slice(0, 1)) {
        const selection = selections.get(part) ?? (await part.file.select(names));
        selections.set(part, selection);
        const first = Math.max(0, from - part.start);
        for await (const [name, contents] of selection.read(first, Math.min(part.count, to - part.start))) {
          found.get(name)!.push(contents as CsvColumn);
        }
        if (parts.length > 1) await part.file.release();
      }
      return new Map([...found].map(([name, pieces]) => [name, joined(pieces)]));
    },
    close: async () => {
      for (const { file } of parts) await file.release();
    },
  };
}

/** Why a column cannot be read as one of the table. */
function problemOf(first: Part, part: Part, name: string, column: ColumnInFile): FileError | undefined {
  const { path } = part.file;
  const [own, wanted] = [part.columns.get(name), first.columns.get(name)];
  if (own === undefined || wanted === undefined) {
    return new FileError(own === undefined ? path : first.file.path, { expected: `a column "${name}"`, got: "none" });
  }
  if (column.problem !== undefined) return column.problem;
  if (own.isJagged) return jagged(path, name);
  if (own.shape[0] !== part.count) {
    return new FileError(columnIn(path, name), { expected: `${part.count} rows`, got: `${own.shape[0]}` });
  }
  const form = ({ type, shape }: ColumnInFile) => [type, ...shape.slice(1)].join(" x ");
  if (form(own) === form(wanted)) return undefined;
  return new FileError(columnIn(path, name), {
    expected: `${form(wanted)}, as in ${first.file.path}`,
    got: form(own),
  });
}

/** One column of the rows of several files. */
function joined(pieces: readonly CsvColumn[]): CsvColumn {
  const [first] = pieces;
  if (pieces.length === 1) return first!;
  if (isWords(first)) return pieces.flatMap((words) => words as readonly string[]);
  const arrays = pieces as Exclude<CsvColumn, readonly string[]>[];
  const { data, shape } = arrays[0]!;
  const Numbers = data.constructor as new (length: number) => typeof data;
  const all = new Numbers(arrays.reduce((sum, one) => sum + one.data.length, 0));
  let at = 0;
  for (const one of arrays) {
    (all as Float64Array).set(one.data as Float64Array, at);
    at += one.data.length;
  }
  const rows = arrays.reduce((sum, one) => sum + one.shape[0]!, 0);
  return { ...arrays[0]!, shape: [rows, ...shape.slice(1)], data: all };
}
