/** ROOT files: a column for each leaf of a TTree; the baskets of the branch with the fewest begin the pieces. */
import type { NamedArray } from "../arrays.js";
import { FileError } from "../errors.js";
import type { ColumnInFile, Columns, EventFile, EventFormat, TableContents } from "../event-format.js";
import { isJagged } from "../event-format.js";
import { openTree } from "../root/open-tree.js";
import { readColumn } from "../root/read-column.js";
import type { Column, Tree } from "../root/tree.js";
import { cachedSource, type FileSource, openFile } from "../source.js";
import { columnIn } from "./event-columns.js";
import { jagged } from "./parquet-format.js";

interface OpenRoot extends EventFile {
  readonly columns: ReadonlyMap<string, Column>;
  readonly entries: number;
  readonly readOne: (name: string, from: number, to: number) => ReturnType<typeof readColumn>;
}

async function openRoot(path: string, part: string | undefined): Promise<OpenRoot> {
  const source = cachedSource(await openFile(path));
  try {
    const tree = await openTree(source, part === "" ? undefined : part);
    const columns = new Map(tree.columns.map((column) => [column.name, column]));
    if (columns.size < tree.columns.length) {
      throw new FileError(path, { expected: "branches of different names", got: "one name twice" });
    }
    const readOne = (name: string, from: number, to: number) => readOf(source, tree, columns, name, from, to);
    const select: EventFile["select"] = async (names) => selectionOf(source, tree, columns, names);
    return {
      path,
      names: [...columns.keys()],
      columns,
      entries: tree.entries,
      count: async () => tree.entries,
      readOne,
      select,
      release: source.release,
    };
  } catch (error) {
    await source.release();
    throw error;
  }
}

type Columnar = ReadonlyMap<string, Column>;

function readOf(
  source: FileSource,
  tree: Tree & { readonly name: string },
  columns: Columnar,
  name: string,
  from: number,
  to: number,
) {
  const column = columns.get(name)!;
  return readColumn(source, tree.name, column, counterOf(columns, column), columnIn(source.name, name), from, to);
}

function counterOf(columns: Columnar, { counter }: Column): Column | undefined {
  const found = counter === undefined ? undefined : columns.get(counter);
  return found?.shape === "one" && /^[iu]/.test(found.type ?? "") ? found : undefined;
}

/** What of the tree is wanted: of many files, the rest of each is not kept. */
function selectionOf(
  source: FileSource,
  { entries, name }: Tree & { readonly name: string },
  all: Columnar,
  names: readonly string[] | undefined,
): Awaited<ReturnType<EventFile["select"]>> {
  const chosen =
    names?.map((one) => all.get(one)!) ??
    [...all.values()].filter(({ type, shape }) => type !== undefined && shape !== "jagged");
  const kept = new Map(
    chosen.flatMap((column) => [column, counterOf(all, column) ?? []].flat()).map((column) => [column.name, column]),
  );
  const tree = { name, entries, columns: [] };
  return {
    columns: new Map(chosen.map((column) => [column.name, describe(source.name, column, entries)])),
    pieces: piecesOf(chosen.length > 0 ? chosen : firstOf(all)),
    async *read(from, to) {
      for (const { name: column } of chosen)
        yield [column, await readOf(source, tree, kept, column, from, to)] as const;
    },
  };
}

const firstOf = (all: Columnar) => [...all.values()].filter(({ type }) => type !== undefined).slice(0, 1);

function piecesOf(columns: readonly Column[]): readonly number[] {
  const entries = columns.filter(({ type }) => type !== undefined).map(({ baskets }) => baskets.entries.slice(0, -1));
  const fewest = entries.sort((a, b) => a.length - b.length)[0] ?? [];
  return fewest.length === 0 ? [0] : fewest;
}

function describe(path: string, { name, type, what, shape, width }: Column, entries: number): ColumnInFile {
  if (type === undefined) {
    const problem = new FileError(columnIn(path, name), {
      expected: "a branch of numbers",
      got: what,
      hint: "Write its numbers as branches of their own, or leave it out",
    });
    return { type: "other", shape: [entries], problem };
  }
  if (shape === "jagged") return { type, shape: [entries], isJagged: true };
  return { type, shape: shape === "fixed" ? [entries, width] : [entries] };
}

async function readAll(path: string, part: string | undefined): Promise<TableContents> {
  const file = await openRoot(path, part);
  const columns: Columns = new Map();
  const unread = new Map<string, FileError>();
  try {
    for (const [name, column] of file.columns) {
      const { problem } = describe(path, column, file.entries);
      if (problem !== undefined) unread.set(name, problem);
      else if (column.shape === "jagged") unread.set(name, jagged(path, name));
      else {
        const contents = await file.readOne(name, 0, file.entries);
        if (!isJagged(contents)) columns.set(name, contents as NamedArray);
      }
    }
  } finally {
    await file.release();
  }
  return { columns, unread };
}

/** Read only: what is written in another format is converted with ROOT's own programs. */
export const root: EventFormat = { hasPieces: true, open: openRoot, readAll };
