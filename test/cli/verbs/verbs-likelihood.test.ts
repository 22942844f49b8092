/** evaluate, hessian, fit, scan and kernels on a small trained model whose answers PyTorch computed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { readNpz, writeNpz } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { loadEvents, saveEvents } from "../../../workflow/events/event-data.js";
import { readSavedModel, saveModel } from "../../../workflow/store/model-files.js";
import { torchAnswers, torchEvents, torchModel } from "../../inference/torch-mixture.js";
import { close } from "../../support/close.js";
import { gaussianModel } from "../../support/gaussian-mixture.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { runInProcess as run } from "../in-process.js";
import { rows, TORCH_FLOWS, TORCH_SAMPLES } from "../torch-files.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-verbs-"));
const file = join(folder, "analysis.yaml");
const published = fileURLToPath(new URL("../../../../examples/doi-toy/published.yaml", import.meta.url));

const YAML = `
name: PyTorch's mixture
output: out
observables: { x: { features: 1 }, y: { features: 2 } }
processes:
  A: { yield: 14, samples: ${TORCH_SAMPLES("a.npz")} }
  B: { yield: 18, samples: ${TORCH_SAMPLES("a.npz")} }
nuisances: { nu1: , nu2: }
events: { file: data.npz, weight: weight }
scan: { points: 5, grid: 4, range: 2 }
${TORCH_FLOWS}`;

const both = (name: string) => `{ file: a.npz, at: { ${name}: -1 } }, { file: a.npz, at: { ${name}: 1 } }`;

/** Three processes, four nuisances, smooth in all of them. */
const smoothFile = join(folder, "smooth.yaml");
const SMOOTH_YAML = `
name: Gaussians
output: smooth
observables: { x: { features: 1 }, y: { features: 3 } }
processes:
  process0: { yield: 15, samples: [{ file: a.npz }, ${both("scale")}, { file: a.npz, at: { modelling: 1 } }] }
  process1: { yield: 20, samples: [{ file: a.npz }, ${both("scale")}] }
  process2: { yield: 25, samples: [{ file: a.npz }, ${both("scale")}, ${both("tilt")}, { file: a.npz, at: { scale: 1, tilt: 1 } }] }
nuisances:
  scale:
  rate: { kind: rate, processes: [process1], kappa: 0.1, centre: 0.2 }
  tilt: { processes: [process2], centre: 0.3 }
  modelling: { processes: [process0] }
events: { file: smooth.npz }
truth: { scale: 0.5 }
scan: { nuisances: [scale], pairs: [[scale, tilt]], points: 5, grid: 4, range: 2 }
flows: { x: { kind: affine, transforms: 1, hidden: [3] }, y: { kind: affine, transforms: 1, hidden: [3] } }
fnf: { pairs: [[scale, tilt]], q: 0.02, r: 0.1, x: { layers: 1, hidden: [3] }, y: { layers: 1, hidden: [3] } }
transfer: { transforms: 1, hidden: [3] }
profile: { enabled: false, layers: 1, hidden: [3], scale: 0.5 }
`;

/** T responds to all nuisances alike. */
const respondingModel: MixtureModel = {
  ...gaussianModel,
  response: {
    ...gaussianModel.response!,
    architecture: {
      ...gaussianModel.response!.architecture,
      nuisances: gaussianModel.response!.architecture.nuisances.map((nuisance) => ({ ...nuisance, scale: 0.5 })),
    },
  },
};
const RESPONDING = ["--set", "output=responding", "--set", "profile.enabled=true"];

