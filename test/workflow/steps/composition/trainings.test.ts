/** Trainings of densities of compositions: what flows learn, against closed forms; kept, and repeated where they follow from something else. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { binSource, densityInBins } from "../../../../inference/model/predictions/density-in-bins.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import { withTrainings } from "../../../../workflow/recipes/composition-trainings.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { runInProcess } from "../../../cli/in-process.js";
import { close } from "../../../support/close.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

let files: Files;
let backend: Backend;
test.before(async () => {
  files = await compositionFiles();
  backend = await cpuBackend({ precision: "f64", threads: 1 });
});
test.after(async () => {
  files.remove();
  await backend.close();
});

const signal = new AbortController().signal;
const silent = { signal, warn() {}, progress: { begin: () => ({ update() {}, done() {} }), note() {} } };

async function trained(source: string) {
  const analysis = await readComposition(source, join(files.folder, "a.yaml"));
  const common = commonOf(analysis, backend);
  const { context, trainings } = await withTrainings({
    ...silent,
    analysis,
    backend,
    common,
    store: passingSteps(common),
  });
  return { composition: context.analysis.composition, trainings, context };
}

/** Evenly spaced in probability, then in disorder: quantiles have no fluctuation, and a part of them little. */
const quantiles = (n: number, inverse: (u: number) => number) =>
  Array.from({ length: n }, (_, i) => inverse((((i * 7919) % n) + 0.5) / n));

const EDGE = { theta: [1000], data: { count: 1, columns: {} }, seed: 1 };

test("an affine flow is the normal density with mean and width of its sample", async () => {
  // Logistic, mean 3, standard deviation 0.5 π / √3.
  await files.sample("logistic.npz", { m: quantiles(4001, (u) => 3 + 0.5 * Math.log(u / (1 - u))) });
  const { composition, trainings } = await trained(`columns: { m: {} }
samples: { data: data.npz, logistic: logistic.npz }
parameters: { n: 1000 }
densities:
  bell: { flow: { of: [m], train: logistic, kind: affine, transforms: 1, training: { epochs: 30 } } }
  model: { mixture: { bell: n } }
likelihoods: { fit: { density: model, sample: data } }
`);
  assert.equal(
    trainings.map(({ label, summary }) => [label, summary.convergence.status]),
    [["density bell", "converged"]],
  );
  const bins = { composition, density: "bell", column: "m", edges: [-5, 2, 2.5, 3, 3.5, 4, 11] };
  const { total } = await densityInBins(bins, binSource(bins, EDGE));
  // By erf of Python's math; a fifth of the sample is held out, so that mean and width have errors of about a hundredth of the width.
  const exact = [0.1350879, 0.1556162, 0.2092959, 0.2092959, 0.1556162, 0.1350879];
  close(total, exact, { absolute: 6e-3, relative: 0 });
});

test("a flow cut to its range learns weighted events up to the ends, where a density over all numbers would not", async () => {
  const m = quantiles(20011, (u) => 100 + 80 * u);
  await files.sample("weighted.npz", { m, w: m.map((own) => Math.exp(-0.02 * (own - 100))) });
  const { composition } = await trained(`columns: { m: { range: [100, 180] } }
samples: { data: data.npz, weighted: { file: weighted.npz, weight: w } }
parameters: { n: 1000 }
densities:
  falling: { flow: { of: [m], train: weighted, bins: 6, training: { epochs: 30 } } }
  model: { mixture: { falling: n } }
likelihoods: { fit: { density: model, sample: data } }
`);
  const edges = [100, 101, 110, 120, 140, 160, 179, 180];
  const bins = { composition, density: "falling", column: "m", edges };
  const { total } = await densityInBins(bins, binSource(bins, EDGE));
  const part = (a: number, b: number) =>
    (Math.exp(-0.02 * (a - 100)) - Math.exp(-0.02 * (b - 100))) / -Math.expm1(-0.02 * 80);
  const exact = edges.slice(1).map((edge, i) => part(edges[i]!, edge));
  // 1% of a bin is what 10 000 events know of it; at the ends, where splines are the least known, twice that.
  close(total, exact, { absolute: 2e-3, relative: 0.03 });
});

