/** Densities that nuisances move, trained on varied samples in composition files: against the exact densities of toys. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import { withTrainings } from "../../../../workflow/recipes/composition-trainings.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { runInProcess } from "../../../cli/in-process.js";
import { close } from "../../../support/close.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

let files: Files;
let backend: Backend;

const frac = (i: number, factor: number) => ((i + 0.5) * factor) % 1;
/** Normal numbers with hardly a fluctuation: Box and Muller's, of a lattice. */
const normals = (n: number) =>
  Array.from(
    { length: n },
    (_, i) =>
      Math.sqrt(-2 * Math.log(frac(i, 0.7548776662466927))) * Math.cos(2 * Math.PI * frac(i, 0.5698402909980532)),
  );

const meanAt = (scale: number) => 5 + 0.6 * scale;
const widthAt = (scale: number) => 1 + 0.15 * scale;
const peakAt = (scale: number, n: number) =>
  normals(n)
    .map((z) => meanAt(scale) + widthAt(scale) * z)
    .filter((m) => m > 0 && m < 10);

test.before(async () => {
  files = await compositionFiles();
  backend = await cpuBackend({ precision: "f64", threads: 1 });
  for (const [name, scale] of [
    ["nominal", 0],
    ["up", 1],
    ["down", -1],
  ] as const)
    await files.sample(`${name}.npz`, { m: peakAt(scale, 20_000) });
  const flat = Array.from({ length: 3000 }, (_, i) => 10 * frac(i, 0.6180339887498949));
  await files.sample("peak.npz", { m: [...peakAt(0.7, 2000), ...flat] });
});
test.after(async () => {
  files.remove();
  await backend.close();
});

const HEAD = `output: out
columns: { m: { range: [0, 10] } }
samples: { peak: peak.npz, nominal: nominal.npz, up: up.npz, down: down.npz }
parameters: { ns: 2000, nb: 3000, scale: { constraint: { normal: { observed: 0, sigma: 1 } } } }
`;
const TAIL = `  flat: { uniform: m }
  model: { mixture: { signal: ns, flat: nb } }
likelihoods: { fit: { density: model, sample: peak } }
`;
const FLOW = "{ of: [m], train: nominal, kind: affine, transforms: 1, training: { epochs: 30 } }";
const VARIED = "[{ sample: up, at: { scale: 1 } }, { sample: down, at: { scale: -1 } }]";
const MORPHED = `${HEAD}densities:
  signal: { morphed: { density: nominal, of: [m], nuisances: { scale: 0 }, train: ${VARIED}, kind: affine, training: { epochs: 40, learningRate: 0.02 } } }
  nominal: { flow: ${FLOW} }
${TAIL}`;
const EXACT = `${HEAD}functions: { mean: { expression: "5 + 0.6 * scale" }, width: { expression: "1 + 0.15 * scale" } }
densities:
  signal: { gaussian: { x: m, mean: mean, sigma: width } }
${TAIL}`;

async function trained(source: string, see: (name: string, key: string) => unknown = () => {}) {
  const analysis = await readComposition(source, join(files.folder, "a.yaml"));
  const common = commonOf(analysis, backend);
  const silent = {
    signal: new AbortController().signal,
    warn() {},
    progress: { begin: () => ({ update() {}, done() {} }), note() {} },
  };
  const passing = passingSteps(common);
  const run: typeof passing.run = async (name, inputs, body) => {
    const ran = await passing.run(name, inputs, body);
    see(name, ran.key);
    return ran;
  };
  const { context } = await withTrainings({ ...silent, analysis, backend, common, store: { ...passing, run } });
  return context.analysis.composition;
}

const logNormal = (x: number, mean: number, width: number) =>
  -0.5 * ((x - mean) / width) ** 2 - Math.log(width * Math.sqrt(2 * Math.PI));