test.before(async () => {
  writeFileSync(file, YAML);
  const { x, y, weights } = torchEvents;
  const columns = { x: rows(x), y: rows(y!), weight: { shape: [torchEvents.count], data: weights as Float64Array } };
  await writeNpz(join(folder, "data.npz"), columns);
  await writeNpz(join(folder, "a.npz"), columns);
  const broken = Float64Array.from(columns.x.data);
  broken[3] = Number.NaN;
  await writeNpz(join(folder, "nan.npz"), { ...columns, x: { ...columns.x, data: broken } });
  await writeNpz(join(folder, "no-y.npz"), { x: columns.x, weight: columns.weight });
  await writeNpz(join(folder, "wide.npz"), { ...columns, x: columns.y });
  const random = randomNumbers(5);
  const smooth = (width: number) =>
    rows(
      Float64Array.from({ length: 60 * width }, () => 4 * random() - 2),
      60,
    );
  await writeNpz(join(folder, "smooth.npz"), { x: smooth(1), y: smooth(3) });
  writeFileSync(smoothFile, SMOOTH_YAML);
  writeFileSync(join(folder, "renamed.yaml"), YAML.replaceAll("nu2", "nu3"));
  const out = join(folder, "out");
  mkdirSync(out);
  mkdirSync(join(folder, "smooth"));
  const { response: _, ...gaussians } = gaussianModel;
  await saveModel(join(folder, "smooth"), gaussians);
  mkdirSync(join(folder, "responding"));
  await saveModel(join(folder, "responding"), respondingModel);
  await saveModel(out, torchModel({ hasTransfer: true, hasRates: false }));
});
test.after(() => rmSync(folder, { recursive: true }));

const command = (verb: string, ...options: readonly string[]) => run([verb, file, ...options]);

async function jsonAndCode(analysis: string, verb: string, ...options: readonly string[]) {
  const { out, error, code } = await run([verb, analysis, "--json", "--threads", "1", ...options]);
  return { result: JSON.parse(out), error, code };
}

async function jsonOf(analysis: string, verb: string, ...options: readonly string[]) {
  const { result, error, code } = await jsonAndCode(analysis, verb, ...options);
  assert.is(code, 0, error);
  return { result, error };
}

const json = (verb: string, ...options: readonly string[]) => jsonOf(file, verb, ...options);

const jointAnswer = torchAnswers.find(
  ({ form, withTransfer, parameters }) => form === "joint" && withTransfer && parameters.every((value) => value === 0),
)!;
const exact = { absolute: 1e-11, relative: 1e-11 };
/** Of the four parameters of PyTorch, the two that this analysis declares. */
const firstTwo = (values: readonly number[]) => values.slice(0, 2);
const block = (values: readonly number[]) => [values[0]!, values[1]!, values[4]!, values[5]!];

test("evaluate writes the log density of every event", async () => {
  for (const backend of ["cpu", "reference"]) {
    const out = join(folder, `evaluated-${backend}.npz`);
    const { result } = await json("evaluate", "--nu", "0,0", "--out", out, "--backend", backend);
    const arrays = await readNpz(out);
    const logProb = arrays.get("log_prob")!;
    assert.equal(logProb.shape, [30]);
    assert.instance(logProb.data, Float64Array);
    close(logProb.data as Float64Array, jointAnswer.logProb.data, exact, backend);
    assert.equal(result.nu, [0, 0]);
    assert.is(result.file, out);
  }
});

test("evaluate --head keeps the first events", async () => {
  const out = join(folder, "head.npz");
  const { result } = await json("evaluate", "--nu", "nu2=0", "--head", "7", "--out", out);
  const { data } = (await readNpz(out)).get("log_prob")!;
  close(data as Float64Array, jointAnswer.logProb.data.slice(0, 7), exact);
  assert.is(result.events, 7);
});

test("hessian gives the data's sums and the total with constraints and extended term", async () => {
  const { result } = await json("hessian", "--nu", "0,0");
  const { data, total } = jointAnswer;
  close([result.data.nll, result.total.nll], [data.nll, total.nll], exact, "nll");
  close(result.data.gradient, firstTwo(data.gradient.data), exact, "gradient");
  close(result.data.hessian.flat(), block(data.hessian.data), exact, "Hessian");
  close(result.total.gradient, firstTwo(total.gradient.data), exact, "total gradient");
  close(result.total.hessian.flat(), block(total.hessian.data), exact, "total Hessian");
  assert.is(result.transport, "fixed");
});

