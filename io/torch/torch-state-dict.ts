/** PyTorch `state_dict` files of torch.save since 1.6: a zip archive of a pickle and one member per storage. */
import {
  elementBytes,
  elementCount,
  gatherStrided,
  isContiguous,
  type NamedArray,
  type NumberArray,
  readElements,
} from "../arrays.js";
import { FileError, listNames, quote } from "../errors.js";
import { type ByteSource, withFile } from "../source.js";
import { readZipDirectory, type ZipMember } from "../zip/zip.js";
import { checkUnpacked, readZipMember, withZipMember } from "../zip/zip-member.js";
import { readPickle } from "./pickle.js";
import { describe, type PickleValue, type StorageRef, TensorRef } from "./pickle-values.js";

/** Tensors by their dotted path in the file, e.g. `mixture_model.m_vector`, in the file's order. */
export type NestedTensors = Map<string, NamedArray>;

// A pickle of a state_dict holds names and sizes only, about 200 bytes per tensor: room for 80 000.
const MAX_PICKLE_BYTES = 2 ** 24;
const MAX_ORDER_BYTES = 16;
const MAX_TENSORS = 2 ** 17;
const MAX_DEPTH = 32;
const MAX_NAME_LENGTH = 1000;
// Tied weights repeat storages and expanded tensors repeat elements, but not without end.
const MAX_REPETITION = 4;
const FREE_ELEMENTS = 2 ** 20;

/**
 * Reads a PyTorch `state_dict`, or a dictionary of several, without executing anything.
 *
 * Dictionaries and lists become dotted names; numbers and truth values among them become arrays of rank 0. Half and bfloat16
 * are widened to f32. Contiguous tensors of one storage share memory, as they do in PyTorch.
 */
export function readTorchStateDict(path: string): Promise<NestedTensors> {
  return withFile(path, readTorchStateDictFrom);
}

/** As `readTorchStateDict`, from bytes anywhere. */
export async function readTorchStateDictFrom(source: ByteSource): Promise<NestedTensors> {
  await refuseLegacyFormat(source);
  const members = await readZipDirectory(source);
  const root = findRoot(source.name, members);
  const pickle = members.get(`${root}data.pkl`)!;
  if (pickle.size > MAX_PICKLE_BYTES) {
    throw new FileError(source.name, {
      expected: `a pickle of at most ${MAX_PICKLE_BYTES} bytes`,
      got: `${pickle.size}`,
    });
  }
  const leaves = flatten(source.name, readPickle(source.name, await readZipMember(source, pickle)));
  const storages = await readStorages(source, members, root, leaves);
  const arrays = new Map<TensorRef, NamedArray>();
  return new Map(
    [...leaves].map(([name, leaf]) => {
      if (!(leaf instanceof TensorRef)) return [name, scalar(leaf)];
      const where = `${source.name}, tensor ${quote(name)}`;
      const array = arrays.get(leaf) ?? view(where, leaf, storages.get(leaf.storage.key)!);
      arrays.set(leaf, array);
      return [name, array];
    }),
  );
}

async function refuseLegacyFormat(source: ByteSource): Promise<void> {
  if (source.size < 2 || (await source.read(0, 1))[0] !== 0x80) return;
  throw new FileError(source.name, {
    expected: "a zip archive as torch.save writes since PyTorch 1.6",
    got: "a bare pickle",
    hint: "Load the file with PyTorch where you trust it and save its state_dict again",
  });
}

/** The folder inside the archive, which keeps the name that the file had when it was saved. */
function findRoot(path: string, members: ReadonlyMap<string, ZipMember>): string {
  const roots = [...members.keys()]
    .filter((name) => /^[^/]+\/data\.pkl$/.test(name))
    .map((name) => name.slice(0, -"data.pkl".length));
  if (roots.length === 1) return roots[0]!;
  throw new FileError(path, {
    expected: "one <folder>/data.pkl in the archive, as torch.save writes",
    got: listNames(members.keys()),
  });
}

type Leaf = TensorRef | number | boolean;

/** Dotted names of all tensors and numbers. Each container is entered once, so that a small pickle stays small. */
function flatten(path: string, value: PickleValue): Map<string, Leaf> {
  if (!(value instanceof Map))
    throw new FileError(path, {
      expected: "a dictionary of tensors",
      got: describe(value),
      hint: "Save model.state_dict()",
    });
  const leaves = new Map<string, Leaf>();
  const entered = new Set<PickleValue>();
  const enter = (container: Map<PickleValue, PickleValue> | PickleValue[], names: readonly string[]): void => {
    if (entered.has(container) || names.length > MAX_DEPTH) {
      const got = entered.has(container)
        ? "a dictionary or list that is there twice or holds itself"
        : `more than ${MAX_DEPTH} levels`;
      throw new FileError(path, { expected: "a plain tree of tensors", got: `${got} at ${quote(names.join("."))}` });
    }
    entered.add(container);
    for (const [key, item] of container.entries()) visit(item, [...names, String(key)]);
  };
  const visit = (item: PickleValue, names: readonly string[]): void => {
    const name = names.join(".");
    if (name.length > MAX_NAME_LENGTH) {
      throw new FileError(path, { expected: `names of at most ${MAX_NAME_LENGTH} characters`, got: quote(name) });
    }
    if (item instanceof Map || Array.isArray(item)) enter(item, names);
    else if (item instanceof TensorRef || typeof item === "number" || typeof item === "boolean") {
      if (leaves.has(name)) throw new FileError(path, { expected: "each name once", got: `two called ${quote(name)}` });
      if (leaves.size >= MAX_TENSORS)
        throw new FileError(path, { expected: `at most ${MAX_TENSORS} tensors`, got: "more" });
      leaves.set(name, item);
    } else {
      throw new FileError(path, {
        expected: `tensors and numbers only`,
        got: `${describe(item)} at ${quote(name)}`,
        hint: "Save model.state_dict() alone",
      });
    }
  };
  enter(value, []);
  return leaves;
}

