/** `unbinned validate` finds what `run` would refuse, some of it after hours: one sentence and exit code 2 for each. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { configurationTable } from "../../../workflow/configuration/table.js";
import { cpuSeconds } from "../../support/cpu-time.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { runInProcess } from "../in-process.js";

const toy = fileURLToPath(new URL("../../../../examples/doi-toy/analysis.yaml", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "unbinned-validate-"));
const at = (name: string) => join(folder, name);
test.after(() => rmSync(folder, { recursive: true }));

const TOY = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy, events: 2000 }
data: { generator: doi-toy, events: 500 }
`;

const FILES = `
observables: { x: { features: 1 }, y: { features: 1 } }
processes:
  signal: { yield: 10, samples: [{ file: s.csv }, { file: su.csv, at: { scale: 1 } }] }
nuisances: { scale: , norm: { kind: rate, kappa: 0.1 } }
data: { file: data.csv }
`;

function problem(source: string, ...set: string[]): string {
  try {
    readConfiguration(source, "a.yaml", { set });
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

test("starts, nominal values and bounds that exclude each other", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "fit.bounds=[1, 5]",
      /nuisances\.scale\.nominal: expected a value inside fit\.bounds \[1, 5\], as fits start there, got 0\. Widen the bounds, or set fit\.start\.scale/,
    ],
    [
      "nuisances.scale.nominal=7",
      /nuisances\.scale\.nominal: expected a value inside fit\.bounds \[-5, 5\], .*, got 7/,
    ],
    ["nuisances.norm.nominal=-5", /nuisances\.norm\.nominal: .*, got -5/],
    ["fit={bounds: [1, 5], start: {scale: 2}}", /nuisances\.norm\.nominal: expected a value inside .*, got 0\. /],
    [
      "fit={bounds: [1, 5], start: {scale: 2, norm: 0}}",
      /fit\.start\.norm: expected a value inside fit\.bounds \[1, 5\], got 0/,
    ],
    ["fit.bounds=[0, 1e-300]", /fit\.bounds: expected bounds at least 0\.001 apart/],
    ["fit.bounds=[-1e300, 1e300]", /fit\.bounds\[0\]: expected a number of at least -1000 and up to 1000/],
  ];
  for (const [set, pattern] of cases) assert.match(problem(FILES, set), pattern, set);
  assert.is(problem(FILES, "fit={bounds: [1, 5], start: {scale: 2, norm: 2}}"), "no error");
  // A fit may be asked what it makes of data beyond its bounds.
  assert.is(problem(TOY, "truth={shift: 6}"), "no error");
});

test("yields that are no numbers of events", () => {
  for (const wrong of ["1e300", "0", "-1", ".nan", ".inf", "1e-300", "1e16", '"10"']) {
    const expected =
      /processes\.signal\.yield\.events: expected a number of at least 0\.000001 and up to 1000000000000000, or weights, got /;
    assert.match(problem(FILES, `processes.signal.yield=${wrong}`), expected, wrong);
  }
  const beyond =
    /nuisances\.norm\.kappa: expected a change that leaves signal between 1\/1e\+30 and 1e\+30 events within fit\.bounds, got /;
  assert.match(problem(FILES, "nuisances.norm.kappa=-0.9999999"), beyond);
  assert.match(problem(FILES, "nuisances.norm.kappa=1000", "fit.bounds=[-20, 20]"), beyond);
  assert.is(problem(FILES, "nuisances.norm.kappa=10"), "no error");
});

test("events of a generator: more than memory holds, fewer than a training needs", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "simulation.events=1",
      /simulation\.events: expected enough events for two of every process and point \(10\) .*, got 1\. Raise it/,
    ],
    ["simulation.heldOut=0.0001", /simulation\.events: expected enough events/],
    [
      "simulation.events=9e9",
      /simulation\.events: expected at most 100000000 events in an epoch or held out, got 900000000/,
    ],
    ["data.events=1e8", /simulation\.events: expected at most 100000000 events/],
    ["data.events=1", /data\.events: expected at least 2, to which T is fitted, got 1/],
  ];
  for (const [set, pattern] of cases) {
    assert.match(
      problem(set.startsWith("data.events=1e8") ? TOY.replace(", events: 2000", "") : TOY, set),
      pattern,
      set,
    );
  }
  assert.is(problem(TOY, "data.events=1", "transport.enabled=false"), "no error");
});

test("networks of more weights than any machine trains", () => {
  const wide = "[8192, 8192]";
  const cases = ["flows.x", "flows.y", "morph.x", "morph.y", "transport", "response"];
  for (const part of cases) {
    const pattern = new RegExp(
      `${part}: expected networks of a size that can be trained, got others \\(.* at most 16777216 weights, got \\d+\\)\\. Make`,
    );
    assert.match(problem(TOY, `${part}.hidden=${wide}`), pattern, part);
  }
});

/** Lists and maps that cannot be long, as no value is there twice. */
const isShort = (entry: Entry) => entry.kind === "list" && entry.unique === true && entry.item.kind === "choice";

