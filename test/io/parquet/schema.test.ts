import { test } from "uvu";
import * as assert from "uvu/assert";
import { leavesOf } from "../../../io/parquet/schema.js";
import { ByteReader, readStruct, type Struct } from "../../../io/parquet/thrift.js";
import { type Field, structBytes } from "../../../io/parquet/thrift-write.js";

const [REQUIRED, OPTIONAL, REPEATED] = [0, 1, 2];

const element = (fields: readonly Field[]): Struct => readStruct(new ByteReader(structBytes(fields)));

const group = (name: string, repetition: number, children: number, converted?: number) =>
  element([
    [3, { i32: repetition }],
    [4, { text: name }],
    [5, { i32: children }],
    ...(converted === undefined ? [] : [[6, { i32: converted }] as Field]),
  ]);

const leaf = (name: string, repetition: number, physical: number, more: readonly Field[] = []) =>
  element([
    [1, { i32: physical }],
    ...more.filter(([id]) => id < 3),
    [3, { i32: repetition }],
    [4, { text: name }],
    ...more.filter(([id]) => id > 4),
  ]);

const root = (children: number) => group("root", REQUIRED, children);
const LIST = 3;

test("names of lists leave out the groups that only make them (LogicalTypes.md, Lists)", () => {
  const leaves = leavesOf([
    root(4),
    group("pt", OPTIONAL, 1, LIST),
    ...[group("list", REPEATED, 1), leaf("element", OPTIONAL, 4)],
    group("muon", REQUIRED, 1, LIST),
    ...[
      group("bag", REPEATED, 1),
      group("array_element", REQUIRED, 2),
      leaf("pt", REQUIRED, 4),
      leaf("eta", REQUIRED, 4),
    ],
    leaf("hits", REPEATED, 1),
    group("met", OPTIONAL, 1),
    leaf("x", OPTIONAL, 5),
  ]);
  assert.equal(
    leaves.map(({ name, maxRepetition, maxDefinition, elementDefinition }) => [
      name,
      maxRepetition,
      maxDefinition,
      elementDefinition,
    ]),
    [
      ["pt", 1, 3, 2],
      ["muon.pt", 1, 1, 1],
      ["muon.eta", 1, 1, 1],
      ["hits", 1, 1, 1],
      ["met.x", 0, 2, 0],
    ],
  );
});

test("types of numbers, by the old way and the new", () => {
  const integer = (bits: number, isSigned: boolean): Field => [
    10,
    {
      struct: [
        [
          10,
          {
            struct: [
              [1, { i32: bits }],
              [2, { truth: isSigned }],
            ],
          },
        ],
      ],
    },
  ];
  const cases: [number, Field[], string | undefined][] = [
    [0, [], "b1"],
    [1, [], "i4"],
    [1, [[6, { i32: 15 }]], "i1"],
    [1, [[6, { i32: 13 }]], "u4"],
    [2, [[6, { i32: 14 }]], "u8"],
    [1, [integer(32, false)], "u4"],
    [2, [integer(64, true)], "i8"],
    [2, [[6, { i32: 9 }]], "i8"],
    [4, [], "f4"],
    [5, [], "f8"],
    [6, [[6, { i32: 0 }]], "words"],
    [6, [], undefined],
    [3, [], undefined],
    [
      7,
      [
        [2, { i32: 2 }],
        [10, { struct: [[15, { struct: [] }]] }],
      ],
      "f2",
    ],
    [7, [[2, { i32: 5 }]], undefined],
    [
      1,
      [
        [6, { i32: 5 }],
        [7, { i32: 2 }],
      ],
      undefined,
    ],
    [
      2,
      [
        [6, { i32: 5 }],
        [7, { i32: 0 }],
      ],
      "i8",
    ],
  ];
  for (const [physical, more, type] of cases) {
    assert.is(
      leavesOf([root(1), leaf("x", REQUIRED, physical, more)])[0]!.type,
      type,
      `${physical} ${JSON.stringify(more)}`,
    );
  }
});

test("lists of lists are named as such, a broken tree is damage", () => {
  const [nested] = leavesOf([root(1), group("a", REPEATED, 1), leaf("b", REPEATED, 4)]);
  assert.equal([nested!.type, nested!.what], [undefined, "lists of lists"]);
  assert.throws(() => leavesOf([root(2), leaf("b", REPEATED, 4)]), /a tree of columns, got a broken one/);
  assert.throws(() => leavesOf([root(0), leaf("b", REPEATED, 4)]), /expected 1 elements of the schema, got 2/);
  assert.throws(() => leavesOf([]), /a tree of columns, got none/);
  assert.throws(
    () => leavesOf([root(1), leaf("x", REQUIRED, 4, [[6, { i32: 13 }]])]),
    /a column of u4 in INT32, got FLOAT/,
  );
});

test.run();
