/** Keys and values that the table of entries does not have. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { message, TOY } from "./sources.js";

test("unknown keys are errors with a place and a suggestion", () => {
  const unknown = message(`${TOY}flows:\n  x:\n    transform: 3\n`);
  assert.is(unknown, 'a.yaml:9:5: flows.x.transform: expected a known key, got "transform". Did you mean transforms?');
  assert.match(message(`${TOY}sed: 3\n`), /a\.yaml:7:1: sed: expected a known key, got "sed"\. Did you mean seed\?/);
  assert.match(message(`${TOY}__proto__: { seed: 3 }\n`), /expected a known key, got "__proto__"/);
});

test("values of the wrong kind say what was expected", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["seed=1.5", /--set: seed: expected an integer of at least 0 and up to 4294967295, got 1\.5/],
    ["seed=.nan", /seed: expected an integer .*, got NaN/],
    ["morph.quadraticDamping=0", /morph\.quadraticDamping: expected a number above 0 and up to 100, got 0/],
    ["morph.quadraticDamping=small", /morph\.quadraticDamping: expected a number above 0 and up to 100, got "small"/],
    ["name=3", /name: expected a text, got 3\. Put it in quotes/],
    ["likelihood.extended=maybe", /likelihood\.extended: expected true or false, got "maybe"/],
    ["likelihood.form=join", /expected one of joint, conditional, got "join"\. Did you mean joint\?/],
    ["likelihood.observables=x", /expected a list of at least 1, none twice, .*, got "x"\. Write it as \[a, b\]/],
    ["likelihood.observables=[x, x]", /got "x" twice/],
    ["likelihood.observables=[]", /expected a list of at least 1, .*, got 0 \(\[\]\)/],
    ["morph.pairs=[[shift]]", /morph\.pairs\[0\]: expected a list of 2, none twice, .*, got 1 \(\["shift"\]\)/],
    ["fit.bounds=[-5, null]", /fit\.bounds\[1\]: expected a number of at least -1000 and up to 1000, got nothing/],
    ["flows=3", /flows: expected a map with the keys x, y, got 3/],
    ["truth=[1]", /truth: expected a map from nuisance names to a number of at least -1000 and up to 1000, got \[1\]/],
    ["simulation.generator=toy", /simulation\.generator: expected doi-toy, got "toy"/],
    [
      "nuisances={1a: }",
      /nuisances: expected nuisance names of letters, .*, got "1a"\. Rename it; `label` takes any text/,
    ],
  ];
  for (const [set, pattern] of cases) assert.match(message(TOY, set), pattern, set);
});

test("what is missing is named, and all problems are reported at once", () => {
  const lines = message("morph: { quadraticDamping: -1 }\n").split("\n");
  assert.is(lines.length, 2);
  assert.match(
    lines[0]!,
    /^a\.yaml: observables\.x\.features: expected an integer of at least 1 and up to 256, got nothing\. Add it/,
  );
  assert.match(lines[1]!, /^a\.yaml:1:10: morph\.quadraticDamping: expected a number above 0 and up to 100, got -1$/);
});

test.run();
