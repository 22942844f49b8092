/** Parquet files: a column for each leaf of the schema; row groups are the pieces. */
import type { CsvColumn } from "../csv/csv.js";
import { FileError } from "../errors.js";
import {
  type ColumnContents,
  type ColumnInFile,
  type Columns,
  type EventFile,
  type EventFormat,
  isJagged,
  isWords,
  type TableContents,
} from "../event-format.js";
import { type Footer, readFooter } from "../parquet/footer.js";
import { NullError, readColumn } from "../parquet/read-column.js";
import { writeParquet } from "../parquet/write.js";
import { openFile } from "../source.js";
import { columnIn } from "./event-columns.js";

interface OpenParquet extends EventFile {
  readonly rows: number;
  readonly describe: (name: string) => ColumnInFile;
  readonly readOne: (name: string, from: number, to: number) => Promise<ColumnContents>;
}

async function openParquet(path: string): Promise<OpenParquet> {
  const source = await openFile(path);
  try {
    const footer = await readFooter(source);
    const indexes = new Map(footer.leaves.map(({ name }, i) => [name, i]));
    if (indexes.size < footer.leaves.length) {
      throw new FileError(path, { expected: "columns of different names", got: "one name twice" });
    }
    const describe = (name: string) => describeColumn(path, footer, indexes.get(name)!);
    const readOne = (name: string, from: number, to: number) =>
      readColumn(source, footer, indexes.get(name)!, columnIn(path, name), from, to);
    const select: EventFile["select"] = async (names) => {
      const chosen = names ?? [...indexes.keys()].filter((name) => isNumber(describe(name)));
      const pieces = footer.groups.filter(({ rows }) => rows > 0).map(({ start }) => start);
      return {
        columns: new Map(chosen.map((name) => [name, describe(name)])),
        pieces: pieces.length === 0 ? [0] : pieces,
        async *read(from, to) {
          for (const name of chosen) yield [name, await readOne(name, from, to)] as const;
        },
      };
    };
    return {
      path,
      names: [...indexes.keys()],
      rows: footer.rows,
      count: async () => footer.rows,
      describe,
      readOne,
      select,
      release: source.release,
    };
  } catch (error) {
    await source.release();
    throw error;
  }
}

const isNumber = ({ type, problem, ...column }: ColumnInFile) =>
  problem === undefined && type !== "words" && column.isJagged === undefined;

function describeColumn(path: string, { rows, leaves, groups }: Footer, index: number): ColumnInFile {
  const { name, type, what, maxRepetition } = leaves[index]!;
  const isEncrypted = groups.some(({ chunks }) => chunks[index]!.isEncrypted);
  if (type === undefined || isEncrypted) {
    const got = isEncrypted ? "an encrypted column" : what;
    const problem = new FileError(columnIn(path, name), {
      expected: "numbers or words",
      got,
      hint: isEncrypted ? "Write it without encryption" : "Convert the column where the file is made, or leave it out",
    });
    return { type: "other", shape: [rows], problem };
  }
  if (maxRepetition > 0 && type === "words") {
    const problem = new FileError(columnIn(path, name), { expected: "numbers or words", got: "lists of words" });
    return { type: "other", shape: [rows], problem };
  }
  return { type, shape: [rows], ...(maxRepetition > 0 && { isJagged: true as const }) };
}

async function readAll(path: string): Promise<TableContents> {
  const file = await openParquet(path);
  const columns: Columns = new Map();
  const unread = new Map<string, FileError>();
  try {
    for (const name of file.names) {
      const { problem } = file.describe(name);
      const contents = problem ?? (await file.readOne(name, 0, file.rows).catch(nulls));
      if (contents instanceof FileError) unread.set(name, contents);
      else if (isJagged(contents)) unread.set(name, jagged(path, name));
      else if (Array.isArray(contents)) columns.set(name, contents);
      else columns.set(name, contents as Exclude<CsvColumn, readonly string[]>);
    }
  } finally {
    await file.release();
  }
  return { columns, unread };
}

function nulls(error: unknown): NullError {
  if (error instanceof NullError) return error;
  throw error;
}

export function jagged(path: string, name: string): FileError {
  return new FileError(columnIn(path, name), {
    expected: "as many numbers in every event",
    got: "different numbers of them",
  });
}

function problem(column: CsvColumn, count: number): string | undefined {
  const shape = isWords(column) ? [column.length] : column.shape;
  return shape[0] === count && shape.length <= 2 ? undefined : `an array [${shape.join(", ")}]`;
}

export const parquet: EventFormat = {
  hasPieces: true,
  open: openParquet,
  readAll,
  write: { table: writeParquet, problem },
};
