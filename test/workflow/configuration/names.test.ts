/** Names that objects inherit or treat apart are names like any other, from the configuration to the report. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { nuisanceVector, trueValues } from "../../../workflow/configuration/analysis.js";
import { loadAnalysis, readConfiguration } from "../../../workflow/configuration/configuration.js";
import { runInProcess } from "../../cli/in-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-names-"));
const at = (name: string) => join(folder, name);
test.after(() => rmSync(folder, { recursive: true }));

const SHAPES = ["__proto__", "constructor"];
const NUISANCES = [...SHAPES, "toString", "hasOwnProperty"];
const PROCESSES = ["valueOf", "__proto__"];

/** One feature of x and one of y in columns with such names, the process in another. */
function writeEvents(name: string, process: number, events: number, shift: number): void {
  const random = randomNumbers(process + 1);
  const rows = Array.from({ length: events }, () => {
    const [x, y] = [random() + process, random() - process];
    return [x + shift, y + 0.5 * x + shift, PROCESSES[process]].join(",");
  });
  writeFileSync(at(name), `${["constructor,__proto__,toString", ...rows].join("\n")}\n`);
}

const training = "training: { epochs: 2, batch: 50, learningRate: 0.02 }";
const SOURCE = `
observables: { x: { features: 1, columns: [constructor] }, y: { features: 1, columns: [__proto__] } }
processes:
${PROCESSES.map(
  (name, i) => `  ${name}:
    yield: 100
    samples:
      - { file: ${i}.csv }
${SHAPES.map((shape) => `      - { file: ${i}up.csv, at: { ${shape}: 1 } }`).join("\n")}`,
).join("\n")}
nuisances:
  __proto__: { label: shift }
  constructor: { nominal: 0.5 }
  toString: { kind: rate, kappa: 0.1, processes: [__proto__] }
  hasOwnProperty: { kind: rate, kappa: 0.2 }
data: { file: data.csv }
truth: { __proto__: 0.25 }
flows: { x: { kind: affine, transforms: 1, hidden: [4], ${training} }, y: { kind: affine, transforms: 1, hidden: [4], ${training} } }
morph: { x: { kind: affine, hidden: [4], ${training} }, y: { kind: affine, layers: 1, hidden: [4], ${training} } }
transport: { transforms: 1, bins: 3, hidden: [4], ${training} }
response: { range: 6, scale: 3, layers: 1, hidden: [4], training: { epochs: 1, batch: 100 }, events: 200 }
fit: { start: { constructor: 0.25 } }
scan: { nuisances: [__proto__], pairs: [[constructor, toString]], points: 3, grid: 3, range: 1 }
impacts: { groups: { constructor: [toString, __proto__], __proto__: [hasOwnProperty] } }
report: { bins: 8 }
`.replaceAll("constructor: { nominal: 0.5 }", "constructor:");

test("points, starts and truths by such names are what the file says, else the nominal value", () => {
  const configuration = readConfiguration(SOURCE, "a.yaml", { set: ["nuisances.constructor.nominal=0.5"] });
  assert.equal(nuisanceVector(configuration, {}), [0, 0.5, 0, 0]);
  assert.equal(nuisanceVector(configuration, configuration.fit.start), [0, 0.25, 0, 0]);
  assert.equal(trueValues(configuration, ["__proto__"]), [0.25]);
  assert.is(trueValues(configuration, ["__proto__", "toString"]), undefined);
  assert.equal(Object.keys(configuration.processes), PROCESSES);
});

test("--set reaches such names, and no object's prototype", () => {
  const read = (...set: string[]) => readConfiguration(SOURCE, "a.yaml", { set });
  const [shift] = Object.values(read("nuisances.__proto__.nominal=0.25").nuisances);
  assert.is(shift!.nominal, 0.25);
  assert.is(Object.values(read("processes.__proto__.yield=7").processes)[1]!.yield!.events, 7);
  assert.equal(Object.entries(read("truth.__proto__=0.75").truth), [["__proto__", 0.75]]);
  for (const setting of ["__proto__.x=1", "constructor.prototype.x=1", "fit.__proto__.x=1", "output.__proto__=1"]) {
    assert.throws(() => read(setting), /^--set: expected /, setting);
  }
  assert.throws(() => read("nuisances.valueOf.nominal=1"), /expected one of the names of nuisances, got valueOf/);
  assert.is(({} as Record<string, unknown>).x, undefined);
});

test("a whole analysis with such names: run, evaluate, fit, apply, export, coverage", async () => {
  for (const process of [0, 1]) {
    writeEvents(`${process}.csv`, process, 300, 0);
    writeEvents(`${process}up.csv`, process, 300, 0.25);
  }
  writeEvents("data.csv", 0, 200, 0.1);
  writeFileSync(at("a.yaml"), SOURCE);
  assert.equal(Object.keys(loadAnalysis(at("a.yaml")).configuration.nuisances), NUISANCES);
  const done = async (...words: string[]) => {
    const { out, error, code } = await runInProcess([...words, "--backend", "cpu", "--threads", "1"]);
    // 3: so few events and steps need not have a minimum.
    assert.ok(code === 0 || code === 3, `${words.join(" ")}: ${code}\n${error}`);
    return out;
  };
  await done("run", at("a.yaml"));
  const results = JSON.parse(readFileSync(at("unbinned-out/results.json"), "utf8"));
  assert.equal(results.nuisances, NUISANCES);
  const report = readFileSync(at("unbinned-out/report.html"), "utf8");
  for (const name of ["shift", "constructor", "toString", "hasOwnProperty"]) assert.ok(report.includes(name), name);
  assert.not(report.includes("native code"));
  const point = "constructor=0.5,__proto__=1";
  await done("evaluate", at("a.yaml"), "--nu", point, "--out", at("e.npz"));
  await done("evaluate", at("a.yaml"), "--nu", "1,0.5,0,0", "--out", at("f.npz"));
  const [named, listed] = [await readNpz(at("e.npz")), await readNpz(at("f.npz"))];
  assert.equal(named.get("log_prob")!.data, listed.get("log_prob")!.data);
  const apply = ["apply", at("a.yaml"), "--events", at("data.csv"), "--process-column", "toString"];
  await done(...apply, "--nu", point, "--out", at("applied.csv"));
  assert.match(readFileSync(at("applied.csv"), "utf8").split("\n")[0]!, /^constructor,__proto__,.*__proto__\.data/);
  assert.is((await runInProcess(["export", at("a.yaml"), "--out", at("map")])).code, 0);
  const exported = loadAnalysis(at("map/analysis.yaml")).configuration;
  assert.equal([Object.keys(exported.nuisances), Object.keys(exported.processes)], [NUISANCES, PROCESSES]);
  assert.equal(Object.keys(exported.impacts.groups), ["constructor", "__proto__"]);
  await done("coverage", at("a.yaml"), "--toys", "2");
  assert.ok(readdirSync(at("unbinned-out/coverage/full-samples")).includes("coverage.json"));
});

test.run();
