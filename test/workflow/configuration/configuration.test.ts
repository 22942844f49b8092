import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  affectedProcesses,
  expectedYield,
  nuisanceVector,
  outputFolder,
  pathOf,
  simulatedEvents,
  variationPoints,
} from "../../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis, readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { Entry } from "../../../workflow/configuration/entries.js";
import { RELEVANCE } from "../../../workflow/configuration/relevance.js";
import { type Configuration, configurationTable } from "../../../workflow/configuration/table.js";
import { configurationText } from "../../../workflow/configuration/text.js";

const example = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));

const TOY = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }
data: { generator: doi-toy }
`;

const FILES = `
observables: { x: { features: 1 }, y: { features: 3 } }
processes:
  signal:
    yield: 10
    samples: [{ file: s.npz }, { file: su.npz, at: { scale: 1 } }, { file: st.npz, at: { tilt: 1 } }]
  other:
    yield: 20
    samples: [{ file: o.npz }, { file: ou.npz, at: { scale: 1 } }]
nuisances:
  scale:
  tilt: { processes: [signal] }
  norm: { kind: rate, kappa: 0.1 }
data: { file: data.npz }
`;

function read(source: string, ...set: string[]): Configuration {
  return readConfiguration(source, "a.yaml", { set });
}

function message(source: string, ...set: string[]): string {
  try {
    read(source, ...set);
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

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

test("what init writes is valid and equals the defaults", () => {
  const written = read(configurationText());
  const bare = read(`
observables: { x: { features: 2 }, y: { features: 2 } }
processes:
  signal: { yield: 20000, samples: [{ file: signal.npz }, { file: signal_scale_up.npz, at: { scale: 1 } }, { file: signal_scale_down.npz, at: { scale: -1 } }] }
  background: { yield: 30000, samples: [{ file: background.npz }, { file: background_scale_up.npz, at: { scale: 1 } }, { file: background_scale_down.npz, at: { scale: -1 } }] }
