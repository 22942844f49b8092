/** What events are made of, by the texts of a configuration: which of them count, and what nothing reads. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readComposition } from "../../../workflow/configuration/composition/composition-file.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import {
  compositionDerivation,
  type Derivation,
  dataDerivation,
  sampleDerivation,
  simulatedDerivation,
} from "../../../workflow/configuration/derivation.js";
import { namesIn } from "../../../workflow/configuration/read-names.js";
import { sampleSources } from "../../../workflow/configuration/samples.js";
import { rejects } from "../../support/rejects.js";
import { FILES, message } from "./sources.js";

const [MEASUREMENT, COMPOSITION] = [
  ...readFileSync(new URL("../../../../docs/samples.md", import.meta.url), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g),
].map(([, text]) => text!) as [string, string];

/** Every text with its place. */
const shown = ({ columns, where, weights }: Derivation) => ({
  columns: Object.fromEntries([...columns].map(([name, { text, at }]) => [name, `${text} (${at})`])),
  where: where.map(({ text, at }) => `${text} (${at})`),
  weights: weights.map(({ text, at }) => `${text} (${at})`),
});

test("the example of a measurement: its own texts beside and in place of those of all files", () => {
  const rest =
    "likelihood: { observables: [x] }\nnuisances: { scale: { processes: [signal] }, pileup: { processes: [signal] } }\n";
  const analysis = { file: "a.yaml", configuration: readConfiguration(`${MEASUREMENT}${rest}`, "a.yaml") };
  const common = {
    logpt: "log(pt) (a.yaml: observables.columns.logpt)",
    eta: "jet.eta (a.yaml: observables.columns.eta)",
  };
  const where = "pt > 20 && abs(eta) < 2.4 (a.yaml: observables.where)";
  assert.equal(shown(dataDerivation(analysis)), {
    columns: common,
    where: [where, "trigger (a.yaml: data.where)"],
    weights: [],
  });
  assert.equal(shown(simulatedDerivation(analysis)), { columns: common, where: [where], weights: [] });
  const of = (process: string, i: number) =>
    shown(sampleDerivation(analysis, sampleSources(analysis.configuration, process)[i]!));
  const at = (i: number) => `a.yaml: processes.signal.samples[${i}]`;
  assert.equal(of("signal", 1), {
    columns: { ...common, pt: `1.02 * pt (${at(1)}.columns.pt)` },
    where: [where],
    weights: [`genWeight * pileup (${at(1)}.weight)`],
  });
  assert.equal(of("signal", 2).weights, [
    `genWeight * pileup (${at(2)}.weight)`,
    `pileup_up / pileup (${at(2)}.weightFactor)`,
  ]);
  assert.equal(of("top", 0).where, [where, "process == 6 (a.yaml: processes.top.samples[0].where)"]);
});

test("the example of a composition", async () => {
  const rest = `parameters: { mu: 1, slope: 0.02 }
densities: { peak: { exponential: { x: m, c: slope } }, model: { mixture: { peak: n } } }
likelihoods: { fit: { density: model, sample: data } }
`;
  const text = `${COMPOSITION.replace("functions: {", "functions: { n: { product: [mu, expected] },")}${rest}`;
  const yields = async () => new Map([["expected", 70]]);
  const analysis = await readComposition(text, "c.yaml", { set: [], yields });
  assert.equal(analysis.composition.functions.expected, { kind: "product", factors: [70] });
  const common = Object.entries(analysis.configuration.columns).map(([name, { expression }]) => [
    name,
    `${expression} (c.yaml: columns.${name}.expression)`,
  ]);
  assert.equal(shown(compositionDerivation(analysis, "data")), {
    columns: Object.fromEntries(common),
    where: ["Q1 * Q2 < 0 (c.yaml: samples.data.where)"],
    weights: [],
  });
  assert.equal(shown(compositionDerivation(analysis, "simulated")).columns, {
    m: "mass (c.yaml: samples.simulated.columns.m)",
    pass: "id > 0.9 && iso < 2 (c.yaml: samples.simulated.columns.pass)",
  });
  await rejects(
    readComposition(text.replace("{ m: mass, ", "{ mm: mass, "), "c.yaml", { set: [], yields }),
    /samples\.simulated\.columns\.mm: expected a column, or one that an expression names, got "mm"/,
  );
});

test("names of what may be an expression", () => {
  assert.equal(namesIn("log(pt) * 2 > eta"), ["log", "pt", "eta"]);
  assert.equal(namesIn("jet.pt"), []);
  assert.equal(namesIn(undefined), []);
});

test("names of columns that nothing reads are refused", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "observables.columns={x_: log(y)}",
      /observables\.columns\.x_: expected a column of the observables, or one that an expression names, got "x_"\. Did you mean x\?/,
    ],
    ["data.columns={z: x_raw}", /data\.columns\.z: expected a column of the observables/],
    ["data.columns={z: z + 1}", /data\.columns\.z: expected a column of the observables/],
  ];
  for (const [set, pattern] of cases) assert.match(message(FILES, set), pattern, set);
  const read = (...set: string[]) => readConfiguration(FILES, "a.yaml", { set });
  read("observables.columns={z: log(w), x: z + 1}");
  read("observables.where=z > 2", "data.columns={z: x_raw}");
  read("data.columns={z: x_raw}", "data.weight=2 * z");
});

test("elements that nothing reads are refused, with the nearest that something does", () => {
  const read = ["observables.columns={x: 'jet[0]'}", "data.where=jet[1] > 0", "data.columns={y: 'jet[size]'}"] as const;
  const { observables } = readConfiguration(FILES, "a.yaml", { set: [read[0], "observables.missing={'jet[0]': -1}"] });
  assert.equal(observables.missing, { "jet[0]": -1 });
  assert.match(
    message(FILES, read[0], "observables.missing={'jet[2]': -1}"),
    /observables\.missing\.jet\[2\]: expected an element that is read, as the text of a column, got "jet\[2\]"\. Did you mean jet\[0\]\?/,
  );
  // In an expression it is none.
  assert.match(message(FILES, read[1], "observables.missing={'jet[1]': 0}"), /expected an element that is read/);
  assert.match(
    message(FILES, "observables.missing={'jet[0]': low}"),
    /observables\.missing\.jet\[0\]: expected a number/,
  );
});

test("a variation that takes over a condition needs the columns that this names", () => {
  const samples = (columns: string) =>
    `processes.signal.samples=[{ file: s.npz, where: z > 1, columns: { z: log(w) } }, { at: { scale: 1 }, columns: { x: x_up${columns} } }, { file: t.npz, at: { tilt: 1 } }]`;
  assert.match(
    message(FILES, samples("")),
    /samples\[1\]\.columns: expected a column "z", as in the nominal sample, whose condition or weight names it, got none\. Repeat it, or put it under observables\.columns/,
  );
  readConfiguration(FILES, "a.yaml", { set: [samples(", z: log(w)")] });
});

test("texts that are too long for an entry are refused before they are parsed", () => {
  const long = "x + ".repeat(262_144);
  for (const key of ["observables.where", "data.where", "data.weight"]) {
    assert.match(message(FILES, `${key}='${long}1'`), /Shorten it to at most 4096 letters/);
  }
});

test.run();