async function readStorages(
  source: ByteSource,
  members: ReadonlyMap<string, ZipMember>,
  root: string,
  leaves: ReadonlyMap<string, Leaf>,
): Promise<Map<string, NumberArray>> {
  const bigEndian = await isBigEndian(source, members.get(`${root}byteorder`));
  const tensors = new Set([...leaves.values()].filter((leaf) => leaf instanceof TensorRef));
  const refs = new Map([...tensors].map(({ storage }) => [storage.key, storage]));
  for (const { storage } of tensors) checkSameStorage(source.name, storage, refs.get(storage.key)!);
  const found = [...refs.values()].map((storage) => ({ storage, member: memberOf(source, members, root, storage) }));
  checkRepetition(source.name, tensors, found);
  checkUnpacked(
    source,
    found.map(({ member }) => member),
  );
  const storages = new Map<string, NumberArray>();
  for (const { storage, member } of found) {
    storages.set(storage.key, await readStorage(source, storage, member, bigEndian));
  }
  return storages;
}

function memberOf(
  source: ByteSource,
  members: ReadonlyMap<string, ZipMember>,
  root: string,
  { key, type, elements }: StorageRef,
): ZipMember {
  const where = storageIn(source, key);
  const member = members.get(`${root}data/${key}`);
  if (!member) throw new FileError(where, { expected: `a member ${quote(`${root}data/${key}`)}`, got: "none" });
  const bytes = elements * elementBytes(type);
  if (member.size === bytes) return member;
  throw new FileError(where, { expected: `${bytes} bytes for ${elements} elements of ${type}`, got: `${member.size}` });
}

function readStorage(
  source: ByteSource,
  { key, type, elements }: StorageRef,
  member: ZipMember,
  bigEndian: boolean,
): Promise<NumberArray> {
  const runs = { count: 1, length: elements, wanted: elements };
  return withZipMember(source, member, async (stream) => {
    const data = await readElements(storageIn(source, key), stream, type, runs, bigEndian);
    await stream.finish();
    return data;
  });
}

const storageIn = (source: ByteSource, key: string) => `${source.name}, storage ${quote(key)}`;

async function isBigEndian(source: ByteSource, member: ZipMember | undefined): Promise<boolean> {
  if (!member) return false;
  if (member.size > MAX_ORDER_BYTES) {
    throw new FileError(source.name, { expected: "byteorder little or big", got: `${member.size} bytes` });
  }
  const order = new TextDecoder().decode(await readZipMember(source, member));
  if (order !== "little" && order !== "big")
    throw new FileError(source.name, { expected: "byteorder little or big", got: quote(order) });
  return order === "big";
}

function checkSameStorage(path: string, a: StorageRef, b: StorageRef): void {
  if (a.type === b.type && a.elements === b.elements) return;
  const got = `${a.elements} of ${a.type} and ${b.elements} of ${b.type}`;
  throw new FileError(`${path}, storage ${quote(a.key)}`, { expected: "one type and size", got });
}

interface FoundStorage {
  readonly storage: StorageRef;
  readonly member: ZipMember;
}

/**
 * A few bytes may describe tensors of any size by strides of 0; bounded, they cannot fill the memory. Tensors that are views
 * take none, and storages count by the bytes that they have in the file.
 */
function checkRepetition(path: string, tensors: Iterable<TensorRef>, storages: readonly FoundStorage[]): void {
  const stored = storages.reduce(
    (sum, { storage, member }) =>
      sum + Math.min(storage.elements, Math.ceil(member.compressedSize / elementBytes(storage.type))),
    0,
  );
  const copied = [...tensors].filter(({ shape, strides }) => !isContiguous(shape, strides));
  const claimed = copied.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const limit = MAX_REPETITION * stored + FREE_ELEMENTS;
  if (claimed <= limit) return;
  throw new FileError(path, {
    expected: `at most ${limit} elements out of ${stored} stored ones`,
    got: `tensors of ${claimed} in all`,
  });
}

function view(where: string, { storage, offset, shape, strides }: TensorRef, data: NumberArray): NamedArray {
  const elements = gatherStrided(where, data, offset, shape, strides);
  return { shape, data: elements, ...(storage.type === "b1" && { isBool: true }) };
}

function scalar(value: number | boolean): NamedArray {
  if (typeof value === "number") return { shape: [], data: Float64Array.of(value) };
  return { shape: [], data: Uint8Array.of(value ? 1 : 0), isBool: true };
}
