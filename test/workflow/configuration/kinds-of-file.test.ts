/** Which kind of configuration a file is, and keys that are of the other kind. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { foreignKeys, kindOfFile } from "../../../workflow/configuration/kinds-of-file.js";
import { message, TOY } from "./sources.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-kinds-"));
test.after(() => rmSync(folder, { recursive: true }));

function kindOf(text: string) {
  const file = join(folder, "a.yaml");
  writeFileSync(file, text);
  return kindOfFile(file);
}

test("a file is a composition where it has likelihoods, however they are written", () => {
  for (const text of ["likelihoods: { fit: {} }", "{ likelihoods: }", '"likelihoods": {}', "name: a\nlikelihoods:\n"]) {
    assert.is(kindOf(text), "composition", text);
  }
  for (const text of ["name: likelihoods", "# likelihoods:\nname: a", "report: { likelihoods: 3 }", ""]) {
    assert.is(kindOf(text), "measurement", text);
  }
  assert.throws(() => kindOf("likelihoods: ["), /expected YAML/);
  assert.throws(() => kindOf("- likelihoods"), /expected a map of keys and values, got a list/);
});

test("keys of a composition in a measurement say what makes a file one", () => {
  const expected =
    /^a\.yaml:7:1: densities: expected keys of a measurement with simulation, as the file has no `likelihoods`, got densities, a key of a composition\. Add `likelihoods`, or remove it$/;
  assert.match(message(`${TOY}densities: {}\n`), expected);
  assert.equal(foreignKeys({ name: "a", fit: {}, scan: {}, report: {} }, "composition"), []);
  assert.equal(foreignKeys({ name: "a", fit: {}, scan: {}, report: {} }, "measurement"), []);
});

test.run();