test("weighted events have the sandwich covariance, unweighted ones the inverse Hessian", async () => {
  const { result: weighted } = await json("hessian", "--nu", "0,0");
  assert.is(weighted.estimator, "sandwich");
  const { weights } = torchEvents;
  const [sum, squares] = [(w: number) => w, (w: number) => w * w].map((of) =>
    Array.from(weights!, of).reduce((a, b) => a + b, 0),
  ) as [number, number];
  close([weighted.effectiveEvents], [sum ** 2 / squares], exact);
});

test("covariance and modes are those of the inverse Hessian", async () => {
  const { result } = await jsonOf(smoothFile, "hessian", "--nu", "scale=0.3,tilt=0.2");
  assert.is(result.estimator, "inverse Hessian");
  const entry = (rows: number[][], k: number) => rows[Math.floor(k / 4)]![k % 4]!;
  const all = Array.from({ length: 16 }, (_, k) => k);
  const product = all.map((k) => {
    const [i, j] = [Math.floor(k / 4), k % 4];
    return [0, 1, 2, 3].reduce((sum, l) => sum + result.covariance[i][l] * result.total.hessian[l][j], 0);
  });
  close(product, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], exact, "covariance · Hessian");
  const rebuilt = all.map((k) =>
    result.modes.reduce(
      (sum: number, { sigma, direction }: { sigma: number; direction: number[] }) =>
        sum + sigma ** 2 * direction[Math.floor(k / 4)]! * direction[k % 4]!,
      0,
    ),
  );
  close(
    rebuilt,
    all.map((k) => entry(result.covariance, k)),
    exact,
    "modes",
  );
  close(
    result.sigma,
    [0, 5, 10, 15].map((k) => Math.sqrt(entry(result.covariance, k))),
    exact,
    "sigma",
  );
});

test("where T responds to nu, errors with T fixed are given too", async () => {
  const at = ["--nu", "0.4,0.2,-0.1,0.1"];
  const { result } = await jsonOf(smoothFile, "hessian", ...at, ...RESPONDING);
  const { result: fixed } = await jsonOf(smoothFile, "hessian", ...at);
  assert.is(result.transport, "profiled");
  assert.is(result.fixedTransport.transport, "fixed");
  assert.equal(result.fixedTransport.covariance, fixed.covariance);
  assert.not.equal(result.covariance, fixed.covariance);
  assert.is(result.data.nll, fixed.data.nll, "at the centre of its response T is what it was");
});

test("a fit in which T responds stays in the box where its response was trained", async () => {
  const out = ["--out", join(folder, "edge"), "--set", `output=${join(folder, "responding")}`];
  const words = [...RESPONDING, "--set", "profile.box=0.01", ...out];
  const { result, code, error } = await jsonAndCode(smoothFile, "fit", ...words);
  assert.is(code, 3);
  assert.match(error, /^unbinned: fit: expected a minimum, got the verdict at-box-edge\. .* The results are written/m);
  assert.equal(JSON.parse(readFileSync(join(folder, "edge", "fit.json"), "utf8")), result);
  assert.is(result.status, "at-box-edge");
  assert.match(
    result.reason,
    /of its box.* The response of T was trained within profile\.box = 0\.01 of its centre only: widen profile\.box, profile\.scale with it, and run again\./,
  );
  const centres = [0.4, 0.2, -0.1, 0.1];
  for (const [k, value] of result.estimate.entries()) assert.ok(Math.abs(value - centres[k]!) <= 0.01 + 1e-12);
});

test("a fit that ends at a bound says which entry holds it", async () => {
  const words = ["--set", "fit.bounds=[-0.05, 0.5]", "--nu", "0.1,0.1,0.1,0.1"];
  const { result, code } = await jsonAndCode(smoothFile, "fit", ...words);
  assert.is(code, 3);
  assert.is(result.status, "at-bound");
  assert.match(
    result.reason,
    /is at its (lower|upper) bound \S+; the NLL still falls beyond it\..* fit\.bounds is \[-0\.05, 0\.5\]: widen it where values beyond make sense\./,
  );
});

test("hessian without a minimum has covariance null and says why", async () => {
  const { result, error } = await json("hessian", "--nu", "0,0", "--set", "events.weight=null", "--head", "1");
  assert.is(result.covariance, null);
  assert.equal(result.modes, []);
  assert.match(result.problem, /^The Hessian is not positive definite: along .* it is negative/);
  assert.match(error, /unbinned: warning: The Hessian is not positive definite/);
});