test("a shape nuisance is fitted by a morph as by the exact density: estimates, errors, and the density beyond the samples", async () => {
  const fitOf = async (name: string, source: string) => {
    const { out, error, code } = await runInProcess(["fit", files.write(`${name}.yaml`, source), "--json"]);
    assert.is(code, 0, error);
    return JSON.parse(out).likelihoods.fit.parameters as readonly { estimate: number; sigma: number }[];
  };
  const [morph, exact] = [await fitOf("morphed", MORPHED), await fitOf("exact", EXACT)];
  for (const [k, own] of exact.entries()) {
    // 16 000 events of each sample know it to a seventh of what 2000 above a background do.
    close([morph[k]!.estimate], [own.estimate], { absolute: 0.15 * own.sigma, relative: 0 }, `estimate ${k}`);
    close([morph[k]!.sigma], [own.sigma], { absolute: 0, relative: 0.03 }, `error ${k}`);
  }
  assert.ok(Math.abs(exact[2]!.estimate - 0.7) < 0.1 * exact[2]!.sigma, "the toy is where it was made");

  const composition = await trained(MORPHED);
  const m = Float64Array.of(3, 4.5, 5.5, 7);
  const channels = [{ name: "a", density: "signal", data: { count: 4, columns: { m } }, isExtended: false }];
  const likelihood = await channelsLikelihood({ backend, composition, channels });
  for (const scale of [-1, -0.4, 0, 0.6, 1, 1.5]) {
    const found = await likelihood.logProb("a", [1, 1, scale]);
    const wanted = m.map((x) => logNormal(x, meanAt(scale), widthAt(scale)));
    // At 7, up to three widths from the mean, 0.011 of ln width that is quadratic in scale makes 0.1: less than two of its errors, and mostly left out.
    close(found, wanted, { absolute: Math.abs(scale) <= 1 ? 0.1 : 0.16, relative: 0 }, `log p at ${scale}`);
  }
  await likelihood.close();
});

