import { test } from "uvu";
import * as assert from "uvu/assert";
import { Cursor } from "../../../io/root/cursor.js";
import { entriesOf, readHead, readKey } from "../../../io/root/keys.js";
import { memorySource, withFile } from "../../../io/source.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { randomBytes } from "../random-bytes.js";
import { assertRefused } from "../support.js";

test("the head of a record, narrow and wide", () => {
  const tail = [3, 97, 98, 99, 1, 120, 0];
  const narrow = [0, 0, 1, 0, 0, 4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 33, 0, 7, 0, 0, 3, 0, 0, 0, 0, 9, ...tail];
  const key = {
    bytes: 256,
    objectBytes: 512,
    headBytes: 33,
    cycle: 7,
    at: 768,
    className: "abc",
    name: "x",
    title: "",
  };
  assert.equal(readKey(new Cursor(Uint8Array.from(narrow))), key);
  const wide = [
    ...narrow.slice(0, 4),
    3,
    0xec,
    ...narrow.slice(6, 18),
    0,
    0,
    0,
    0,
    0,
    0,
    3,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    9,
    ...tail,
  ];
  assert.equal(readKey(new Cursor(Uint8Array.from(wide))), key);
  assert.throws(() => readKey(new Cursor(Uint8Array.from(narrow.slice(0, 30)))), /expected \d+ bytes, got/);
  assert.throws(() => readKey(new Cursor(new Uint8Array(40))), /expected a record, got one of 0 bytes/);
});

test("what is no ROOT file, or one that was not closed, is called so", async () => {
  await assertRefused(
    () => readHead(memorySource("a", randomBytes(1, 400))),
    /^a: expected a ROOT file, got another beginning/,
  );
  await assertRefused(() => readHead(memorySource("a", new Uint8Array(5))), /expected a ROOT file, got 5 bytes in all/);
  const head = new Uint8Array(200);
  head.set(Buffer.from("root"));
  new DataView(head.buffer).setInt32(4, 62400);
  new DataView(head.buffer).setInt32(12, 5000);
  await assertRefused(
    () => readHead(memorySource("a", head)),
    /a: expected 5000 bytes, got 200\. The file is truncated, or was not closed/,
  );
});

test("a folder that is its own folder is damage", async () => {
  const [folder, list] = [100, 200];
  const bytes = new Uint8Array(400);
  const view = new DataView(bytes.buffer);
  // The folder: version, dates, bytes of its list of keys and of its name, positions of itself, its parent and the list.
  view.setInt16(folder, 5);
  view.setInt32(folder + 10, 120);
  view.setInt32(folder + 26, list);
  const writeKey = (at: number, position: number): number => {
    const texts = [10, ...Buffer.from("TDirectory"), 1, 100, 0];
    view.setInt32(at, 120);
    view.setInt16(at + 4, 4);
    view.setInt16(at + 14, 26 + texts.length);
    view.setInt32(at + 18, position);
    bytes.set(texts, at + 26);
    return at + 26 + texts.length;
  };
  const behind = writeKey(list, list);
  view.setInt32(behind, 1);
  writeKey(behind + 4, folder - (behind - list));
  await assertRefused(
    () => entriesOf(memorySource("a", bytes), { folder, infoAt: 0 }),
    /^a, its folders: expected every folder in one place, got "d\/" in two/,
  );
});

referenceTest("all trees of a file, with their folders", async () => {
  const found = await withFile(referenceFile("hgg/mc_part3.root"), async (source) =>
    entriesOf(source, await readHead(source)),
  );
  assert.is(found.length, 9);
  assert.ok(found.every(({ path, key }) => path.startsWith("ggH_Tag0") && key.className === "TTree"));
});

test.run();