test("hessian --out leaves its numbers in the folder", async () => {
  const { result } = await json("hessian", "--nu", "0,0", "--out", join(folder, "elsewhere"));
  assert.equal(JSON.parse(readFileSync(join(folder, "elsewhere", "hessian.json"), "utf8")), result);
});

test("likelihood.observables: [x] looks at x alone", async () => {
  const { result } = await json("hessian", "--nu", "0,0", "--set", "likelihood.observables=[x]");
  assert.is(result.transport, "none");
  assert.ok(Math.abs(result.data.nll - jointAnswer.data.nll) > 1);
});

test("fit finds the minimum that hessian confirms", async () => {
  const { result } = await jsonOf(smoothFile, "fit", "--precision", "f64");
  assert.is(result.status, "converged");
  const { result: there } = await jsonOf(smoothFile, "hessian", "--nu", result.estimate.join());
  // edm < 1e-5: within 0.0045 σ of the minimum.
  there.total.gradient.forEach((slope: number, k: number) => {
    assert.ok(Math.abs(slope) * result.sigma[k] < 4.5e-3, `gradient ${k} is ${slope}`);
  });
  close(result.sigma, there.sigma, exact, "sigma");
  const { out } = await run(["fit", smoothFile]);
  assert.match(out, /^converged: /m);
  assert.match(out, /^nuisance +estimate +sigma \(T fixed, inverse Hessian\) +truth +pull$/m);
});

test("scan writes its numbers and a picture of each", async () => {
  const out = join(folder, "scanned");
  const { result } = await jsonOf(smoothFile, "scan", "--out", out);
  const arrays = await readNpz(join(out, "scan.npz"));
  assert.equal(arrays.get("scale/values")!.shape, [5]);
  assert.equal(arrays.get("scale,tilt/delta_two_nll")!.shape, [4, 4]);
  const [low, , middle, , high] = arrays.get("scale/delta_two_nll")!.data as Float64Array;
  assert.ok(Math.abs(middle!) < 1e-4, `-2 Delta ln L at the best fit is ${middle}`);
  // Two standard deviations away, of a likelihood that is not quite a parabola.
  for (const end of [low!, high!]) assert.ok(end > 2 && end < 8, `-2 Delta ln L at 2 sigma is ${end}`);
  assert.match(readFileSync(join(out, "scan-scale.svg"), "utf8"), /^<svg/);
  assert.match(readFileSync(join(out, "scan-scale-tilt.svg"), "utf8"), /^<svg/);
  assert.is(result.files.length, 3);
  assert.ok(existsSync(result.files[0]));
});

test("kernels prints what the likelihood was lowered to", async () => {
  const { out, code } = await command("kernels");
  assert.is(code, 0);
  assert.match(out, /linear/);
});

test("a saved model is read back whole", async () => {
  assert.equal(await readSavedModel(join(folder, "out")), torchModel({ hasTransfer: true, hasRates: false }));
});

test("data that run generated are found in its folder", async () => {
  const out = join(folder, "generated");
  mkdirSync(out);
  const { weights: _, ...data } = torchEvents;
  await saveEvents(out, data);
  assert.equal((await readNpz(join(out, "data.npz"))).get("y"), rows(data.y!));
  const { configuration } = loadAnalysis(file);
  const analysis = {
    file,
    configuration: { ...configuration, events: { ...configuration.events, file: undefined, weight: undefined } },
  };
  assert.equal((await loadEvents(analysis, [folder, out], undefined)).file, join(folder, "data.npz"));
  assert.equal((await loadEvents(analysis, [out], undefined)).data, data);
  assert.is((await loadEvents(analysis, [out], 3)).data.y!.length, 6);
});