test("every number, list and map of the configuration has its largest", () => {
  const unlimited: string[] = [];
  const visit = (entry: Entry, path: string) => {
    if (entry.kind === "number" && entry.max === undefined) unlimited.push(path);
    if ((entry.kind === "list" || entry.kind === "map") && entry.maxLength === undefined && !isShort(entry))
      unlimited.push(path);
    if (entry.kind === "section") for (const [key, inner] of Object.entries(entry.keys)) visit(inner, `${path}.${key}`);
    if (entry.kind === "list" || entry.kind === "map") visit(entry.item, `${path}[]`);
  };
  visit(configurationTable, "");
  assert.equal(unlimited, []);
});

test("a billion of anything is refused in milliseconds", () => {
  const before = cpuSeconds();
  const billions = [
    "report.bins",
    "flows.x.bins",
    "transport.bins",
    "flows.x.transforms",
    "morph.x.layers",
    "response.layers",
    "ensemble.replicas",
    "flows.x.training.epochs",
    "flows.x.training.batch",
    "flows.x.training.patience",
    "scan.points",
    "scan.grid",
    "impacts.bins",
    "response.points",
    "data.events",
    "observables.x.features",
  ];
  for (const entry of billions)
    assert.match(problem(TOY, `${entry}=1000000000`), /and up to \d+, got 1000000000/, entry);
  assert.match(
    problem(TOY, "flows.x.hidden=[1000000000]"),
    /flows\.x\.hidden\[0\]: expected .* up to 8192, got 1000000000/,
  );
  assert.match(
    problem(TOY, `flows.x.hidden=[${"4,".repeat(1000)}4]`),
    /flows\.x\.hidden: expected a list of 1 to 32, .*, got 1001/,
  );
  const many = `nuisances={${Array.from({ length: 2000 }, (_, i) => `n${i}: `).join(", ")}}`;
  assert.match(problem(TOY, many), /nuisances: expected at most 1024 nuisance names, got 2000/);
  assert.match(
    problem(TOY, `name=${"x".repeat(5000)}`),
    /name: expected a text, got "x{76}\.\.\.\. Shorten it to at most 4096 letters/,
  );
  assert.match(problem(TOY, `nuisances.${"x".repeat(300)}.kind=rate`), /--set: expected one of the names/);
  assert.match(
    problem(TOY, `nuisances.${"x".repeat(300)}={kind: rate}`),
    /expected nuisance names of letters, .*, at most 200/,
  );
  assert.ok(cpuSeconds() - before < 10);
});

test("numbers of the command line have their largest too", async () => {
  writeFileSync(at("toy.yaml"), TOY);
  const refused = async (pattern: RegExp, ...words: string[]) => {
    const { error, code } = await runInProcess(words);
    assert.is(code, 2, error);
    assert.match(error, pattern);
  };
  await refused(
    /--toys: expected an integer from 1 to 1000000, or the first and the last number of some, A-B, got 1000000000/,
    "coverage",
    at("toy.yaml"),
    "--toys",
    "1000000000",
  );
  await refused(/--toy: expected an integer from 0 to 999999/, "coverage", at("toy.yaml"), "--toy", "1000000");
  await refused(/--replica: expected an integer from 0 to 9999/, "run", at("toy.yaml"), "--replica", "10000");
  await refused(
    /--seed: seed: expected an integer of at least 0 and up to 4294967295/,
    "validate",
    at("toy.yaml"),
    "--seed",
    "4294967296",
  );
});