test("two nuisances and their pair, given a category: each moves its own class", async () => {
  const n = 8000;
  const z = normals(n);
  const events = (shift: number, width: number) => ({
    m: [...z.map((own) => own + 0.5 * shift), ...z.map((own) => 4 + own * Math.exp(0.3 * width + 0.2 * shift * width))],
    k: [...z.map(() => 0), ...z.map(() => 1)],
  });
  const points = { n: [0, 0], s: [1, 0], t: [-1, 0], w: [0, 1], b: [1, 1] } as const;
  for (const [name, [s, w]] of Object.entries(points)) await files.sample(`${name}.npz`, events(s, w));
  const at =
    "[{ sample: s, at: { shift: 1 } }, { sample: t, at: { shift: -1 } }, { sample: w, at: { width: 1 } }, { sample: b, at: { shift: 1, width: 1 } }]";
  const composition = await trained(`columns: { m: {}, k: { values: [0, 1] } }
samples: { n: n.npz, s: s.npz, t: t.npz, w: w.npz, b: b.npz }
parameters: { shift: 0, width: 0 }
densities:
  nominal: { flow: { of: [m], given: [k], train: n, kind: affine, transforms: 1, training: { epochs: 30, learningRate: 0.01 } } }
  own: { morphed: { density: nominal, of: [m], given: [k], nuisances: { shift: 0, width: 0 }, train: ${at}, pairs: [[shift, width]], kind: affine, training: { epochs: 25, learningRate: 0.01 } } }
likelihoods: { fit: { density: own, sample: n } }
`);
  const data = { count: 4, columns: { m: Float64Array.of(-0.5, 1, 3, 5.5), k: Float64Array.of(0, 0, 1, 1) } };
  const likelihood = await channelsLikelihood({
    backend,
    composition,
    channels: [{ name: "a", density: "own", data, isExtended: false }],
  });
  for (const [shift, width] of [
    [0, 0],
    [1, 0],
    [-0.5, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const found = await likelihood.logProb("a", [shift, width]);
    const own = Math.exp(0.3 * width + 0.2 * shift * width);
    const wanted = [-0.5, 1].map((x) => logNormal(x, 0.5 * shift, 1)).concat([3, 5.5].map((x) => logNormal(x, 4, own)));
    close(found, wanted, { absolute: 0.1, relative: 0 }, `log p at ${shift}, ${width}`);
  }
  await likelihood.close();
});

test("the training of a morph is a step behind that of its density, and repeated with it", async () => {
  const file = files.write("steps.yaml", MORPHED.replace("epochs: 40", "epochs: 2").replace("epochs: 30", "epochs: 2"));
  const out = ["--out", join(files.folder, "steps")];
  const states = async (...words: readonly string[]) => {
    const ran = await runInProcess(["steps", file, ...out, "--json", ...words]);
    assert.is(ran.code, 0, ran.error);
    const { steps } = JSON.parse(ran.out) as { steps: readonly { name: string; needs: string[]; state: string }[] };
    return steps.slice(0, 3).map(({ name, needs, state }) => `${name} (${needs.join()}): ${state}`);
  };
  const all = (...state: readonly string[]) =>
    ["train.nominal ()", "train.signal (train.nominal)", "fit.fit (train.nominal,train.signal)"].map(
      (own, i) => `${own}: ${state[i] ?? state[0]}`,
    );
  assert.equal(await states(), all("missing"));
  const ran = await runInProcess(["run", file, ...out, "--json"], { judgesTrainings: false });
  assert.equal(
    JSON.parse(ran.out).trainings.map(({ label }: { label: string }) => label),
    ["density nominal", "density signal, scale"],
  );
  assert.equal(await states(), all("done"));
  const own = "densities.signal.morphed";
  for (const set of [
    "training.epochs=3",
    "heldOut=0.3",
    "hidden=[8]",
    "layers=2",
    "nuisances.scale=0.5",
    "region={m: [[1, 9]]}",
    "nominal=down",
  ]) {
    assert.equal(await states("--set", `${own}.${set}`), all("done", "stale", "stale"), set);
  }
  const other = `${own}.train=[{ sample: up, at: { scale: 2 } }]`;
  assert.equal(await states("--set", other), all("done", "stale", "stale"));
  assert.equal(await states("--set", "densities.nominal.flow.heldOut=0.3"), all("stale"));
  assert.equal(await states("--set-parameter", "scale=0.3"), all("done", "done", "stale"));
  const only = await runInProcess(["run", file, "--out", join(files.folder, "only"), "--only", "train.nominal"], {
    judgesTrainings: false,
  });
  // A simple morph and what it leaves are parts of the step.
  const morphOnly = await runInProcess(["run", file, "--out", join(files.folder, "morph"), "--only", "train.signal"]);
  assert.match(morphOnly.out, "the step fit.fit is not done");
  assert.match(only.out, "No results yet: they are made of the fits, and the step train.signal is not done.");

  const { out: valid } = await runInProcess(["validate", file]);
  assert.match(valid, /^ {2}signal: trained on \d+ events of up, \d+ events of down, beside \d+ events of nominal$/m);
  const expanded = JSON.parse((await runInProcess(["expand", file, "--json"])).out);
  const { type, train, nuisances } = expanded.distributions.find(({ name }: { name: string }) => name === "signal");
  assert.equal([type, nuisances, train[1]], ["morphed", ["scale"], { sample: "down", at: { scale: -1 } }]);
});

test("a stage follows from the nominal events that stand beside it, also beside a parametric density", async () => {
  const m = peakAt(0, 60);
  await files.sample("small.npz", { m, w: m.map((own) => 1 + own / 10) });
  await files.sample("moved.npz", { m: m.map((own) => own + 0.1) });
  const source = (nominal: string) => `columns: { m: {} }
samples: { small: ${nominal}, moved: moved.npz }
parameters: { nu: 0 }
densities:
  fixed: { gaussian: { x: m, mean: 5, sigma: 1 } }
  own: { morphed: { density: fixed, of: [m], nominal: small, nuisances: { nu: 0 }, train: [{ sample: moved, at: { nu: 1 } }], kind: affine, training: { epochs: 1 } } }
likelihoods: { fit: { density: own, sample: moved, extended: false } }
`;
  const keysOf = async (nominal: string) => {
    const keys: string[] = [];
    await trained(source(nominal), (name, key) => name.startsWith("train.own.") && keys.push(key));
    return keys;
  };
  const plain = await keysOf("small.npz");
  assert.ok(plain.length > 0);
  assert.equal(await keysOf("small.npz"), plain);
  const weighted = await keysOf("{ file: small.npz, weight: w }");
  assert.ok(weighted.every((key) => !plain.includes(key)));
});

test("what no morph can be trained of is refused in one sentence, by its place", async () => {
  const said = async (from: string, to: string) => {
    assert.ok(MORPHED.includes(from), from);
    const { error, code } = await runInProcess(["validate", files.write("refused.yaml", MORPHED.replaceAll(from, to))]);
    return `${code}: ${error}`;
  };
  assert.match(
    await said(`{ flow: ${FLOW} }`, "{ gaussian: { x: m, mean: 5, sigma: ns } }"),
    /^2: .*densities\.signal\.morphed\.density: expected a density that depends on no parameter, .* got nominal, which depends on ns\. Give/,
  );
  assert.match(
    await said("sample: up", "sample: upp"),
    /^2: .*morphed\.train\[0\]\.sample: expected a sample, got "upp"/,
  );
  assert.match(
    await said("nuisances: { scale: 0 }", "nuisances: { scal: 0 }"),
    /^2: .*morphed\.nuisances\.scal: expected a number, or the name of .* Did you mean scale/,
  );
  assert.match(
    await said("at: { scale: -1 }", "at: { scale: 0 }"),
    /^2: .*densities\.signal: expected samples at other than the nominal values, got down at these/,
  );
  assert.match(
    await said("morphed: { density: nominal, of: [m]", "morphed: { density: nominal, of: [m, q]"),
    /^2: .*of\[1\]/,
  );
  const parametric = await said(`{ flow: ${FLOW} }`, "{ gaussian: { x: m, mean: 5, sigma: 1 } }");
  assert.match(parametric, /^0: /);
});

test.run();
