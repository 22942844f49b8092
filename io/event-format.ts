/** What every kind of file of events gives: its columns, and their elements from one row to another. */
import type { ElementType, StoredArray } from "./arrays.js";
import type { CsvColumn } from "./csv/csv.js";
import type { FileError } from "./errors.js";

/** What a column holds: numbers of a type, `words`, or something `other` that is not read. */
export type ColumnType = ElementType | "words" | "other";

/** A column as a file describes it. */
export interface ColumnInFile {
  readonly type: ColumnType;
  /** Events first; of a jagged column, the events alone. */
  readonly shape: readonly number[];
  /** Events have different numbers of elements. */
  readonly isJagged?: true;
  /** Why it cannot be read. */
  readonly problem?: FileError;
}

/** Elements of events that have different numbers of them. */
export interface JaggedArray {
  /** Where the elements of each event begin; the last is their number [events + 1]. */
  readonly starts: Float64Array;
  readonly data: StoredArray["data"];
}

/** What a column of a file gives. */
export type ColumnContents = StoredArray | JaggedArray | readonly string[];

export const isJagged = (contents: ColumnContents): contents is JaggedArray => "starts" in contents;

/** Some columns of an open file. */
export interface Selection {
  readonly columns: ReadonlyMap<string, ColumnInFile>;
  /** Rows at which pieces begin that are read without the others; in ascending order, the first is 0. */
  readonly pieces: readonly number[];
  /** The columns, each once, of the rows from one to before another. */
  readonly read: (from: number, to: number) => AsyncIterable<readonly [name: string, contents: ColumnContents]>;
}

/** A file whose columns are known. */
export interface EventFile {
  readonly path: string;
  /** In the order of the file. */
  readonly names: readonly string[];
  /** Number of rows, whatever columns are read. */
  readonly count: () => Promise<number>;
  /**
   * @param names by default all that are numbers, one or a fixed number for each event
   * @param head  no rows beyond so many will be read
   * @param words those of the names that are read as words, where the file does not say what its columns are
   */
  readonly select: (
    names: readonly string[] | undefined,
    head?: number,
    words?: ReadonlySet<string>,
  ) => Promise<Selection>;
  /** Closes the file, which opens again where more is read. */
  readonly release: () => Promise<void>;
}

/** Arrays, events first, or words by the name of their column. */
export type Columns = Map<string, CsvColumn>;

export const isWords = (column: CsvColumn | undefined): column is readonly string[] => Array.isArray(column);

/** Everything in a file of events, whatever its shape: what else a table of events is written with. */
export interface TableContents {
  readonly columns: Columns;
  /** What is of no type that can be read, and why. */
  readonly unread: ReadonlyMap<string, FileError>;
}

/** Texts about a file by their names: what made it. */
export type Provenance = Readonly<Record<string, string>>;

/** A kind of file of events. */
export interface EventFormat {
  /** Rows are read without those before them: files need not fit in memory. */
  readonly hasPieces?: true;
  /** @param part what of the file: the tree of a ROOT file, the group of an HDF5 file */
  readonly open: (path: string, part: string | undefined) => Promise<EventFile>;
  readonly readAll: (path: string, part: string | undefined) => Promise<TableContents>;
  /** Undefined where the format is read only. */
  readonly write?: {
    readonly table: (path: string, columns: Columns, provenance?: Provenance) => Promise<void>;
    /** Why the format has no place for the column of a file of so many events; undefined where it has one. */
    readonly problem: (column: CsvColumn, count: number) => string | undefined;
  };
}
