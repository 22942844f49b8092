/** Configurations as files, with --set, and the examples of the package. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { affectedProcesses, expectedYield, simulatedEvents } from "../../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { FILES, message, read } from "./sources.js";

const example = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

test("the toy's example: at least 50 000 events, ten times that simulated, nothing else needed", () => {
  const { configuration } = loadAnalysis(example("doi-toy/analysis.yaml"));
  assert.ok(configuration.data.events >= 50_000);
  assert.ok(simulatedEvents(configuration) >= 10 * configuration.data.events);
  assert.equal(configuration.truth, { shift: 0.5, squeeze: -0.5 });
  assert.is(expectedYield(configuration, "A"), configuration.data.events / 2);
  assert.is(configuration.seed, 1);
});

test("the keys of the toy that users are promised", () => {
  const set = ["data.events=1e6", "likelihood.observables=[x]", "morph.pairs=[]", "seed=5"];
  const { configuration } = loadAnalysis(example("doi-toy/analysis.yaml"), { set });
  assert.is(configuration.data.events, 1_000_000);
  assert.is(simulatedEvents(configuration), 20_000_000);
  assert.equal(configuration.likelihood.observables, ["x"]);
  assert.equal(configuration.morph.pairs, []);
  assert.is(configuration.seed, 5);
  assert.is(loadAnalysis(example("doi-toy/analysis.yaml"), { set, seed: 7 }).configuration.seed, 7);
});

test("the published example says what to download where its files are absent", () => {
  const set = ["model.file=absent/m.pt", "data.file=absent/e.npz"];
  const analysis = loadAnalysis(example("doi-toy/published.yaml"), { set });
  const expected = [
    /model\.file: expected the file .*examples.doi-toy.absent.m\.pt, got no such file\. Download it from doi:10\.5281\/zenodo\.21058119 and put it there/,
    /data\.file: expected the file .*e\.npz, got no such file\. Download it from doi:10\.5281\/zenodo\.21058119/,
  ];
  for (const pattern of expected) assert.throws(() => checkFiles(analysis), pattern);
  const { configuration } = loadAnalysis(example("doi-toy/published.yaml"));
  assert.match(configuration.model.file!, /^reference\/.*mixture_.*\.pt$/);
  assert.match(configuration.data.file!, /^reference\//);
});

test("the example of three processes: any number of processes, features and nuisances", () => {
  const { configuration } = loadAnalysis(example("three-processes/analysis.yaml"));
  assert.equal(Object.keys(configuration.processes), ["signal", "resonance", "continuum"]);
  assert.equal(Object.keys(configuration.nuisances), ["scale", "tilt", "modelling", "normalisation"]);
  assert.is(configuration.observables.x.features, 1);
  assert.is(configuration.observables.y?.features, 3);
  assert.equal(affectedProcesses(configuration, "scale"), ["signal", "resonance", "continuum"]);
  assert.equal(affectedProcesses(configuration, "tilt"), ["continuum"]);
});

test("yaml's own mistakes are reported with line and column", () => {
  assert.match(message("seed: 1\ndata: [1, 2\n"), /^a\.yaml:3:1: expected YAML, got a syntax error: /);
  assert.match(message("seed: 1\nseed: 2\n"), /^a\.yaml:2:1: .*Map keys must be unique/);
  assert.match(message("- 1\n"), /a\.yaml: expected a map of keys and values, got a list/);
  assert.match(
    message("seed: *here\n"),
    /a\.yaml:1:7: expected an anchor &here above, got the alias \*here of nothing/,
  );
});

test("--set overrides entries anywhere, also inside maps and lists", () => {
  const set = ["processes.signal.samples.0.file=t.npz", "nuisances.norm.kappa=0.2", "truth.scale=0.5", "name='a = b'"];
  const configuration = read(FILES, ...set);
  assert.is(configuration.processes.signal!.samples[0]!.file, "t.npz");
  assert.is(configuration.nuisances.norm!.kappa, 0.2);
  assert.equal(configuration.truth, { scale: 0.5 });
  assert.is(configuration.name, "a = b");
});

test("--set with an unknown path is an error with a suggestion", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["morph.pears=[]", /--set: expected a known key of morph, got pears\. Did you mean pairs\?/],
    ["dta.events=3", /--set: expected a known key, got dta\. Did you mean data\?/],
    ["processes.signl.yield=3", /--set: expected one of the names of processes, got signl\. Did you mean signal\?/],
    ["processes.signal.samples.3.file=a", /expected an index below 3, the length of processes\.signal\.samples, got 3/],
    ["seed.x=1", /expected no further key: it is a single value of seed, got x/],
    ["seed", /--set: expected key=value, got seed/],
    ["morph.pairs=[[a", /--set: expected a value in YAML, got morph\.pairs=\[\[a/],
  ];
  for (const [set, pattern] of cases) assert.match(message(FILES, set), pattern, set);
});

test("a configuration file that is not there, or a folder, is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-"));
  assert.throws(
    () => loadAnalysis(join(folder, "none.yaml")),
    /none\.yaml: expected a configuration file, got no such file/,
  );
  assert.throws(() => loadAnalysis(folder), /expected a configuration file, got a folder/);
  const file = join(folder, "a.yaml");
  writeFileSync(file, FILES);
  assert.throws(
    () => checkFiles(loadAnalysis(file)),
    /processes\.other\.samples\[1\]\.file: expected the file .*ou\.npz, got no such file/,
  );
  rmSync(folder, { recursive: true });
});

test.run();
