/** Tables of pandas, `to_hdf(format="table")`: columns of one type are one field `values_block_0`, and an attribute has their names. */
import type { Field } from "./datatypes.js";
import type { Hdf5File } from "./file.js";
import { CLASSES } from "./library.js";

/** More than any list of names has. */
const MOST_BYTES = 2 ** 20;

/** Names of the columns in a field; undefined where it is not one of pandas'. */
export function blockNames(file: Hdf5File, path: string, { names, shape }: Field): string[] | undefined {
  const [field] = names;
  if (names.length !== 1 || !/^values_block_\d+$/.test(field!)) return undefined;
  const attribute = `${field}_kind`;
  const text = file.call(`${file.path}:${path}`, (library, id) => {
    if (!library.get_attribute_names(id, path).includes(attribute)) return undefined;
    const { type, size, vlen, shape: axes } = library.get_attribute_metadata(id, path, attribute);
    if (type !== CLASSES.string || vlen || axes === null || axes.length > 0 || size > MOST_BYTES) return undefined;
    const pointer = library._malloc(size);
    try {
      if (library.get_attribute_data(id, path, attribute, BigInt(pointer)) < 0) return undefined;
      return Buffer.from(library.HEAPU8.subarray(pointer, pointer + size)).toString("latin1");
    } finally {
      library._free(pointer);
    }
  });
  const found = text === undefined ? undefined : namesInPickle(text);
  return found?.length === shape.reduce((product, length) => product * length, 1) ? found : undefined;
}

/**
 * The texts of a pickled list of texts, in protocol 0, as PyTables writes attributes that are lists: `(lp0`, then `V`, the text and `p1` for
 * each, `a` behind it (Lib/pickletools.py). Anything else is undefined.
 */
export function namesInPickle(text: string): string[] | undefined {
  const body = /^\(lp\d+\n((?:V[^\n]*\n(?:p\d+\n)?a)*)\.\0*$/.exec(text)?.[1];
  if (body === undefined) return undefined;
  return [...body.matchAll(/V([^\n]*)\n(?:p\d+\n)?a/g)].map(([, name]) => unescaped(name!));
}

/** Python's raw-unicode-escape: Latin-1, the other characters by their numbers. */
const unescaped = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/g, (_, short?: string, long?: string) =>
    String.fromCodePoint(Number.parseInt(short ?? long!, 16)),
  );
