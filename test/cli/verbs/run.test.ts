/** The whole chain on tiny samples: what it leaves behind, resuming to the same bits, its refusals and warnings. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz, writeNpz } from "../../../io/index.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { type Ran, runInProcess } from "../in-process.js";
import { TINY_TOY } from "../tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-run-"));

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 8000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

/** Two processes in one dimension each, weights of either sign, one nuisance simulated at +1 only, one rate. */
const FILES = `
name: Files
observables: { x: { features: 1 }, y: { features: 1 } }
processes:
  near: { yield: 150, samples: [{ file: near.npz }, { file: near-up.npz, at: { scale: 1 } }] }
  far: { yield: 250, samples: [{ file: far.npz }, { file: far-up.npz, at: { scale: 1 } }] }
nuisances: { scale: , norm: { kind: rate, processes: [far], kappa: 0.2 } }
simulation: { weight: w }
data: { file: events.npz }
flows:
  x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 2, batch: 200 } }
morph:
  x: { kind: affine, hidden: [4], training: { epochs: 2, batch: 200 } }
likelihood: { observables: [x] }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;

/** @param stopAt  text on stdout at which Ctrl-C is pressed */
function run(words: readonly string[], stopAt?: string, verb = "run"): Promise<Ran> {
  const controller = new AbortController();
  return runInProcess([verb, ...words, "--threads", "1"], {
    isTerminal: true,
    signal: controller.signal,
    onText(text) {
      if (stopAt !== undefined && text.includes(stopAt)) controller.abort();
    },
  });
}

const path = (name: string) => join(folder, name);
const toy = path("toy.yaml");
const results = (name: string) => JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8"));

test.before(async () => {
  writeFileSync(toy, TOY);
  writeFileSync(path("files.yaml"), FILES);
  const random = randomNumbers(8);
  /** Nearly normal of this mean and width. */
  const column = (count: number, mean: number, width: number) =>
    Float64Array.from(
      { length: count },
      () => mean + width * (random() + random() + random() + random() - 2) * Math.sqrt(3),
    );
  const write = (name: string, count: number, mean: number) => {
    const weights = Float64Array.from({ length: count }, () => (random() < 0.1 ? -1 : 1));
    return writeNpz(path(name), {
      x: { shape: [count], data: column(count, mean, 1) },
      y: { shape: [count], data: column(count, 0, 1) },
      w: { shape: [count], data: weights },
    });
  };
  await write("near.npz", 1000, 0);
  await write("near-up.npz", 700, 0.3);
  await write("far.npz", 1200, 2);
  await write("far-up.npz", 1000, 2.3);
  await write("events.npz", 400, 1.2);
});

test.after(() => rmSync(folder, { recursive: true }));

test("x alone: the results say what was fitted, and a second run keeps every step and every bit", async () => {
  const words = [
    toy,
    "--out",
    path("x"),
    "--set",
    "likelihood.observables=[x]",
    "--set",
    "morph.pairs=[[shift, squeeze]]",
  ];
  const first = await run(words);
  assert.is(first.code, 0, first.error);
  const found = results("x");
  assert.equal(found.nuisances, ["shift", "squeeze"]);
  assert.is(found.events, 400);
  assert.is(found.seed, 3);
  assert.equal(Object.keys(found.fits), ["xAlone"]);
  assert.is(found.fits.xAlone.transport, "none");
  assert.is(found.fits.xAlone.sigma.length, 2);
  assert.is(found.projections.length, 2);
  assert.is(found.projections[0].feature, "first");
  // Nominal, four single anchors and four corners, two processes, two features and their pair.
  assert.is(found.closure.tests.length, 9 * 2 * 3);
  const steps = readdirSync(join(path("x"), "steps"));
  assert.ok(steps.includes("x.morph.joint.shift.safetensors"));
  assert.not.ok(steps.some((name) => name.includes("unfinished")));
  const arrays = await readNpz(join(path("x"), "arrays.npz"));
  assert.equal(arrays.get("scan/xAlone/shift,squeeze/delta_two_nll")!.shape, [3, 3]);
  const before = readFileSync(join(path("x"), "results.json"), "utf8");
  const second = await run(words);
  assert.is(second.code, 0, second.error);
  assert.match(second.out, /x\.nominal: kept from before/);
  assert.not.match(second.out, /train p/);
  assert.is(readFileSync(join(path("x"), "results.json"), "utf8"), before);
  // A fit that its bounds hold has no minimum: the results are there, and the exit code says so.
  const bounded = await run([...words, "--set", "fit.bounds=[-0.01, 0.01]"]);
  assert.is(bounded.code, 3);
  assert.match(
    bounded.error,
    /^unbinned: fit of x: expected a minimum, got the verdict at-bound\. .* The results are written/m,
  );
  assert.is(results("x").fits.xAlone.status, "at-bound");
  // The yields are those of the data that `run` generated, whatever data.events says later: no pull of the extended term.
  const there = await run([...words, "--json", "--nu", "0,0", "--set", "data.events=40000"], undefined, "hessian");
  assert.is(there.code, 0, there.error);
  const { data, total } = JSON.parse(there.out);
  assert.ok(Math.abs(total.nll - data.nll) < 1e-9, `${total.nll}, ${data.nll}`);
  const changed = await run([...words, "--set", "morph.x.hidden=[5]"], undefined, "hessian");
  assert.is(changed.code, 2);
  assert.match(
    changed.error,
    /expected morph\.x\.hidden = \[5\], as .* got weights of another architecture, morph\.x\.hidden = \[4\]\./,
  );
});

test("Ctrl-C during a training: exit code 130; resumed, it ends in the same bits", async () => {
  const words = [toy, "--set", "likelihood.observables=[x]", "--set", "flows.x.training.epochs=40"];
  const whole = await run([...words, "--out", path("whole")]);
  assert.is(whole.code, 0, whole.error);
  const interrupted = await run([...words, "--out", path("resumed")], "train p(x): ");
  assert.is(interrupted.code, 130);
  const steps = join(path("resumed"), "steps");
  assert.equal(readdirSync(steps), ["x.nominal.unfinished.safetensors"]);
  const resumed = await run([...words, "--out", path("resumed")]);
  assert.is(resumed.code, 0, resumed.error);
  assert.equal(results("resumed"), results("whole"));
  assert.equal(
    readFileSync(join(path("resumed"), "model.safetensors")),
    readFileSync(join(path("whole"), "model.safetensors")),
  );
});

test("files of samples: weights of either sign, one side only, a rate; changed inputs are trained again", async () => {
  const file = path("files.yaml");
  const { code, error } = await run([file, "--out", path("files")]);
  assert.is(code, 0, error);
  const found = results("files");
  assert.equal(found.nuisances, ["scale", "norm"]);
  assert.ok(Math.abs(found.yields[1].before - 250) < 1e-9);
  // Sums of weights of both signs; simulated at +1 only, their ratio is log-normal.
  const sumOf = async (name: string) =>
    Array.from((await readNpz(path(name))).get("w")!.data, Number).reduce((a, b) => a + b);
  const ratio = (await sumOf("far-up.npz")) / (await sumOf("far.npz"));
  const [scale, norm] = found.fits.xAlone.estimate;
  assert.ok(Math.abs(found.yields[1].after - 250 * 1.2 ** norm * ratio ** scale) < 1e-9);
  assert.ok(Math.abs(found.acceptance[1].up.ratio - ratio) < 1e-12 && Math.abs(ratio - 1) > 0.05, `${ratio}`);
  const again = await run([file, "--out", path("files"), "--set", "morph.x.training.epochs=3"]);
  assert.match(again.out, /x\.nominal: kept from before/);
  assert.match(again.out, /train morph of p\(x\), scale/);
  // Yields and rates train nothing, but the fit follows from them.
  const other = await run([file, "--out", path("files"), "--set", "processes.far.yield=300"]);
  assert.match(other.out, /x\.nominal: kept from before/);
  assert.not.match(other.out, /fit\.x: kept from before/);
  assert.ok(Math.abs(results("files").yields[1].before - 300) < 1e-9);
  // A sample at another point is another sample.
  const text = readFileSync(file, "utf8").replace("at: { scale: 1 } }] }", "at: { scale: 2 } }] }");
  writeFileSync(path("elsewhere.yaml"), text);
  const elsewhere = await run([path("elsewhere.yaml"), "--out", path("files")]);
  assert.not.match(elsewhere.out, /morph.*: kept from before/);
});

test("refuses samples too small to hold out events for validation and for checks", async () => {
  const { code, error } = await run([path("files.yaml"), "--out", path("few"), "--set", "simulation.heldOut=0.001"]);
  assert.is(code, 2);
  assert.match(
    error,
    /near\.npz: expected at least two events held out of training, for validation and for checks after the fit, got simulation\.heldOut = 0\.001 of 1000 events\. Raise it, or simulate more/,
  );
});

test("refuses a finished model, and a folder that is a file", async () => {
  const model = await run([toy, "--set", "model.file=a.pt", "--set", "simulation={}"]);
  assert.is(model.code, 2);
  assert.match(model.error, /expected samples or a generator to train on, got a finished model \(model\.file\)/);
  const taken = await run([toy, "--out", toy]);
  assert.is(taken.code, 2);
  assert.match(taken.error, /expected a folder that can be written/);
});

test.run();
