/** Where the events of an HDF5 file are: groups of datasets, and datasets of records. */
import { nearest } from "../edit-distance.js";
import { FileError, listNames, quote } from "../errors.js";
import { type Field, fieldsOf } from "./datatypes.js";
import type { Hdf5File } from "./file.js";
import { CLASSES } from "./library.js";
import { blockNames } from "./pandas.js";

/** A dataset with events along its first axis. */
export interface EventDataset {
  readonly path: string;
  readonly rows: number;
  /** Bytes of what belongs to one event. */
  readonly rowBytes: number;
  /** Lengths of the axes behind the events. */
  readonly axes: readonly number[];
  /** Rows that are stored and packed together; undefined where all lie side by side. */
  readonly chunkRows: number | undefined;
}

export interface Hdf5Column {
  readonly name: string;
  readonly dataset: EventDataset;
  readonly field: Field;
  /** Of one that several numbers of a field are columns of: which. */
  readonly index?: number;
  /** Events first. */
  readonly shape: readonly number[];
  /** Why it cannot be read: what it is. */
  readonly problem: string | undefined;
}

/** A group or a dataset of records. */
interface Place {
  readonly path: string;
  /** Those that are its own, not those of groups in it. */
  readonly own: readonly Hdf5Column[];
  /** Its columns in the place where the search began: the names of groups before them. */
  readonly prefix: string;
}

/** What of the file is asked for. */
export interface Hdf5Events {
  readonly columns: readonly Hdf5Column[];
  /** Of which all events have one: those of groups in it may have others. */
  readonly own: readonly Hdf5Column[];
}

/** @param part  a group or a dataset; by default the one group that has events */
export async function findEvents(file: Hdf5File, part: string | undefined): Promise<Hdf5Events> {
  const asked = `/${(part ?? "")
    .split("/")
    .filter((name) => name !== "")
    .join("/")}`;
  const places = await placesIn(file, asked, part);
  const [only, ...others] = places.filter(({ own }) => own.length > 0);
  if (only === undefined) {
    throw new FileError(part === undefined ? file.path : `${file.path}:${part}`, {
      expected: "datasets with events along their first axis",
      got: "none",
    });
  }
  if (others.length === 0) return { columns: only.own, own: only.own };
  if (part === undefined) {
    throw new FileError(file.path, {
      expected: "events in one group",
      got: `some in ${listNames([only, ...others].map(({ path }) => path))}`,
      hint: `Name it behind a colon: ${file.path}:${only.path.slice(1)}`,
    });
  }
  const columns = places.flatMap(({ own, prefix }) =>
    own.map((column) => ({ ...column, name: `${prefix}${column.name}` })),
  );
  return { columns, own: places[0]!.own.length > 0 ? places[0]!.own : columns };
}

/** Indexes of PyTables. */
const isHidden = (name: string) => name.startsWith("_i_");

/** The group or dataset of a path, then what is in it. */
async function placesIn(file: Hdf5File, asked: string, part: string | undefined): Promise<Place[]> {
  const type = asked === "/" ? undefined : typeOf(file, asked);
  if (type === "dataset") {
    const name = asked.slice(asked.lastIndexOf("/") + 1);
    const { records, columns } = await columnsOf(file, asked, name);
    return [{ path: asked, own: records ?? columns, prefix: "" }];
  }
  if (type === "nothing" || type === "link") {
    const all = (await placesIn(file, "/", part)).map(({ path }) => path.slice(1)).filter((path) => path !== "");
    const meant = nearest(part!, all);
    throw new FileError(file.path, {
      expected: `a group ${quote(part!)}`,
      got: listNames(all),
      ...(meant !== undefined && { hint: `Did you mean ${quote(meant)}?` }),
    });
  }
  const places: Place[] = [];
  const visited = new Set<number>();
  const queue = [{ path: asked, prefix: "" }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, prefix } = next;
    const address = addressOf(file, path);
    // A link may lead back.
    if (visited.has(address)) continue;
    visited.add(address);
    const own: Hdf5Column[] = [];
    const inner: Place[] = [];
    for (const name of file.call(`${file.path}:${path}`, (library, of) => library.get_names(of, path, false))) {
      if (isHidden(name)) continue;
      const child = `${path === "/" ? "" : path}/${name}`;
      const kind = typeOf(file, child);
      if (kind === "group") queue.push({ path: child, prefix: `${prefix}${name}.` });
      if (kind === "link") own.push(unreadable(child, name, "a link that leads out of the file, or nowhere"));
      if (kind !== "dataset") continue;
      const { records, columns } = await columnsOf(file, child, name);
      if (records !== undefined) inner.push({ path: child, own: records, prefix: `${prefix}${name}.` });
      else own.push(...columns);
    }
    places.push({ path, own, prefix }, ...inner);
  }
  return places;
}

