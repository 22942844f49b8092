/** Types of HDF5 as columns: numbers of a width, words, lists of numbers; of a compound type, a field for each member. */
import type { ElementType } from "../arrays.js";
import { CLASSES, type Hdf5Type } from "./library.js";

/** What an element is. */
export type ElementForm =
  | {
      readonly kind: "numbers";
      readonly type: ElementType /** The bytes lie the other way round. */;
      readonly swap: boolean;
    }
  | { readonly kind: "fixed words"; readonly pad: number }
  | { readonly kind: "words" }
  | { readonly kind: "other"; readonly what: string };

/** A part of a record. */
export interface Field {
  /** Its path of names in the record; empty where the record is the element itself. */
  readonly names: readonly string[];
  readonly form: ElementForm;
  /** Where it begins in a record, in bytes. */
  readonly offset: number;
  /** Bytes of an element; of a list, of one of its elements. */
  readonly bytes: number;
  /** Lengths of the axes behind the events that the type itself has. */
  readonly shape: readonly number[];
  readonly isList: boolean;
}

type Order = "little" | "big" | "mixed" | "none";

/** Order of bytes of all parts of a type, as the library says it (H5Tget_order). */
function orderOf(type: Hdf5Type): Order {
  if (type.array_type !== undefined) return orderOf(type.array_type);
  if (type.vlen_type !== undefined) return orderOf(type.vlen_type);
  if (type.compound_type !== undefined) {
    const orders = new Set(type.compound_type.members.map(orderOf));
    orders.delete("none");
    return orders.size > 1 ? "mixed" : ([...orders][0] ?? "none");
  }
  if (type.type === CLASSES.opaque || type.type === CLASSES.reference) return "none";
  if (type.type === CLASSES.string && !type.littleEndian) return "none";
  return type.littleEndian ? "little" : "big";
}

/**
 * The fields of an element, as h5wasm gives its bytes: it asks the library for those of big-endian types the other way round, and leaves
 * what has both orders as it is. The order of an enumeration cannot be changed.
 */
export function fieldsOf(type: Hdf5Type): Field[] {
  const order = orderOf(type);
  if (order === "big" && type.compound_type !== undefined && hasEnumeration(type)) {
    return [other("records of big-endian numbers and enumerations", type)];
  }
  return fieldsIn(type, order === "big", [], 0, []);
}

const hasEnumeration = (type: Hdf5Type): boolean =>
  type.type === CLASSES.enumeration ||
  [type.array_type, type.vlen_type, ...(type.compound_type?.members ?? [])].some(
    (part) => part !== undefined && hasEnumeration(part),
  );

function fieldsIn(
  type: Hdf5Type,
  isTurned: boolean,
  names: readonly string[],
  offset: number,
  shape: readonly number[],
): Field[] {
  if (type.compound_type !== undefined) {
    if (shape.length > 0) return [{ ...other("arrays of records", type), names }];
    return type.compound_type.members.flatMap((member) =>
      fieldsIn(member, isTurned, [...names, member.name], offset + member.offset, []),
    );
  }
  if (type.array_type !== undefined) {
    return fieldsIn(type.array_type, isTurned, names, offset, [...shape, ...type.array_type.shape]);
  }
  const element = type.vlen_type ?? type;
  const form =
    type.vlen_type !== undefined && shape.length > 0 ? otherForm("arrays of lists") : formOf(element, isTurned);
  if (type.vlen_type === undefined) return [{ names, form, offset, bytes: type.size, shape, isList: false }];
  const listed = form.kind === "numbers" ? form : otherForm(`lists of ${form.kind === "other" ? form.what : "words"}`);
  return [{ names, form: listed, offset, bytes: element.size, shape, isList: form.kind === "numbers" }];
}

const otherForm = (what: string): ElementForm => ({ kind: "other", what });

const other = (what: string, { size }: Hdf5Type): Field => ({
  names: [],
  form: otherForm(what),
  offset: 0,
  bytes: size,
  shape: [],
  isList: false,
});

const INTEGER_BYTES = [1, 2, 4, 8];
const FLOAT_BYTES = [2, 4, 8];

const OTHERS: Readonly<Record<number, string>> = {
  [CLASSES.time]: "times",
  [CLASSES.opaque]: "bytes without a meaning (opaque)",
  [CLASSES.compound]: "records",
  [CLASSES.reference]: "references",
  [CLASSES.list]: "lists",
  [CLASSES.array]: "arrays",
  [CLASSES.complex]: "complex numbers",
};

function formOf(element: Hdf5Type, isTurned: boolean): ElementForm {
  const { type, size, signed, littleEndian } = element;
  const swap = size > 1 && !littleEndian && !isTurned;
  if (type === CLASSES.float) {
    if (!FLOAT_BYTES.includes(size)) return otherForm(`floats of ${size} bytes`);
    return { kind: "numbers", type: `f${size}` as ElementType, swap };
  }
  if (type === CLASSES.integer || type === CLASSES.bitField || type === CLASSES.enumeration) {
    if (!INTEGER_BYTES.includes(size)) return otherForm(`integers of ${size} bytes`);
    if (isTruth(element)) return { kind: "numbers", type: "b1", swap: false };
    return {
      kind: "numbers",
      type: `${signed && type !== CLASSES.bitField ? "i" : "u"}${size}` as ElementType,
      swap: type === CLASSES.enumeration ? size > 1 && !littleEndian : swap,
    };
  }
  if (type !== CLASSES.string) return otherForm(OTHERS[type] ?? `a type of class ${type}`);
  return element.vlen ? { kind: "words" } : { kind: "fixed words", pad: element.strpad ?? 0 };
}

/** As h5py writes numpy's truth values. */
function isTruth({ size, enum_type }: Hdf5Type): boolean {
  const members = enum_type?.members;
  return (
    size === 1 &&
    members !== undefined &&
    Object.keys(members).length === 2 &&
    members["FALSE"] === 0 &&
    members["TRUE"] === 1
  );
}
