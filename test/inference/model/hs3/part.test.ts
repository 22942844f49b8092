/** Parts of files: what is there, where, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { byName, meant, Part, shown } from "../../../../inference/model/hs3/part.js";
import { rejects } from "../../../support/rejects.js";

const root = (value: unknown) => new Part(value, "", "m.json");

test("places are those of the file, with the name of the object", async () => {
  const part = byName(root({ list: [{ name: "a", x: [1, "two"] }] }).at("list"), "thing").get("a")!;
  assert.is(part.at("x").items()[1]!.where, "m.json: list[0].x[1] (of a)");
  await rejects(
    () => part.at("x").items()[1]!.number(),
    /^m\.json: list\[0\]\.x\[1\] \(of a\): expected a finite number, got "two"$/,
  );
});

test("numbers, names and numbers in texts", async () => {
  const value = (own: unknown) => root({ v: own }).at("v").numberOrName();
  assert.equal([2, "2.5", "-1e-3", "+.5", "3.", "mu", "-", "1x"].map(value), [2, 2.5, -1e-3, 0.5, 3, "mu", "-", "1x"]);
  await rejects(() => value("1e999"), /expected a finite number, got "1e999"$/);
  await rejects(() => value(true), /expected a number or a name, got true$/);
  await rejects(() => value(""), /expected a number or a name, got ""$/);
  await rejects(() => value(JSON.parse("1e999")), /got a number beyond 1\.8e308$/);
  await rejects(() => value([1]), /got \[1\]$/);
});

test("kinds of value are distinguished", async () => {
  const part = root({ a: null, b: "t", c: [], d: false, e: {} });
  assert.equal(
    ["a", "b", "c", "z"].map((key) => part.at(key).isAbsent),
    [true, false, false, true],
  );
  assert.is(part.at("d").flag(), false);
  await rejects(() => part.at("b").flag(), /^m\.json: b: expected true or false, got "t"$/);
  await rejects(() => part.at("e").text(), /expected a text, got \{\}$/);
  await rejects(() => part.at("e").items(), /expected a list, got \{\}$/);
  await rejects(() => part.at("c").at("x"), /expected an object, got \[\]$/);
  await rejects(() => part.at("e").number(), /expected a finite number, got \{\}$/);
  assert.is(part.at("toString").isAbsent, true);
});

test("names are letters, digits and _ . : -, and none of JavaScript's own", async () => {
  const named = (name: unknown) => root({ name }).at("name").newName();
  assert.equal(["mu", "_a", "a.b:c-d", "a".repeat(200)].map(named), ["mu", "_a", "a.b:c-d", "a".repeat(200)]);
  for (const bad of ["", "1a", "a b", "a/b", "../a", "a".repeat(201), "ä"]) {
    await rejects(
      () => named(bad),
      /expected a name of at most 200 letters, digits and _ \. : -, a letter first, got ".*\. Rename it$/,
    );
  }
  for (const bad of ["__proto__", "constructor", "hasOwnProperty", "prototype"]) {
    await rejects(() => named(bad), /expected another name, as this one is reserved/);
  }
  await rejects(() => named(3), /expected a text, got 3$/);
});

test("lists of named objects have every name once", async () => {
  await rejects(
    () => byName(root([{ name: "a" }, { name: "a" }]), "thing"),
    /^m\.json: \[1\]\.name: expected every thing once, got "a" twice$/,
  );
  await rejects(() => byName(root([3]), "thing"), /expected an object, got 3$/);
  assert.is(byName(root({}).at("none"), "thing").size, 0);
});

test("unknown keys are refused with the one that may be meant", async () => {
  await rejects(() => root({ extendd: 1 }).only(["extended"]), /got "extendd"\. Did you mean extended\?$/);
  await rejects(() => root({ zzzzzz: 1 }).only(["a", "b"]), /got "zzzzzz"\. Known are a, b$/);
});

test("messages are short, whatever the file holds", () => {
  assert.is(shown("a".repeat(500)).length, 80);
  assert.is(shown(undefined), "nothing");
  assert.equal(meant("sgima", ["sigma", "mean"]), { hint: "Did you mean sigma?" });
  assert.equal(meant("q", ["sigma"]), {});
});

test.run();
