/** What a text means for the columns of one file. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fileColumns, nameOf, Parts } from "../../../../workflow/events/derived/parts.js";
import { rejects } from "../../../support/rejects.js";

const FILE = ["pt", "eta", "jet.pt", "Muon_pt", "a > b", "x"];

function partsOf(columns: Readonly<Record<string, string>>): Parts {
  const written = Object.entries(columns).map(([name, text]) => [name, { text, at: `c.yaml: ${name}` }] as const);
  return new Parts("f.npz", FILE, { columns: new Map(written) });
}

const named = async (columns: Readonly<Record<string, string>>, name: string) => {
  const part = await partsOf(columns).named(name);
  return [nameOf(part), fileColumns([part])];
};

test("a column of the file goes before an expression, whatever its letters; features of a column are of the file", async () => {
  assert.equal(await named({}, "pt"), ["pt", ["pt"]]);
  assert.equal(await named({ p: "jet.pt" }, "p"), ["jet.pt", ["jet.pt"]]);
  assert.equal(await named({ p: "a > b" }, "p"), ["a > b", ["a > b"]]);
  assert.equal(await named({ p: "Muon_pt[0]" }, "p"), ["Muon_pt[0]", ["Muon_pt[0]"]]);
  assert.equal(await named({ p: "a < b", a: "pt", b: "eta" }, "p"), ["p = a < b", ["pt", "eta"]]);
});

test("a name alone is the column that is made under it, without a copy; columns of the file are listed once", async () => {
  const parts = partsOf({ p: "q", q: "pt + eta + pt", r: "q - x" });
  const [p, q, r] = [await parts.named("p"), await parts.named("q"), await parts.named("r")];
  assert.is(p, q);
  assert.equal(fileColumns([p, q, r]), ["pt", "eta", "x"]);
});

test("the name of a column in its own expression is that of the file; others lead to what is made of them", async () => {
  assert.equal(await named({ pt: "1.1 * pt", eta: "pt * 2" }, "eta"), ["eta = pt * 2", ["pt"]]);
  assert.equal(await named({ pt: "(pt)" }, "pt"), ["pt", ["pt"]]);
  await rejects(
    named({ a: "b + 1", b: "a" }, "a"),
    /^c\.yaml: a: expected columns that are not made of themselves, got a of b of a/,
  );
  await rejects(named({ pt: "eta + 1", eta: "pt + 1" }, "pt"), /got pt of eta of pt/);
  await rejects(named({ a: "2 * a" }, "a"), /^c\.yaml: a: expected names of columns of f\.npz, got "a" at character 5/);
});

test("conditions and weights mean what is made under a name; a column that would have two meanings is refused", async () => {
  const parts = partsOf({ x: "x * 0.5", eta: "eta" });
  const written = async (text: string) => nameOf(await parts.written({ text, at: "c.yaml: weight" }));
  assert.is(await written("x"), "x = x * 0.5");
  assert.is(await written("pt"), "pt");
  await rejects(
    named({ pt: "pt / 1000", lead: "pt" }, "lead"),
    /^c\.yaml: lead: expected a text with one meaning, got "pt", a column of f\.npz and one that is made of others\. Give .* or write 1 \* pt/,
  );
  assert.equal(await named({ pt: "pt / 1000", lead: "1 * pt" }, "lead"), ["lead = 1 * pt", ["pt"]]);
  assert.equal(await named({ pt: "pt", lead: "pt" }, "lead"), ["pt", ["pt"]]);
  assert.equal(await named({ n: "Muon_pt[size]" }, "n"), ["Muon_pt[size]", ["Muon_pt[size]"]]);
});

test("a deep chain of columns, each made of the one before", async () => {
  const chain = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`c${i}`, i === 0 ? "pt" : `c${i - 1} + 1`]));
  assert.equal(await named(chain, "c255"), ["c255 = c254 + 1", ["pt"]]);
});

test("a text that is neither says so, with the column that is meant", async () => {
  await rejects(
    named({ p: "jet.ptt" }, "p"),
    /^c\.yaml: p: expected a column of f\.npz, or an expression, got "jet\.ptt"\. Did you mean "jet\.pt"\?$/,
  );
  await rejects(named({ p: "pt +" }, "p"), /^c\.yaml: p: expected/);
});

test.run();