nuisances: { scale: , normalisation: { kind: rate, processes: [background], kappa: 0.05 } }
data: { file: data.npz }
`);
  assert.equal(written, bare);
});

test("every key is explained and every default is allowed", () => {
  const visit = (entry: Entry, path: string) => {
    assert.match(entry.doc, /^\S.*[.\]]$/, path);
    if (entry.kind === "section") for (const [key, inner] of Object.entries(entry.keys)) visit(inner, `${path}.${key}`);
    if (entry.kind === "map" || entry.kind === "list") visit(entry.item, `${path}[]`);
  };
  visit(configurationTable, "");
});

test("yaml's own mistakes are told with line and column", () => {
  assert.match(message("seed: 1\ndata: [1, 2\n"), /^a\.yaml:3:1: expected YAML, got a syntax error: /);
  assert.match(message("seed: 1\nseed: 2\n"), /^a\.yaml:2:1: .*Map keys must be unique/);
  assert.match(message("- 1\n"), /a\.yaml: expected a map of keys and values, got a list/);
  assert.match(
    message("seed: *here\n"),
    /a\.yaml:1:7: expected an anchor &here above, got the alias \*here of nothing/,
  );
});

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
    ["nuisances={1a: }", /nuisances: expected nuisance names of letters, .*, got "1a"\. Rename it/],
  ];
  for (const [set, pattern] of cases) assert.match(message(TOY, set), pattern, set);
});

test("what is missing is named, and all problems are told at once", () => {
  const lines = message("morph: { quadraticDamping: -1 }\n").split("\n");
  assert.is(lines.length, 2);
  assert.match(
    lines[0]!,
    /^a\.yaml: observables\.x\.features: expected an integer of at least 1 and up to 256, got nothing\. Add it/,
  );
  assert.match(lines[1]!, /^a\.yaml:1:10: morph\.quadraticDamping: expected a number above 0 and up to 100, got -1$/);
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

test("names that refer to nothing are errors", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["truth={scal: 1}", /truth\.scal: expected a declared nuisance, got "scal"\. Did you mean scale\?/],
    ["morph.pairs=[[scale, tlt]]", /morph\.pairs\[0\]: expected a declared nuisance, got "tlt"\. Did you mean tilt\?/],
    ["scan.nuisances=[norn]", /scan\.nuisances\[0\]: expected a declared nuisance, got "norn"\. Did you mean norm\?/],
    ["nuisances.tilt.processes=[singal]", /expected a declared process, got "singal"\. Did you mean signal\?/],
    ["processes.other.samples.1.at={sale: 1}", /samples\[1\]\.at\.sale: expected a declared nuisance, got "sale"/],
  ];
  for (const [set, pattern] of cases) assert.match(message(FILES, set), pattern, set);
});

test("a pair term without joint samples is refused", () => {
  assert.match(
    message(FILES, "morph.pairs=[[scale, tilt]]"),
    /morph\.pairs\[0\]: expected a sample of signal in which scale and tilt are both off nominal, got none\. Add one, for example with `at: \{scale: 1, tilt: 1\}`, or remove the pair/,
  );
  const joint = "processes.signal.samples.2.at={scale: 1, tilt: 1}";
  assert.equal(read(FILES, "morph.pairs=[[scale, tilt]]", joint).morph.pairs, [["scale", "tilt"]]);
  assert.match(message(FILES, "morph.pairs=[[scale, norm]]"), /expected two shape nuisances, got the rate norm/);
  assert.match(
    message(TOY, "morph.pairs=[[shift, squeeze], [squeeze, shift]]"),
    /expected every pair once, got squeeze, shift/,
  );
  const singles = "simulation.variations=[{shift: 1}, {squeeze: 1}]";
  assert.match(
    message(TOY, "morph.pairs=[[shift, squeeze]]", singles),
    /expected a sample of A in which shift and squeeze/,
  );
});

test("samples, sources and kinds that do not fit are errors", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      FILES,
      "processes.signal.samples.0.at={scale: -1}",
      /samples: expected a nominal sample, with an empty `at`, got none/,
    ],
    [
      FILES,
      "processes.other.samples.1.at={}",
      /nuisances\.scale: expected a sample of other with scale off nominal, got none/,
    ],
    [FILES, "processes.other.samples.1.at={tilt: 1}", /at\.tilt: expected nuisances that act on other, got tilt/],
    [FILES, "processes.other.samples.1.at={norm: 1}", /at\.norm: expected shape nuisances, got the rate norm/],
    [
      FILES,
      "processes.other.yield=null",
      /processes\.other\.yield: expected the expected number of events, got nothing/,
    ],
    [
      FILES,
      "nuisances.norm.kappa=null",
      /nuisances\.norm\.kappa: expected the relative change of the yields, .*, got nothing/,
    ],
    [
      FILES,
      "nuisances.tilt.kappa=0.1",
      /nuisances\.tilt\.kappa: expected no kappa, as this is a shape nuisance, got 0\.1/,
    ],
    [FILES, "data.file=null", /data: expected one source of data: .*, got neither/],
    [
      FILES,
      "model.file=m.pt",
      /expected one source of the densities: .*, got model\.file and processes\.signal\.samples/,
    ],
    [TOY, "simulation.generator=null", /expected one source of the densities: .*, got none/],
    [FILES, "nuisances={}", /nuisances: expected at least one nuisance, got none/],
    [TOY, "data.file=d.npz", /data: expected one source of data: .*, got both/],
    [TOY, "processes={A: , C: }", /simulation\.generator: expected processes A, B with doi-toy, got A, C/],
    [TOY, "observables.x.features=3", /expected observables\.x\.features 2 with doi-toy, got 3/],
    [TOY, "observables.y=null", /likelihood\.observables: expected observables that are declared, got \[x, y\]/],
    [TOY, "likelihood.observables=[y]", /likelihood\.observables: expected \[x\] or \[x, y\], got \[y\]/],
    [
      TOY,
      "flows.x.training={optimiser: adam, weightDecay: 0.1}",
      /flows\.x\.training\.weightDecay: expected 0 with adam, got 0\.1\. Remove it, or set optimiser to adamw/,
    ],
    [
      TOY,
      "transport.training.patience=3",
      /transport\.training\.patience: expected 0, as all data are used and none held out, got 3/,
    ],
    [
      TOY,
      "flows.x.training.patience=3",
      /flows\.x\.training\.patience: expected 0, as the events of every epoch are new, got 3/,
    ],
    [TOY, "observables.x.labels=[a]", /observables\.x\.labels: expected one label per feature \(2\), or none, got 1/],
    [TOY, "fit.bounds=[5, -5]", /fit\.bounds: expected the smaller bound first, got \[5, -5\]/],
    [TOY, "fit.start={shift: 9}", /fit\.start\.shift: expected a value inside fit\.bounds \[-5, 5\], got 9/],
    [TOY, "processes={}", /processes: expected at least one process, got none/],
  ];
  for (const [source, set, pattern] of cases) assert.match(message(source, set), pattern, set);
  const conditional = message(TOY, "likelihood.observables=[x]", "likelihood.form=conditional");
  assert.match(
    conditional,
    /likelihood\.form: expected joint, as only x is in likelihood\.observables, got conditional/,
  );
  const narrow = message(FILES, "flows.x.structure=coupling");
  assert.match(narrow, /flows\.x\.structure: expected at least 2 features of x for coupling, got 1/);
});

const PUBLISHED = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
model: { file: m.pt }
data: { file: data.npz }
`;
const GENERATED_OF_FILES = `${TOY.replace("data: { generator: doi-toy }", "data: { file: d.npz }")}`.replace(
  "{ A: , B: }",
  "{ A: { yield: 1 }, B: { yield: 2 } }",
);