test("a conditional flow learns the density of each category", async () => {
  const z = quantiles(4001, (u) => Math.log(u / (1 - u)) * (Math.sqrt(3) / Math.PI));
  await files.sample("two.npz", {
    m: [...z, ...z.map((own) => 3 + 2 * own)],
    k: z.concat(z).map((_, i) => (i < 4001 ? 5 : 7)),
  });
  const { context, composition } = await trained(`columns: { m: {}, k: { values: [5, 7] } }
samples: { data: two.npz }
parameters: { n: 8002 }
densities:
  own: { flow: { of: [m], given: [k], train: data, kind: affine, transforms: 1, training: { epochs: 60 } } }
  model: { mixture: { own: n } }
likelihoods: { fit: { density: model, sample: data } }
`);
  const data = { count: 4, columns: { m: Float64Array.of(0, 1, 3, 5), k: Float64Array.of(5, 5, 7, 7) } };
  const channels = [{ name: "a", density: "own", data, isExtended: false }];
  const likelihood = await channelsLikelihood({ backend: context.backend, composition, channels });
  const found = await likelihood.logProb("a", [8002]);
  await likelihood.close();
  const normal = (x: number, mean: number, width: number) =>
    -0.5 * ((x - mean) / width) ** 2 - Math.log(width * Math.sqrt(2 * Math.PI));
  close(found, [normal(0, 0, 1), normal(1, 0, 1), normal(3, 3, 2), normal(5, 3, 2)], { absolute: 0.05, relative: 0 });
});

test("a flow trained on sidebands is normalised in them: a peak between them moves nothing", async () => {
  // Box and Muller's.
  const frac = (i: number, factor: number) => ((i + 0.5) * factor) % 1;
  const bell = Array.from(
    { length: 20_000 },
    (_, i) =>
      Math.sqrt(-2 * Math.log(frac(i, 0.7548776662466927))) * Math.cos(2 * Math.PI * frac(i, 0.5698402909980532)),
  );
  const peak = Array.from({ length: 8000 }, (_, i) => 0.2 + 0.1 * Math.sin(i));
  await files.sample("sides.npz", { m: [...bell, ...peak] });
  const { composition } = await trained(`columns: { m: {} }
samples: { data: sides.npz }
parameters: { n: 1000 }
densities:
  bell:
    flow: { of: [m], train: data, region: { m: [[-9, 0], [0.5, 9]] }, kind: affine, transforms: 1, training: { epochs: 40 } }
  model: { mixture: { bell: n } }
likelihoods: { fit: { density: model, sample: data } }
`);
  const bins = { composition, density: "bell", column: "m", edges: [-9, -1, 0, 0.5, 9] };
  const { total } = await densityInBins(bins, binSource(bins, EDGE));
  // Φ at -1, 0 and 0.5; 13 000 events know the width to 1% and the mean to 0.02. With the peak the middle would have 0.42.
  close(total, [0.15866, 0.34134, 0.19146, 0.30854], { absolute: 0.015, relative: 0 });
});

const FLOW = "{ of: [m], train: control, kind: affine, transforms: 1, training: { epochs: 3 } }";
const SOURCE = `output: out
columns: { m: { range: [100, 180] } }
samples: { data: data.npz, control: background.npz, other: other.npz }
parameters: { nsig: 300, nbkg: 5000 }
densities:
  signal: { gaussian: { x: m, mean: 125, sigma: 2 } }
  background: { flow: ${FLOW} }
  unused: { flow: ${FLOW} }
  model: { mixture: { signal: nsig, background: nbkg } }
likelihoods: { fit: { density: model, sample: data } }
`;

