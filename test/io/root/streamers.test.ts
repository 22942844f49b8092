import { test } from "uvu";
import * as assert from "uvu/assert";
import { Damage } from "../../../io/damage.js";
import { Cursor } from "../../../io/root/cursor.js";
import { keyAt, readHead, readObject } from "../../../io/root/keys.js";
import { ObjectReader, objectsIn, readStreamers, textIn } from "../../../io/root/streamers.js";
import { withFile } from "../../../io/source.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { randomBytes, withFlippedBit } from "../random-bytes.js";

const u2 = (value: number) => [(value >> 8) & 255, value & 255];
const u4 = (value: number) => [...u2(value >>> 16), ...u2(value & 0xffff)];
const text = (word: string) => [word.length, ...Buffer.from(word)];
const counted = (version: number, body: readonly number[]) => [
  ...u4(0x40000000 + body.length + 2),
  ...u2(version),
  ...body,
];
const object = [...u2(1), ...u4(0), ...u4(0)];
const named = (name: string) => counted(1, [...object, ...text(name), ...text("a title")]);

test("a list of objects: a class is named once, an object that was written before is the same", () => {
  const cursorOf = (origin: number) => {
    // Positions count from the start of the record: the head of the list takes 17 bytes, the first object begins behind them.
    const head = [...object, ...text(""), ...u4(3)];
    const first = 6 + head.length + origin;
    const leaf = named("x");
    const one = [...u4(0x40000000 + 4 + 7 + leaf.length), ...u4(0xffffffff), ...Buffer.from("TLeafX"), 0, ...leaf];
    const other = [...u4(0x40000000 + 4 + leaf.length), ...u4(0x80000000 + first + 4 + 2), ...leaf];
    const again = u4(first + 2);
    return new Cursor(Uint8Array.from(counted(5, [...head, ...one, 0, ...other, 0, ...again, 0])), origin);
  };
  const streamers = new Map([
    [
      "TLeafX",
      new Map([[1, [{ name: "fName", type: 65, typeName: "TString", arrayLength: 0, countName: "", isKept: true }]]]),
    ],
  ]);
  for (const origin of [0, 57]) {
    const objects = objectsIn(new ObjectReader(cursorOf(origin), streamers).read("TList"));
    assert.equal(
      objects.map(({ className }) => className),
      ["TLeafX", "TLeafX", "TLeafX"],
    );
    assert.is(objects[0], objects[2]);
    assert.is.not(objects[0], objects[1]);
  }
});

test("TNamed has a name behind its version", () => {
  assert.is(
    textIn(new ObjectReader(new Cursor(Uint8Array.from(named("events"))), new Map()).read("TNamed"), "fName"),
    "events",
  );
});

test("random bytes are damage", () => {
  for (let seed = 0; seed < 2000; seed++) {
    try {
      readStreamers(new Cursor(randomBytes(seed, 200)));
    } catch (error) {
      assert.instance(error, Damage, `${(error as Error).stack}`);
    }
  }
});

referenceTest(
  "descriptions of a file: classes of trees with their members; flipped bits are damage or other descriptions",
  () =>
    withFile(referenceFile("files/uproot-HZZ.root"), async (source) => {
      const cursor = await readObject(source, await keyAt(source, (await readHead(source)).infoAt));
      const streamers = readStreamers(cursor);
      const members = (name: string) => [...streamers.get(name)!.values()][0]!.map((element) => element.name);
      // ROOT's own headers: TTree.h, TLeaf.h.
      for (const name of ["fEntries", "fBranches", "fLeaves"]) assert.ok(members("TTree").includes(name), name);
      for (const name of ["TNamed", "fLen", "fLenType", "fIsUnsigned", "fLeafCount"])
        assert.ok(members("TLeaf").includes(name), name);
      for (let seed = 0; seed < 500; seed++) {
        try {
          readStreamers(new Cursor(withFlippedBit(cursor.bytes, seed), cursor.origin));
        } catch (error) {
          assert.instance(error, Damage, `${(error as Error).stack}`);
        }
      }
    }),
);

test("an object that ends before its members is damage, however deep it lies: it would be read again by each that holds it", () => {
  // A TObjArray of two, whose first element claims no bytes and is a TObjArray of two, …
  const element = [...u4(0x40000000), ...u4(0xffffffff), ...Buffer.from("TObjArray"), 0];
  const array = (inner: readonly number[]): number[] => [
    ...u2(3),
    ...object,
    ...text(""),
    ...u4(2),
    ...u4(0),
    ...element,
    ...inner,
  ];
  let bytes: number[] = [];
  for (let depth = 0; depth < 40; depth++) bytes = array(bytes);
  const reader = new ObjectReader(new Cursor(Uint8Array.from(bytes)), new Map());
  assert.throws(
    () => reader.read("TObjArray"),
    (error: unknown) => error instanceof Damage,
  );
});

test.run();