/** For every rule: an analysis that does not read the entry, a setting that it refuses, and why. */
const UNREAD: Readonly<Record<keyof typeof RELEVANCE, readonly (readonly [string, string, RegExp])[]>> = {
  "simulation.events": [
    [
      FILES,
      "simulation.events=1000",
      /simulation\.events: expected nothing, as it is read with simulation\.generator only, got 1000\. Remove it, or set simulation\.generator/,
    ],
    [PUBLISHED, "simulation.events=1000", /read with simulation\.generator only/],
  ],
  "simulation.variations": [
    [FILES, "simulation.variations=[{scale: 2}]", /with simulation\.generator only, got \[\{"scale":2\}\]/],
  ],
  "simulation.weight": [
    [
      TOY,
      "simulation.weight=w",
      /simulation\.weight: expected nothing, as it is read with samples of the processes only, got "w"\. Remove it, or add samples/,
    ],
    [PUBLISHED, "simulation.weight=w", /simulation\.weight: .* samples of the processes only/],
  ],
  "simulation.heldOut": [
    [
      PUBLISHED,
      "simulation.heldOut=0.3",
      /simulation\.heldOut: .* a simulation to train on only, got 0\.3\. Remove it, or remove model\.file/,
    ],
  ],
  "data.events": [
    [
      FILES,
      "data.events=100",
      /data\.events: expected nothing, as it is read with data\.generator only, got 100\. Remove it, or set data\.generator in place of data\.file/,
    ],
    [GENERATED_OF_FILES, "data.events=100", /a simulation has its size from simulation\.events/],
  ],
  "data.weight": [[TOY, "data.weight=w", /data\.weight: .* read with data\.file or --events only, got "w"/]],
  "data.source": [[TOY, "data.source=there", /data\.source: .* read with data\.file only, got "there"/]],
  "model.source": [[TOY, "model.source=there", /model\.source: .* read with model\.file only, got "there"/]],
  "model.activation": [[TOY, "model.activation=elu", /model\.activation: .* read with model\.file only, got "elu"/]],
  "model.leastSlope": [[TOY, "model.leastSlope=0.01", /model\.leastSlope: .* read with model\.file only, got 0\.01/]],
  "flows.x.bins": [
    [
      TOY,
      "flows.x={kind: affine, bins: 4}",
      /flows\.x\.bins: expected nothing, as it is read with flows\.x\.kind spline only, got 4\. Remove it, or set flows\.x\.kind to spline/,
    ],
  ],
  "flows.y.bins": [[FILES, "flows.y={kind: affine, bins: 4}", /flows\.y\.bins: .* flows\.y\.kind spline only/]],
  "response.points": [
    [TOY, "response.points=8", /response\.points: .* read with response\.nodes quadrature only, got 8/],
  ],
  "response.events": [
    [
      TOY,
      "response={sample: data, events: 100}",
      /response\.events: .* read with response\.sample model only, got 100/,
    ],
  ],
  "response.bins": [[TOY, "response.bins=4", /response\.bins: .* read with response\.kind spline only, got 4/]],
};

