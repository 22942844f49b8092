import { test } from "uvu";
import * as assert from "uvu/assert";
import type { RootObject, Value } from "../../../io/root/streamers.js";
import { treeOf } from "../../../io/root/tree.js";

const object = (className: string, members: Readonly<Record<string, Value>>): RootObject => ({
  className,
  members: new Map(Object.entries(members)),
});
const list = (...objects: RootObject[]) => object("TObjArray", { objects });

const leaf = (className: string, fName: string, more: Readonly<Record<string, Value>> = {}) =>
  object(className, { fName, fTitle: fName, fLen: 1, fIsUnsigned: 0, fLeafCount: undefined, ...more });

const branch = (
  fName: string,
  leaves: RootObject[],
  more: Readonly<Record<string, Value>> = {},
  className = "TBranch",
) =>
  object(className, {
    ...{
      fName,
      fFileName: "",
      fEntries: 10,
      fWriteBasket: 2,
      fBaskets: list(),
      fBranches: list(),
      fLeaves: list(...leaves),
    },
    ...{ fBasketEntry: [0, 6, 10, 0], fBasketSeek: [100, 200, 0, 0], fBasketBytes: [50, 60, 0, 0], ...more },
  });

const tree = (...branches: RootObject[]) => {
  const { names, column } = treeOf(object("TTree", { fEntries: 10, fBranches: list(...branches) }));
  return { columns: names.map((name) => column(name)!) };
};
const forms = (...branches: RootObject[]) =>
  tree(...branches).columns.map(({ name, type, what, shape, width }) => [name, type ?? what, shape, width]);

test("leaves of every kind, with and without a sign, alone, in arrays and jagged", () => {
  const counter = leaf("TLeafI", "n");
  const found = forms(
    branch("f", [leaf("TLeafF", "f")]),
    branch("u", [leaf("TLeafI", "u", { fIsUnsigned: 1 })]),
    branch("b", [leaf("TLeafO", "b")]),
    branch("ev", [leaf("TLeafL", "ev", { fIsUnsigned: 1 })]),
    branch("p", [leaf("TLeafD", "p", { fLen: 4, fTitle: "p[4]" })]),
    branch("one", [leaf("TLeafD", "one", { fTitle: "one[1]" })]),
    branch("pt", [leaf("TLeafF", "pt", { fLeafCount: counter, fTitle: "pt[n]" })]),
    branch("m", [leaf("TLeafF", "m", { fLeafCount: counter, fLen: 3, fTitle: "m[n][3]" })]),
    branch("word", [leaf("TLeafC", "word")]),
    branch("half", [leaf("TLeafF16", "half")]),
    branch("o", [leaf("TLeafObject", "o")], {}, "TBranchObject"),
  );
  assert.equal(found, [
    ["f", "f4", "one", 1],
    ["u", "u4", "one", 1],
    ["b", "b1", "one", 1],
    ["ev", "u8", "one", 1],
    ["p", "f8", "fixed", 4],
    ["one", "f8", "fixed", 1],
    ["pt", "f4", "jagged", 1],
    ["m", "arrays whose elements are arrays", "one", 1],
    ["word", "words", "one", 1],
    ["half", "floats of less precision (Float16_t)", "one", 1],
    ["o", "objects (TBranchObject)", "one", 1],
  ]);
});

test("several leaves of a branch lie side by side", () => {
  const { columns } = tree(
    branch("muon", [leaf("TLeafF", "pt"), leaf("TLeafI", "q"), leaf("TLeafD", "x", { fLen: 2, fTitle: "x[2]" })]),
  );
  assert.equal(
    columns.map(({ name, offset, entryBytes }) => [name, offset, entryBytes]),
    [
      ["muon.pt", 0, 24],
      ["muon.q", 4, 24],
      ["muon.x", 8, 24],
    ],
  );
  const words = forms(branch("mixed", [leaf("TLeafF", "pt"), leaf("TLeafC", "word")]));
  assert.equal(
    words.map(([, what]) => what),
    ["several leaves of other kinds", "several leaves of other kinds"],
  );
});

test("members of split objects, and vectors of numbers", () => {
  const element = (
    name: string,
    fType: number,
    fStreamerType: number,
    fClassName = "Event",
    leaves = leaf("TLeafElement", name),
  ) => branch(name, [leaves], { fType, fStreamerType, fClassName }, "TBranchElement");
  const split = (name: string, ...children: RootObject[]) =>
    branch(
      name,
      [leaf("TLeafElement", name)],
      { fType: 2, fStreamerType: 62, fClassName: "Event", fBranches: list(...children) },
      "TBranchElement",
    );
  const found = forms(
    split("a.", element("x", 0, 5), element("n", 0, 13)),
    split("b.", element("x", 0, 8)),
    element("v", 0, -1, "vector<float>"),
    element("vv", 0, -1, "vector<vector<float> >"),
    element("s", 0, 365, "string"),
    element("k", 31, 5),
  );
  assert.equal(found, [
    ["a/x", "f4", "one", 1],
    ["n", "u4", "one", 1],
    ["b/x", "f8", "one", 1],
    ["v", "f4", "jagged", 1],
    ["vv", "objects of vector<vector<float> >", "one", 1],
    ["s", "objects of string", "one", 1],
    ["k", "f4", "jagged", 1],
  ]);
});

test("where entries lie: in baskets of the file, in memory, or not at all", () => {
  const f = [leaf("TLeafF", "f")];
  const baskets = (more: Readonly<Record<string, Value>>) => {
    const [column] = tree(branch("f", f, more)).columns;
    return column!.type === undefined ? column!.what : column!.baskets;
  };
  assert.equal(baskets({}), { entries: [0, 6, 10], seeks: [100, 200], bytes: [50, 60], inMemory: [] });
  const inMemory = { isBasket: true, count: 4, data: new Uint8Array(16), starts: undefined } as const;
  const held = list(object("TBasket", { basket: inMemory }));
  assert.equal(baskets({ fWriteBasket: 1, fBaskets: held }), {
    entries: [0, 6, 10],
    seeks: [100],
    bytes: [50],
    inMemory: [inMemory],
  });
  const never = "entries that were never written to the file";
  assert.is(baskets({ fEntries: 9 }), never);
  assert.is(baskets({ fWriteBasket: 1 }), never);
  assert.is(baskets({ fWriteBasket: 0 }), never);
  assert.is(baskets({ fFileName: "other.root" }), never);
  assert.throws(() => baskets({ fBasketEntry: [0, 16, 10, 0] }), /entries of baskets in ascending order/);
  assert.throws(() => baskets({ fWriteBasket: 7 }), /at most \d baskets, got 7/);
  assert.throws(() => baskets({ fBasketSeek: [100] }), /at most 1 baskets, got 2/);
});

test.run();