test("a training is a step, before the fit that follows from it; what changes it repeats both", async () => {
  const file = files.write("flow.yaml", SOURCE);
  const out = ["--out", join(files.folder, "flow")];
  const states = async (...words: readonly string[]) => {
    const ran = await runInProcess(["steps", file, ...out, "--json", ...words]);
    assert.is(ran.code, 0, ran.error);
    const { steps } = JSON.parse(ran.out) as { steps: readonly { name: string; state: string }[] };
    return steps.map(({ name, state }) => `${name}: ${state}`);
  };
  const names = ["train.background", "fit.fit", "projections.fit", "bands.fit"];
  const all = (state: string) => names.map((name) => `${name}: ${state}`);
  assert.equal(await states(), all("missing"));
  const first = await runInProcess(["run", file, ...out, "--json"], { judgesTrainings: false });
  const results = JSON.parse(first.out);
  assert.equal(results.trainings[0].label, "density background");
  assert.is(results.likelihoods.fit.projections.length, 1);
  assert.equal(await states(), all("done"));
  const again = await runInProcess(["run", file, ...out, "--json"], { judgesTrainings: false });
  assert.match(again.error, /^train\.background: kept from before$/m);
  assert.equal(JSON.parse(again.out).likelihoods, results.likelihoods);
  for (const set of [
    "training.epochs=4",
    "heldOut=0.3",
    "train=other",
    "hidden=[8]",
    "transforms=2",
    "region={m: [[110, 180]]}",
  ]) {
    assert.equal(await states("--set", `densities.background.flow.${set}`), all("stale"), set);
  }
  // The fit alone follows from its own parameters and data.
  assert.equal(await states("--set-parameter", "nsig=200"), ["train.background: done", ...all("stale").slice(1)]);
  assert.equal(await states("--set", "densities.unused.flow.heldOut=0.3"), all("done"));

  const { out: valid } = await runInProcess(["validate", file]);
  assert.match(valid, /^ {2}background: trained on 5000 events of control$/m);
  const expanded = JSON.parse((await runInProcess(["expand", file, "--json"])).out);
  const flow = expanded.distributions.find(({ name }: { name: string }) => name === "background");
  assert.equal([flow.type, flow.train, flow.heldOut, flow.training.epochs], ["flow", "control", 0.2, 3]);
});

test("numbers of events at the start are those of trained flows", async () => {
  await files.sample("low.npz", { m: quantiles(4000, (u) => 100 + 5 * u) });
  const said = async (verb: string, start: number) => {
    const source = `columns: { m: { range: [100, 180] } }
samples: { low: low.npz }
parameters: { n: ${start} }
densities:
  low: { flow: { of: [m], train: low, kind: affine, transforms: 1, training: { epochs: 3 } } }
  model: { mixture: { low: n } }
likelihoods: { fit: { density: model, sample: low, region: { m: [[102, 105]] } } }
`;
    const { error } = await runInProcess([verb, files.write("start.yaml", source)], { judgesTrainings: false });
    return error
      .match(/expects (\S+) events at the start, where there are 2400/)
      ?.slice(1)
      .map(Number);
  };
  // Three fifths of the sample are in the region, and hardly anything of a flow that is not trained: a standard normal density above 100.
  assert.equal(await said("fit", 12), undefined);
  close((await said("fit", 0.9))!, [0.54], { absolute: 0.09, relative: 0 });
  assert.equal(await said("validate", 0.9), undefined);
});

test("what no flow can be made of is refused in one sentence", async () => {
  const said = async (from: string, to: string) => {
    const { error, code } = await runInProcess(["validate", files.write("refused.yaml", SOURCE.replaceAll(from, to))]);
    return `${code}: ${error}`;
  };
  assert.match(
    await said("train: control", "train: contrl"),
    /^2: .*densities\.background\.flow\.train: expected a sample, got "contrl"\. Did you mean control/,
  );
  assert.match(await said("of: [m]", "of: [q]"), /^2: .*flow\.of\[0\]: expected a column, got "q"/);
  assert.match(
    await said("of: [m]", "of: [m], structure: coupling"),
    /^2: .*densities\.background: expected two columns or more of a coupling flow, got 1 \(m\)/,
  );
  const three = SOURCE.replace("columns: {", "columns: { x: {}, y: {},").replaceAll("of: [m]", "of: [m, x, y]");
  const { error } = await runInProcess(["validate", files.write("three.yaml", three)]);
  assert.match(error, /densities\.background: expected no range or region, or a flow of one column, .*flow of m, x, y/);
  assert.match(
    await said("{ range: [100, 180] }", "{ values: [1, 2] }"),
    /^2: .*densities\.signal: expected a density of numbers, got the categorical column m/,
  );
});

test.run();