test("references by the ten thousand to names that are not there end after a hundred", () => {
  const before = cpuSeconds();
  const nuisances = Array.from({ length: 1000 }, (_, i) => `nuisance_number_${i}: { kind: rate, kappa: 0.1 }`).join(
    ", ",
  );
  const samples = Array.from({ length: 9000 }, (_, i) => `{ file: s.csv, at: { nuisanse_number_${i}: 1 } }`).join(", ");
  const source = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes: { a: { yield: 1, samples: [${samples}] } }
nuisances: { ${nuisances} }
data: { file: d.csv }
`;
  const lines = problem(source).split("\n");
  assert.is(lines.length, 101);
  assert.match(
    lines[0]!,
    /samples\[0\]\.at\.nuisanse_number_0: expected a declared nuisance, .* Did you mean nuisance_number_0\?/,
  );
  assert.ok(cpuSeconds() - before < 20);
});

interface Columns {
  readonly [name: string]: (event: number) => number | string;
}

function writeCsv(name: string, events: number, columns: Columns): void {
  const names = Object.keys(columns);
  const rows = Array.from({ length: events }, (_, i) => names.map((column) => columns[column]!(i)).join(","));
  writeFileSync(at(name), `${[names.join(","), ...rows].join("\n")}\n`);
}

test("files: what is missing, too few, constant or no number, before any training", async () => {
  const random = randomNumbers(1);
  const sound = { x: random, y: random, w: () => 1 };
  writeFileSync(at("a.yaml"), FILES);
  for (const name of ["s.csv", "su.csv", "data.csv"]) writeCsv(name, 40, sound);
  const validated = async (...set: string[]) => {
    const { out, error, code } = await runInProcess([
      "validate",
      at("a.yaml"),
      ...set.flatMap((one) => ["--set", one]),
    ]);
    return { out, error, code };
  };
  const good = await validated();
  assert.is(good.code, 0, good.error);
  assert.match(good.out, /a\.yaml is valid\./);
  const cases: readonly (readonly [string, () => void, readonly string[], RegExp])[] = [
    ["no such file", () => {}, ["data.file=gone.csv"], /data\.file: expected the file .*gone\.csv, got no such file/],
    [
      "a column of the data",
      () => {},
      ["observables.y.columns=[z]"],
      /(s|data)\.csv: expected a column "z", got columns "x", "y", "w"/,
    ],
    ["a column of weights", () => {}, ["simulation.weight=v"], /s\.csv: expected a column "v"/],
    [
      "too few events",
      () => writeCsv("su.csv", 4, sound),
      [],
      /su\.csv: expected at least two events held out of training/,
    ],
    [
      "a constant feature of the data",
      () => writeCsv("data.csv", 40, { ...sound, y: () => 3 }),
      [],
      /data\.csv, data to which T is fitted: .*constant/,
    ],
    [
      "a single event, to which T is fitted",
      () => writeCsv("data.csv", 1, sound),
      [],
      /data\.csv, data to which T is fitted: /,
    ],
    [
      "a constant feature of the simulation",
      () => writeCsv("s.csv", 40, { ...sound, x: () => 3 }),
      [],
      /got feature 0 of x with mean 3 and variance 0\. Leave out features that are constant/,
    ],
    [
      "no number",
      () => writeCsv("data.csv", 40, { ...sound, x: () => "nan" }),
      [],
      /data\.csv, column "x": expected finite values/,
    ],
    [
      "no finite number of a varied sample",
      () => writeCsv("su.csv", 40, { ...sound, y: () => "inf" }),
      [],
      /su\.csv, column "y": expected finite values/,
    ],
    [
      "nothing held out",
      () => {},
      ["response={sample: data, heldOut: 0.001}"],
      /a\.yaml: response\.heldOut: expected a part of the 40 events of the data that leaves events on either side, got 0\.001/,
    ],
    ["a model", () => {}, ["processes={signal: }", "model.file=data.csv"], /data\.csv: expected /],
  ];
  for (const [name, damage, set, pattern] of cases) {
    damage();
    const { error, code } = await validated(...set);
    assert.is(code, 2, `${name}: ${error}`);
    assert.match(error, pattern, name);
    for (const file of ["s.csv", "su.csv", "data.csv"]) writeCsv(file, 40, sound);
  }
  // run says the same, with nothing trained.
  writeCsv("data.csv", 40, { ...sound, y: () => 3 });
  const { error, code } = await runInProcess(["run", at("a.yaml"), "--out", at("out"), "--backend", "reference"]);
  assert.is(code, 2, error);
  assert.match(error, /data\.csv, data to which T is fitted: /);
  assert.equal(readdirSync(at("out/steps")), []);
  // A likelihood of x alone, or without T, takes a single event and a constant y.
  writeCsv("data.csv", 1, sound);
  for (const set of ["likelihood.observables=[x]", "transport.enabled=false"]) {
    const { error, code } = await validated(set);
    assert.is(code, 0, error);
  }
});

test("validate says how the file was understood, --json with every default", async () => {
  const human = await runInProcess(["validate", toy]);
  assert.is(human.code, 0);
  assert.match(human.out, /is valid\.\n {2}likelihood: joint, extended, of x in 2 dimensions and y in 2 dimensions\n/);
  const { out, code } = await runInProcess(["validate", toy, "--json", "--seed", "4"]);
  assert.is(code, 0);
  assert.is(JSON.parse(out).seed, 4);
  assert.is(JSON.parse(out).likelihood.form, "joint");
});

test.run();
