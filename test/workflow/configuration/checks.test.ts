/** What no single entry can tell. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FILES, message, read, TOY } from "./sources.js";

test("names that refer to nothing are errors", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["truth={scal: 1}", /truth\.scal: expected a declared nuisance, got "scal"\. Did you mean scale\?/],
    ["morph.pairs=[[scale, tlt]]", /morph\.pairs\[0\]: expected a declared nuisance, got "tlt"\. Did you mean tilt\?/],
    ["scan.nuisances=[norn]", /scan\.nuisances\[0\]: expected a declared nuisance, got "norn"\. Did you mean norm\?/],
    ["nuisances.tilt.processes=[singal]", /expected a declared process, got "singal"\. Did you mean signal\?/],
    [
      "data.without=[{feature: 'x[2]', values: [0]}]",
      /data\.without\[0\]\.feature: expected a feature of the likelihood, got "x\[2\]"/,
    ],
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
      "nuisances.norm.acceptance=none",
      /nuisances\.norm\.acceptance: expected nothing, as a rate moves the yields by kappa, got none\. Remove it/,
    ],
    [
      TOY,
      "nuisances.shift.acceptance=sums",
      /nuisances\.shift\.acceptance: expected none, as there are no samples with sums of weights, got sums/,
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
    [
      FILES,
      "observables.x.transform=[log, none, rank]",
      /observables\.x\.transform: expected one transformation, or one per feature \(1\), got 3/,
    ],
    [
      TOY,
      "observables.x.transform=[log]",
      /observables\.x: expected no transform and no edges, as features of simulation\.generator stay as they are, got transform \["log"\]\. Remove both/,
    ],
    [FILES, "observables.x.edges={x3: {low: 1}}", /observables\.x\.edges\.x3: expected a feature of x, got "x3"\. Did/],
    [
      FILES,
      "observables.x.edges={x1: {low: 2, high: 1}}",
      /observables\.x\.edges\.x1: expected low below high, got 2 and 1/,
    ],
    [
      FILES,
      "observables.x={features: 2, transform: [log], edges: {x2: {low: 0}}}",
      /observables\.x\.edges\.x2: expected a feature with the transform auto or rank, got transform log\. Set it to auto or/,
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

test.run();
