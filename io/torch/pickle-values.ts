/** The values that a state_dict's pickle describes: plain data, whatever their names. */
import { quote } from "../errors.js";

/** Element types of torch's storage classes, by the class's name. */
export const storageTypes = {
  FloatStorage: "f4",
  DoubleStorage: "f8",
  HalfStorage: "f2",
  BFloat16Storage: "bf2",
  LongStorage: "i8",
  IntStorage: "i4",
  ShortStorage: "i2",
  CharStorage: "i1",
  ByteStorage: "u1",
  BoolStorage: "b1",
} as const;

export type StorageType = (typeof storageTypes)[keyof typeof storageTypes];

/** A run of elements kept outside the pickle, in the archive's member `data/<key>`. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly elements: number,
  ) {}
}

/** A strided window on a storage; offset, shape and strides in elements. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A name that the pickle may mention. */
export class GlobalName {
  constructor(readonly name: string) {}
}

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleTuple
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | GlobalName
  | StorageRef
  | TensorRef;

/** An immutable sequence, told from a list (an array). */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** What a value is, in a word or two for a message. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value === "string") return `the string ${quote(value)}`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof GlobalName) return `the global ${quote(value.name)}`;
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  return value instanceof StorageRef ? "a storage" : "a tensor";
}