/** What is at a path. Links to other files are not followed: nothing would notice that these change. */
function typeOf(file: Hdf5File, path: string): "group" | "dataset" | "link" | "nothing" {
  return file.call(`${file.path}:${path}`, (library, id) => {
    if (library.get_external_link(id, path).filename !== undefined) return "link";
    const type = library.get_type(id, path);
    if (type === library.H5G_GROUP) return "group";
    if (type === library.H5G_DATASET) return "dataset";
    return type === library.H5G_LINK ? "link" : "nothing";
  });
}

/** Where the header of an object is in the file. */
function addressOf(file: Hdf5File, path: string): number {
  const reference = file.call(`${file.path}:${path}`, (library, id) => library.create_object_reference(id, path));
  return Number(new DataView(Uint8Array.from(reference).buffer).getBigUint64(0, true));
}

/** A column of which nothing is known but why it is not read. */
function unreadable(path: string, name: string, problem: string): Hdf5Column {
  const dataset = { path, rows: 0, rowBytes: 0, axes: [], chunkRows: undefined };
  const form = { kind: "other", what: problem } as const;
  return {
    name,
    dataset,
    field: { names: [], form, offset: 0, bytes: 0, shape: [], isList: false },
    shape: [0],
    problem,
  };
}

/** The columns of a dataset; those of records are its fields. */
async function columnsOf(
  file: Hdf5File,
  path: string,
  name: string,
): Promise<{ readonly records?: readonly Hdf5Column[]; readonly columns: readonly Hdf5Column[] }> {
  const where = `${file.path}:${path}`;
  const odd = await file.problemAt(where, addressOf(file, path));
  if (odd !== undefined) return { columns: [unreadable(path, name, odd)] };
  const metadata = file.call(where, (library, id) => library.get_dataset_metadata(id, path));
  const { shape, chunks, size } = metadata;
  // One number says something about the file, not about an event.
  if (shape === null || shape.length === 0) return { columns: [] };
  const [rows, ...axes] = shape;
  const perRow = axes.reduce((product, length) => product * length, 1);
  const dataset = { path, rows: rows!, rowBytes: perRow * size, axes, chunkRows: chunks?.[0] };
  const problem = filterProblem(file, path);
  const isRecords = metadata.type === CLASSES.compound && axes.length === 0;
  const columns = fieldsOf(metadata).flatMap((field): Hdf5Column[] => {
    const { form, isList } = field;
    const own = form.kind === "other" ? form.what : undefined;
    const isNumbers = form.kind === "numbers" && !isList;
    const isPlain = isNumbers ? axes.length === 0 || field.names.length === 0 : axes.length + field.shape.length === 0;
    const column = {
      dataset,
      field,
      shape: [...shape, ...field.shape],
      problem: problem ?? own ?? (isPlain ? undefined : `an array [${shape.join(", ")}] of words, lists or records`),
    };
    if (!isRecords || field.names.length === 0) return [{ ...column, name }];
    const names = blockNames(file, path, field);
    if (names === undefined) return [{ ...column, name: field.names.join(".") }];
    return names.map((one, index) => ({ ...column, name: one, index, shape: [rows!], problem: problem ?? own }));
  });
  return isRecords ? { records: columns, columns: [] } : { columns };
}

/** Filters that the library of h5wasm has, by their registered numbers: deflate, shuffle, fletcher32, scale-offset. */
const FILTERS = [1, 2, 3, 6];
/** Names of others, which not every file says (github.com/HDFGroup/hdf5_plugins, RegisteredFilterPlugins.md). */
const OTHER_FILTERS: Readonly<Record<number, string>> = {
  4: "szip",
  5: "nbit",
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32026: "blosc2",
};

function filterProblem(file: Hdf5File, path: string): string | undefined {
  const filters = file.call(`${file.path}:${path}`, (library, id) => library.get_dataset_filters(id, path));
  const foreign = filters.find(({ id }) => !FILTERS.includes(id));
  if (foreign === undefined) return undefined;
  return `chunks packed by the filter ${OTHER_FILTERS[foreign.id] ?? foreign.name} (number ${foreign.id})`;
}
