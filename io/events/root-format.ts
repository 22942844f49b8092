/** ROOT files: a column for each leaf of a TTree; the baskets of the branch with the fewest begin the pieces. */
import type { NamedArray } from "../arrays.js";
import { FileError } from "../errors.js";
import type { ColumnInFile, Columns, EventFile, EventFormat, Selection, TableContents } from "../event-format.js";
import { isJagged } from "../event-format.js";
import { type OpenTree, openTree } from "../root/open-tree.js";
import { readColumn } from "../root/read-column.js";
import type { Column } from "../root/tree.js";
import { cachedSource, type FileSource, openFile } from "../source.js";
import { columnIn } from "./event-columns.js";
import { jagged } from "./parquet-format.js";

interface OpenRoot extends EventFile {
  readonly tree: OpenTree;
  readonly readOne: (column: Column, from: number, to: number) => ReturnType<typeof readColumn>;
}

async function openRoot(path: string, part: string | undefined): Promise<OpenRoot> {
  const source = cachedSource(await openFile(path));
  try {
    const tree = await openTree(source, part === "" ? undefined : part);
    if (new Set(tree.names).size < tree.names.length) {
      throw new FileError(path, { expected: "branches of different names", got: "one name twice" });
    }
    return {
      path,
      names: tree.names,
      tree,
      count: async () => tree.entries,
      readOne: (column, from, to) =>
        readColumn(source, tree.name, column, counterOf(tree, column), columnIn(path, column.name), from, to),
      select: async (names) => selectionOf(source, tree, names),
      release: source.release,
    };
  } catch (error) {
    await source.release();
    throw error;
  }
}

function counterOf(tree: OpenTree, { counter }: Column): Column | undefined {
  const found = counter === undefined ? undefined : tree.column(counter);
  return found?.shape === "one" && /^[iu]/.test(found.type ?? "") ? found : undefined;
}

/** What of the tree is wanted: of many files, the rest of each is not kept. */
function selectionOf(
  source: FileSource,
  tree: OpenTree,
  names: readonly string[] | undefined,
): Awaited<ReturnType<EventFile["select"]>> {
  const { name: own, entries } = tree;
  const chosen = (names ?? tree.names)
    .map((name) => tree.column(name)!)
    .filter(({ type, shape }) => names !== undefined || (type !== undefined && shape !== "jagged"));
  return {
    columns: new Map(chosen.map((column) => [column.name, describe(source.name, column, entries)])),
    pieces: piecesOf(chosen.length > 0 ? chosen : firstOf(tree)),
    read: readerOf(
      source,
      own,
      chosen.map((column) => ({ column, counter: counterOf(tree, column) })),
    ),
  };
}

// A function of its own: what it returns must not hold the tree.
function readerOf(
  source: FileSource,
  tree: string,
  wanted: readonly { readonly column: Column; readonly counter: Column | undefined }[],
): Selection["read"] {
  return async function* read(from, to) {
    for (const { column, counter } of wanted) {
      const where = columnIn(source.name, column.name);
      yield [column.name, await readColumn(source, tree, column, counter, where, from, to)] as const;
    }
  };
}

/** Of columns that have numbers, the first. */
function firstOf(tree: OpenTree): readonly Column[] {
  for (const name of tree.names) {
    const column = tree.column(name)!;
    if (column.type !== undefined) return [column];
  }
  return [];
}

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
    for (const name of file.names) {
      const column = file.tree.column(name)!;
      const { problem } = describe(path, column, file.tree.entries);
      if (problem !== undefined) unread.set(name, problem);
      else if (column.shape === "jagged") unread.set(name, jagged(path, name));
      else {
        const contents = await file.readOne(column, 0, file.tree.entries);
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