test("what is set and not read is an error, once, for every entry that only some sources and choices read", () => {
  assert.equal(Object.keys(UNREAD).sort(), Object.keys(RELEVANCE).sort());
  for (const [entry, cases] of Object.entries(UNREAD)) {
    for (const [source, set, pattern] of cases) {
      const found = message(source, set);
      assert.match(found, pattern, set);
      assert.is(found.split("\n").length, 1, `${entry}: ${found}`);
      assert.is(message(source), "no error", entry);
    }
  }
});

test("what is read is no error, and neither is a default", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [TOY, ["simulation.events=1000", "simulation.variations=[{shift: 1}, {squeeze: 1}]", "data.events=100"]],
    [TOY, ["flows.x.bins=4", "response={kind: spline, bins: 4, nodes: quadrature, points: 3, events: 200}"]],
    [FILES, ["simulation.weight=w", "data.weight=w", "data.source=there", "simulation.heldOut=0.3"]],
    [GENERATED_OF_FILES, ["simulation.events=1000"]],
    [PUBLISHED, ["model.source=there", "model.activation=elu", "model.leastSlope=1e-4"]],
    [PUBLISHED, ["processes.A.yield=3", "scan.points=3", "flows.x.hidden=[8]", "response.range=1"]],
    [FILES, ["data.events=50000", "response.points=6"]],
    // Switched off, and kept for when it is switched on again.
    [TOY, ["likelihood.observables=[x]", "transport.bins=4", "ensemble.replicas=3"]],
    [
      TOY,
      ["transport.enabled=false", "transport.bins=4", "response={enabled: false, layers: 3}", "morph.pairDamping=0.2"],
    ],
  ];
  for (const [source, set] of cases) assert.is(message(source, ...set), "no error", set.join());
  const weighted = readConfiguration(TOY, "a.yaml", { set: ["data.weight=w"], events: "other.npz" });
  assert.is(weighted.data.weight, "w");
});

test("every entry that is documented as one choice's only has its check", () => {
  const documented: string[] = [];
  const visit = (entry: Entry, path: readonly string[]) => {
    if (/\(.* only\)/.test(entry.doc)) documented.push(path.join("."));
    if (entry.kind === "section") for (const [key, inner] of Object.entries(entry.keys)) visit(inner, [...path, key]);
    if (entry.kind === "map" || entry.kind === "list") visit(entry.item, [...path, "*"]);
  };
  visit(configurationTable, []);
  // Checked with their kind of nuisance and their optimiser.
  const elsewhere = /^nuisances\.\*\.kappa$|\.training\.weightDecay$/;
  const found = documented.filter((path) => !elsewhere.test(path));
  assert.equal(found, ["response.points", "response.events", "response.bins"]);
  for (const path of found) assert.ok(RELEVANCE[path], path);
});

test("the generator simulates at plus and minus one, and at the corners of each pair", () => {
  assert.equal(variationPoints(read(TOY)), [{ shift: 1 }, { shift: -1 }, { squeeze: 1 }, { squeeze: -1 }]);
  const points = variationPoints(read(TOY, "morph.pairs=[[shift, squeeze]]", "nuisances.shift.nominal=2"));
  assert.is(points.length, 8);
  assert.equal(points.at(-1), { shift: 1, squeeze: -1 });
});

test("points, yields and paths", () => {
  const configuration = read(FILES, "nuisances.tilt.nominal=0.5");
  assert.equal(nuisanceVector(configuration, { norm: 2 }), [0, 0.5, 2]);
  assert.is(expectedYield(configuration, "other"), 20);
  const analysis = { file: "/some/where/a.yaml", configuration };
  assert.is(pathOf(analysis, "b/c.npz"), "/some/where/b/c.npz");
  assert.is(pathOf(analysis, "/b/c.npz"), "/b/c.npz");
  assert.is(outputFolder(analysis, undefined), "/some/where/unbinned-out");
  assert.is(outputFolder(analysis, "/tmp/x"), "/tmp/x");
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
