import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { checkRead, namesIn } from "../../../workflow/configuration/read-names.js";

test("the names in an expression, in a column's name of any letters none", () => {
  assert.equal(namesIn("log(pt) + 2 * eta"), ["log", "pt", "eta"]);
  assert.equal(namesIn('region == "EB"'), []);
  assert.equal(namesIn(undefined), []);
});

test("a column is read by what is given, or by another column", () => {
  const found: string[] = [];
  const columns = { a: "b + 1", b: "pt", c: "c + 1", d: "e", e: "d" };
  checkRead(columns, new Set(["a"]), "a column", ["columns"], (path, _, got) => found.push(`${path.join(".")} ${got}`));
  // A column does not read itself; two that read each other are refused elsewhere.
  assert.equal(found, ['columns.c "c"']);
});

test("an element that stands for a missing one is read as a whole text, wherever columns are named", () => {
  const base = (key: string) => `observables: { x: { features: 1, columns: [x] }, missing: { "jet[0]": 1 }${key} }
processes: { signal: { yield: 10, samples: [{ file: s.npz }] }, other: { yield: 9, samples: [{ file: o.npz }] } }
nuisances: { rate: { kind: rate, processes: [other], kappa: 0.1 } }
data: { file: d.npz }
likelihood: { observables: [x] }
name: a`;
  const message = (text: string) => {
    try {
      readConfiguration(text, "a.yaml");
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(message(base("")), /observables\.missing\.jet\[0\]: expected an element that is read/);
  for (const text of [
    base(', columns: { x: "jet[0]" }'),
    base(', where: "jet[0]"'),
    base("").replace("columns: [x]", 'columns: ["jet[0]"]'),
    base("").replace("file: d.npz", 'file: d.npz, weight: "jet[0]"'),
    base("").replace("file: s.npz", 'file: s.npz, columns: { x: "jet[0]" }'),
  ]) {
    assert.is(message(text), "", text);
  }
});

test.run();
