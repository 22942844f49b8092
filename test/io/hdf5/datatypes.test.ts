/** Types as h5wasm describes them: expected are those of the HDF5 library's documentation of H5Tget_order, H5Tget_sign and H5Tget_strpad. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fieldsOf } from "../../../io/hdf5/datatypes.js";
import { CLASSES, type Hdf5Type } from "../../../io/hdf5/library.js";

const typeOf = (type: number, size: number, more: Partial<Hdf5Type> = {}): Hdf5Type => ({
  type,
  size,
  littleEndian: true,
  signed: false,
  vlen: false,
  ...more,
});
const big = { littleEndian: false };
const record = (...members: [string, Hdf5Type][]): Hdf5Type => {
  let offset = 0;
  const placed = members.map(([name, member]) => {
    const one = { ...member, name, offset };
    offset += member.size;
    return one;
  });
  return typeOf(CLASSES.compound, offset, { ...big, compound_type: { members: placed } });
};
const float = typeOf(CLASSES.float, 4);
const bigFloat = typeOf(CLASSES.float, 8, big);

test("numbers: class, width and sign", () => {
  for (const [type, expected] of [
    [typeOf(CLASSES.integer, 2, { signed: true }), "i2"],
    [typeOf(CLASSES.integer, 8), "u8"],
    [typeOf(CLASSES.float, 2), "f2"],
    [typeOf(CLASSES.bitField, 1, { signed: true }), "u1"],
    [typeOf(CLASSES.enumeration, 1, { signed: true, enum_type: { type: 0, members: { FALSE: 0, TRUE: 1 } } }), "b1"],
    [typeOf(CLASSES.enumeration, 1, { signed: true, enum_type: { type: 0, members: { FALSE: 0, TRUE: 2 } } }), "i1"],
    [typeOf(CLASSES.enumeration, 4, { enum_type: { type: 0, members: {} } }), "u4"],
  ] as const) {
    assert.equal(fieldsOf(type)[0]!.form, { kind: "numbers", type: expected, swap: false });
  }
  for (const [type, what] of [
    [typeOf(CLASSES.float, 16), "floats of 16 bytes"],
    [typeOf(CLASSES.integer, 3), "integers of 3 bytes"],
    [typeOf(CLASSES.reference, 8), "references"],
    [typeOf(CLASSES.complex, 16), "complex numbers"],
    [typeOf(99, 1), "a type of class 99"],
  ] as const) {
    assert.equal(fieldsOf(type)[0]!.form, { kind: "other", what });
  }
});

/** Whether the bytes of each field lie the other way round. */
const swaps = (type: Hdf5Type) => fieldsOf(type).map(({ form }) => form.kind === "numbers" && form.swap);

test("h5wasm turns what is big-endian throughout, and nothing where both orders are", () => {
  assert.equal(swaps(bigFloat), [false]);
  assert.equal(swaps(record(["a", bigFloat], ["b", bigFloat])), [false, false]);
  assert.equal(swaps(record(["a", bigFloat], ["b", float])), [true, false]);
  // Words have no order.
  assert.equal(swaps(record(["a", bigFloat], ["s", typeOf(CLASSES.string, 3, big)])), [false, false]);
  const list = typeOf(CLASSES.list, 8, { ...big, vlen_type: bigFloat });
  assert.equal(swaps(record(["a", list], ["b", float])), [true, false]);
});

test("the order of enumerations stays: alone they are turned, in records of one order they are refused", () => {
  const colour = typeOf(CLASSES.enumeration, 2, { ...big, enum_type: { type: 0, members: { RED: 1 } } });
  assert.equal(swaps(colour), [true]);
  assert.equal(swaps(record(["a", float], ["c", colour])), [false, true]);
  assert.equal(fieldsOf(record(["a", bigFloat], ["c", colour]))[0]!.form, {
    kind: "other",
    what: "records of big-endian numbers and enumerations",
  });
});

test("records in records, arrays, lists: where their elements begin", () => {
  const triple = typeOf(CLASSES.array, 12, { array_type: { ...float, shape: [3] } });
  const inner = record(["x", float], ["y", triple]);
  const fields = fieldsOf(record(["n", typeOf(CLASSES.integer, 4)], ["v", inner]));
  assert.equal(
    fields.map(({ names, offset, shape, bytes }) => [names.join("."), offset, shape, bytes]),
    [
      ["n", 0, [], 4],
      ["v.x", 4, [], 4],
      ["v.y", 8, [3], 4],
    ],
  );
  const [list] = fieldsOf(typeOf(CLASSES.list, 8, { vlen_type: float }));
  assert.equal([list!.isList, list!.bytes], [true, 4]);
  const whatOf = (type: Hdf5Type) => fieldsOf(type).map(({ form }) => form.kind === "other" && form.what);
  const records = typeOf(CLASSES.array, 24, { array_type: { ...inner, shape: [2] } });
  assert.equal(whatOf(record(["r", records])), ["arrays of records"]);
  assert.equal(whatOf(typeOf(CLASSES.list, 8, { vlen_type: typeOf(CLASSES.string, 4) })), ["lists of words"]);
  assert.equal(whatOf(typeOf(CLASSES.list, 8, { vlen_type: inner })), ["lists of records"]);
});

test.run();
