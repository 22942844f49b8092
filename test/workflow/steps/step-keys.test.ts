/** Keys of steps hold what their numbers follow from: what each key of the configuration repeats, and nothing else. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { configurationTable } from "../../../workflow/configuration/table.js";
import { type Analyses, BASE_NAMES, openAnalyses, readInBodies, repeatedSteps, stepsAfter } from "./repeated-steps.js";
import { REPEATED } from "./repeated-table.js";

/** Keys that hold a value; `*` stands for names and positions. */
function keysOf(entry: Entry, path: readonly string[]): string[] {
  if (entry.kind === "section") {
    return Object.entries(entry.keys).flatMap(([key, inner]) => keysOf(inner, [...path, key]));
  }
  const isOfSections = (entry.kind === "map" || entry.kind === "list") && entry.item.kind === "section";
  return isOfSections ? keysOf(entry.item, [...path, "*"]) : [path.join(".")];
}

let analyses: Analyses;
test.before(async () => {
  analyses = await openAnalyses();
});
test.after(() => analyses.close());

test("the table has every key of the configuration", () => {
  assert.equal(Object.keys(REPEATED).sort(), keysOf(configurationTable, []).sort());
});

test("without a change nothing is repeated", async () => {
  for (const base of BASE_NAMES) assert.equal(await repeatedSteps(analyses, base, [], () => true), []);
});

for (const [key, cases] of Object.entries(REPEATED)) {
  test(`${key} repeats what follows from it, and nothing else`, async () => {
    for (const { set, repeated, base = "files", anew = () => false } of cases) {
      const found = await repeatedSteps(analyses, base, set, anew);
      assert.equal(found, repeated === "refused" ? repeated : [...repeated].sort(), set.join(" "));
    }
  });
}

/** What bodies of steps read of the configuration although no change of it is another step, and why. */
const HARMLESS: readonly { readonly key: string; readonly steps: RegExp; readonly why: string }[] = [
  {
    key: "likelihood.form",
    steps: /^(fit\.x|simulation\.error\.xAlone$|closure\.x$)/,
    why: "it is an input of these steps, and with the other form there are none of x alone",
  },
  {
    key: "data.events",
    steps: /^closure$/,
    why: "how many events a generator simulates follows from it, which the digest of the simulation has",
  },
  {
    key: "likelihood.cache",
    steps: /^simulation\.error\./,
    why: "it moves the rounding of scores in f32, of which a covariance is made that is known to percent",
  },
];

test("what the body of a step reads of the configuration repeats the step where it changes", async () => {
  const undeclared: string[] = [];
  for (const [step, keys] of await readInBodies(analyses, "files")) {
    for (const key of keys) {
      const isHarmless = HARMLESS.some((own) => own.key === key && own.steps.test(step));
      const isFound = REPEATED[key]!.some(({ repeated }) => repeated === "refused" || repeated.includes(step));
      if (!isFound && !isHarmless) undeclared.push(`${step} reads ${key}`);
    }
  }
  assert.equal(undeclared, []);
});

for (const [what, set] of [
  ["labels", ["processes.A.label=Signal", "observables.y.labels=[mass, momentum]", "nuisances.s.label=Scale"]],
  ["a yield", ["processes.A.yield=130"]],
] as const) {
  test(`after a change of ${what} every step is, to the bit, what a run from nothing gives`, async () => {
    const kept = await stepsAfter(analyses, "files", set, "kept");
    assert.equal(kept, await stepsAfter(analyses, "files", set, "nothing"));
  });
}

test.run();
