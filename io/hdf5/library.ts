/** The HDF5 library, as the package h5wasm brings it: WebAssembly that opens files itself. */
import { FileError } from "../errors.js";

export const H5WASM = "h5wasm@0.10.3";

/** Classes of types by their numbers in the library (H5T_class_t). */
export const CLASSES = {
  integer: 0,
  float: 1,
  time: 2,
  string: 3,
  bitField: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enumeration: 8,
  list: 9,
  array: 10,
  complex: 11,
} as const;

/** A type as h5wasm describes it. */
export interface Hdf5Type {
  readonly type: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
  /** Of strings: their length is their own. */
  readonly vlen: boolean;
  /** What fills strings up: 0 all behind a zero byte, 1 zero bytes, 2 blanks. */
  readonly strpad?: number;
  readonly array_type?: Hdf5Type & { readonly shape: readonly number[] };
  readonly vlen_type?: Hdf5Type;
  readonly compound_type?: { readonly members: readonly (Hdf5Type & { name: string; offset: number })[] };
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
}

export interface Hdf5Dataset extends Hdf5Type {
  /** null where there is no element by definition. */
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
}

/** What we call of h5wasm: its functions over those of the library, which take an open file and a path in it. */
export interface Hdf5Library {
  /** The memory of the module; another array whenever it grows. */
  readonly HEAPU8: Uint8Array;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5G_LINK: number;
  readonly FS: { readonly streams: readonly object[] };
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  open(path: string, mode: number, trackOrder: boolean, low: number, high: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  /** -1 where a link leads nowhere. */
  get_type(file: bigint, path: string): number;
  get_external_link(file: bigint, path: string): { filename?: string };
  /** Where the object is in the file. */
  create_object_reference(file: bigint, path: string): ArrayLike<number>;
  get_dataset_metadata(file: bigint, path: string): Hdf5Dataset;
  get_dataset_filters(file: bigint, path: string): { id: number; name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[],
    offset: bigint[],
    strides: bigint[],
    pointer: bigint,
  ): number;
  reclaim_vlen_memory_count(file: bigint, path: string, attribute: "", pointer: bigint, count: bigint[]): number;
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Dataset;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
}

/** The library, and what it says of what it cannot do. */
export interface LoadedLibrary {
  readonly library: Hdf5Library;
  /** The last complaint, of the function that found out; undefined where there was none since it was asked for. */
  readonly complaint: () => string | undefined;
}

let loaded: Promise<LoadedLibrary> | undefined;

/** The library is started again for files that are opened from now on: a damaged file can leave it unable to go on. */
export function abandonLibrary(): void {
  loaded = undefined;
}

/** @param where  the file that is to be read, for messages */
export async function loadLibrary(where: string): Promise<LoadedLibrary> {
  loaded ??= load();
  try {
    return await loaded;
  } catch (error) {
    loaded = undefined;
    throw new FileError(where, {
      expected: "the package h5wasm, which reads HDF5 files",
      got: (error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND" ? "none" : `an error: ${error}`,
      hint: `Run \`npm install ${H5WASM}\``,
    });
  }
}

/** The module behind the package's own, which starts the library once only, and lets it write to the terminal. */
interface Hdf5Module {
  readonly default: (options: { noInitialRun: true; printErr: (text: string) => void }) => Promise<Hdf5Library>;
}

async function load(): Promise<LoadedLibrary> {
  const address = new URL("hdf5_util.js", import.meta.resolve("h5wasm/node")).href;
  const module = (await import(address)) as Hdf5Module;
  const library = await module.default({ noInitialRun: true, printErr: () => {} });
  let said = "";
  // It writes a stack of errors to the standard error: one is enough, and it belongs into the message.
  const write = (_stream: unknown, buffer: Uint8Array, offset: number, length: number) => {
    said = (said + Buffer.from(buffer.subarray(offset, offset + length)).toString("utf8")).slice(-MOST_TEXT);
    return length;
  };
  Object.assign(library.FS.streams[2]!, { stream_ops: { write }, node: { mode: CHARACTER_DEVICE } });
  const complaint = () => {
    const last = [...said.matchAll(/#\d{3}: \S+ line \d+ in \w+\(\): (.*)/g)].at(-1)?.[1];
    said = "";
    return last;
  };
  return { library, complaint };
}

/** S_IFCHR of <sys/stat.h>. */
const CHARACTER_DEVICE = 0o020000;

/** A stack of errors has a few dozen lines. */
const MOST_TEXT = 2 ** 14;