test("wrong input is refused with what to do", async () => {
  const out = ["--out", join(folder, "never.npz")];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["evaluate", file, "--nu", "0,0"],
      /unbinned evaluate: expected --out FILE\.npz for the log-densities, got no --out/,
    ],
    [["evaluate", file, "--nu", "0", ...out], /--nu: expected 2 values \(nu1, nu2\), got 1 \(0\)/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "events.file=no-y.npz"], /no-y\.npz: expected a column "y"/],
    [
      ["evaluate", file, "--nu", "0,0", ...out, "--set", "events.file=nan.npz"],
      /nan\.npz, column "x": expected .* NaN/,
    ],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "events.file=wide.npz"], /expected 1 feature, got 2 features/],
    [["evaluate", file, "--nu", "0,0", ...out, "--set", "events.file=none.npz"], /none\.npz, got no such file/],
    [
      ["hessian", file, "--set", "output=elsewhere"],
      /expected a trained model, .*model\.safetensors, got no such file\. Make it with `unbinned run/,
    ],
    [
      ["hessian", join(folder, "renamed.yaml")],
      /expected the nuisances that .* declares: nu1 \(shape\), nu3 \(shape\), got nu1 \(shape\), nu2 \(shape\)/,
    ],
    [
      ["hessian", file, "--backend", "reference", "--precision", "f32"],
      /--precision: expected f64 with --backend reference, got f32/,
    ],
    [
      ["hessian", file, "--set", "observables.x.features=2", "--set", "events.file=wide.npz"],
      /expected a model of 2 features of x .*, got weights of another architecture, 1 features/,
    ],
    [["evaluate", file, "--nu", "0,0", "--out", join(file, "x.npz")], /expected a folder that can be written/],
  ];
  for (const [words, message] of cases) {
    const { code, error } = await run(words);
    assert.ok(code === 1 || code === 2, words.join(" "));
    assert.match(error, message);
  }
});

referenceTest("the published example evaluates to the published log densities", async () => {
  const out = join(folder, "published.npz");
  const data = ["model.file=doi-toy/models/mixture_step1.pt", "events.file=doi-toy/events.npz"].flatMap((setting) => {
    const [key, name] = setting.split("=") as [string, string];
    return ["--set", `${key}=${referenceFile(name)}`];
  });
  const golden = await readNpz(referenceFile("doi-toy/golden.npz"), ["nu", "step1/log_prob/1"]);
  const nu = Array.from(golden.get("nu")!.data as Float64Array).slice(2, 4);
  const { code, error } = await run(["evaluate", published, ...data, "--nu", nu.join(), "--head", "100", "--out", out]);
  assert.is(code, 0, error);
  const got = (await readNpz(out)).get("log_prob")!.data as Float64Array;
  const wanted = (golden.get("step1/log_prob/1")!.data as Float64Array).slice(0, 100);
  close(got, wanted, { absolute: 1e-9, relative: 0 });
});

referenceTest(
  "what a published file does not hold can be set: another least slope or activation moves log p",
  async () => {
    const data = ["model.file=doi-toy/models/mixture_step1.pt", "events.file=doi-toy/events.npz"].flatMap((setting) => {
      const [key, name] = setting.split("=") as [string, string];
      return ["--set", `${key}=${referenceFile(name)}`];
    });
    const evaluated = async (...settings: string[]) => {
      const out = join(folder, "settings.npz");
      const words = ["evaluate", published, ...data, ...settings, "--nu", "0,0", "--head", "100", "--out", out];
      const { code, error } = await run(words);
      assert.is(code, 0, error);
      return (await readNpz(out)).get("log_prob")!.data as Float64Array;
    };
    const plain = await evaluated();
    const off = (other: Float64Array) => Math.max(...plain.map((value, i) => Math.abs(value - other[i]!)));
    assert.is(off(await evaluated("--set", "model.leastSlope=0.001", "--set", "model.activation=relu")), 0);
    assert.ok(off(await evaluated("--set", "model.leastSlope=0.0001")) > 1e-3);
    assert.ok(off(await evaluated("--set", "model.activation=elu")) > 0.1);
  },
);

test("the published example says what to download", async () => {
  const missing = ["--set", "model.file=gone.pt", "--set", "events.file=gone.npz"];
  const { code, error } = await run(["hessian", published, ...missing]);
  assert.is(code, 2);
  assert.match(error, /gone\.pt, got no such file\. Download it from doi:10\.5281\/zenodo\.21058119/);
});

test.run();
