/** The example of docs/first-analysis.md: its formulas, then every command of the page, its samples and trainings made small. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { unbinned } from "../../cli/child-process.js";

const example = fileURLToPath(new URL("../../../../examples/first-analysis/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-first-"));
test.after(() => rmSync(folder, { recursive: true }));

interface Event {
  readonly pt: number;
  readonly eta: number;
  readonly mass: number;
  readonly score: number;
}
type Point = Readonly<Record<string, number>>;

/** What model.mjs exports and is tested here. */
interface Model {
  readonly PROCESSES: readonly string[];
  readonly TRUTH: Point;
  acceptance(process: string, nu: Point): number;
  eventAt(process: string, nu: Point, uniforms: readonly number[], normals: readonly number[]): Event;
  isTriggered(event: Event): boolean;
  logDensityOfX(process: string, event: Event, nu: Point): number;
  logDensityOfY(process: string, event: Event, nu: Point): number;
  corrected(process: string, event: Event): Event;
  transported(process: string, event: Event): { readonly event: Event; readonly logDet: number };
}
const model: Model = await import(pathToFileURL(join(example, "model.mjs")).href);
const AT: Point = { scale: -0.7, model: 0.8, normalisation: 0.3 };
const isNear = (value: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(value - expected) < tolerance, `${what}: ${value}, not ${expected}`);

/** Midpoint rule. */
const integral = (f: (t: number) => number, low: number, high: number, n: number) => {
  const width = (high - low) / n;
  return Array.from({ length: n }, (_, i) => f(low + (i + 0.5) * width)).reduce((sum, value) => sum + value * width, 0);
};

for (const process of model.PROCESSES) {
  test(`${process}: densities are normalised`, () => {
    const at = { pt: 60, eta: 0.7, mass: 110, score: 0.4 };
    // In ln pt, out to where the power of the background leaves 1e-9.
    const ofX = integral(
      (t) =>
        integral(
          (eta) => Math.exp(model.logDensityOfX(process, { ...at, pt: Math.exp(t), eta }, AT) + t),
          -2.4,
          2.4,
          60,
        ),
      Math.log(25),
      Math.log(25) + 9,
      3000,
    );
    isNear(ofX, 1, 1e-5, "x");
    const ofY = integral(
      (mass) =>
        integral((score) => Math.exp(model.logDensityOfY(process, { ...at, mass, score }, AT)), 1e-5, 1 - 1e-5, 800),
      1,
      600,
      1200,
    );
    isNear(ofY, 1, 1e-4, "y");
  });

  test(`${process}: events follow their densities, 40 000 before the trigger, four standard errors`, () => {
    const count = 40_000;
    // Additive recurrences for uniforms; normals by Box and Muller.
    const steps = [2, 3, 5, 7, 11, 13, 17].map((prime) => Math.sqrt(prime) % 1);
    const events: Event[] = [];
    for (let i = 1; i <= count; i++) {
      const u = steps.map((step) => (i * step) % 1);
      const radius = Math.sqrt(-2 * Math.log(u[3]!));
      const normals = [radius * Math.cos(2 * Math.PI * u[4]!), radius * Math.sin(2 * Math.PI * u[4]!)];
      const event = model.eventAt(process, AT, u, normals);
      if (model.isTriggered(event)) events.push(event);
    }
    const accepted = model.acceptance(process, AT);
    isNear(events.length / count, accepted, 4 * Math.sqrt((accepted * (1 - accepted)) / count), "acceptance");
    const fraction = (passes: (event: Event) => boolean) => events.filter(passes).length / events.length;
    const error = 4 * Math.sqrt(0.25 / events.length);
    const at = { pt: 60, eta: 0.7, mass: 110, score: 0.4 };
    const marginal = (feature: "pt" | "eta", low: number, high: number) => {
      const other = feature === "pt" ? 2.4 : 5000;
      const [from, to] = feature === "pt" ? [-other, other] : [25, other];
      return integral(
        (value) =>
          integral(
            (rest) => {
              const event = feature === "pt" ? { ...at, pt: value, eta: rest } : { ...at, eta: value, pt: rest };
              return Math.exp(model.logDensityOfX(process, event, AT));
            },
            from,
            to,
            feature === "pt" ? 40 : 4000,
          ),
        low,
        high,
        40,
      );
    };
    isNear(
      fraction(({ pt }) => pt < 50),
      marginal("pt", 25, 50),
      error,
      "pt < 50 GeV",
    );
    isNear(
      fraction(({ eta }) => Math.abs(eta) < 1),
      marginal("eta", -1, 1),
      error,
      "|eta| < 1",
    );
    // E[Δ(mass, score)] = 0 for the score of the density under a shift of its mean: log p changes by nothing at first order.
    const slope = (feature: "mass" | "score") => {
      const step = feature === "mass" ? 0.01 : 1e-5;
      const values = events.map((event) => {
        const moved = (by: number) => model.logDensityOfY(process, { ...event, [feature]: event[feature] + by }, AT);
        return (moved(step) - moved(-step)) / (2 * step);
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / values.length;
      return mean / spread;
    };
    isNear(slope("mass"), 0, 4, "slope in the mass");
    isNear(slope("score"), 0, 4, "slope in the score");
  });

  test(`${process}: T undoes what simulation gets wrong, and its determinant is that of differences`, () => {
    const simulated = { pt: 60, eta: -1.3, mass: 110, score: 0.8 };
    const data = model.corrected(process, simulated);
    assert.ok(Math.abs(data.mass - simulated.mass) > 0.3 && Math.abs(data.score - simulated.score) > 0.003);
    const { event, logDet } = model.transported(process, data);
    for (const name of ["pt", "eta", "mass", "score"] as const) isNear(event[name], simulated[name], 1e-12 * 110, name);
    const slope = (feature: "mass" | "score", step: number) =>
      (model.transported(process, { ...data, [feature]: data[feature] + step }).event[feature] -
        model.transported(process, { ...data, [feature]: data[feature] - step }).event[feature]) /
      (2 * step);
    isNear(logDet, Math.log(slope("mass", 1e-3) * slope("score", 1e-5)), 1e-7, "log |det|");
  });
}

const SMALL = [
  "flows={x: {transforms: 1, bins: 4, hidden: [8], training: {epochs: 5, batch: 200, learningRate: 0.01}}, y: {transforms: 1, bins: 4, hidden: [8], training: {epochs: 5, batch: 200, learningRate: 0.01}}}",
  "morph={x: {hidden: [4], training: {epochs: 3, batch: 200}}, y: {layers: 1, hidden: [4], training: {epochs: 3, batch: 200}}}",
  "transport={transforms: 1, bins: 4, hidden: [8], training: {batch: 500, epochs: 5}}",
  "fit.secondStart=0",
  "response={layers: 1, hidden: [8], range: 2, scale: 1, training: {batch: 500, epochs: 2}}",
  "scan={points: 3, grid: 3, range: 1, pairs: [[scale, model]]}",
].flatMap((entry) => ["--set", entry]);

test("make-samples.mjs, validate, run, judge.mjs, evaluate and apply", async () => {
  const node = (...words: readonly string[]) => {
    const ran = spawnSync(process.execPath, words, { encoding: "utf8" });
    assert.is(ran.status, 0, ran.stderr);
    return ran.stdout;
  };
  const samples = join(folder, "samples");
  assert.is(node(join(example, "make-samples.mjs"), samples, "2000").match(/npz: \d+ events/g)!.length, 9);
  const nominal = await readNpz(join(samples, "background-nominal.npz"));
  assert.equal([...nominal.keys()], ["pt", "eta", "mass", "score", "w"]);
  const weights = [...nominal.get("w")!.data].map(Number);
  const negative = weights.filter((w) => w < 0).length / weights.length;
  assert.ok(negative > 0.07 && negative < 0.13, `${negative} of the weights are negative`);

  const file = join(folder, "analysis.yaml");
  writeFileSync(file, readFileSync(join(example, "analysis.yaml")));
  const valid = await unbinned("validate", file);
  assert.is(valid.code, 0, valid.error);
  assert.match(valid.out, /background +model +1\.\d+ ± 0\.\d+ +log-normal/);
  const ran = await unbinned("run", file, ...SMALL);
  // So little training may fail a check, which is exit code 4: what is tested is the way.
  assert.ok(ran.code === 0 || ran.code === 3 || ran.code === 4, ran.error);
  const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
  assert.equal(results.truth, model.TRUTH);
  assert.equal(results.closure.tests[0].features, ["pT [GeV]"]);

  const judged = node(join(example, "judge.mjs"), join(folder, "out", "results.json"), samples);
  assert.match(judged, /truth +x, exact +x alone +x y, exact +T fixed +T profiled +from exact/);
  const exact = [...judged.matchAll(/^\w+ +(-?\d\.\d+)(?: +-?\d\.\d+ ± \d\.\d+){2} +(-?\d\.\d+) ± (\d\.\d+) /gm)];
  assert.is(exact.length, 3);
  for (const [row, truth, estimate, sigma] of exact) isNear(Number(estimate), Number(truth), 4 * Number(sigma), row);

  const evaluated = await unbinned("evaluate", file, ...SMALL, "--out", join(folder, "log-prob.npz"));
  assert.ok(evaluated.code === 0 || evaluated.code === 4, evaluated.error);
  assert.match(evaluated.out, /log_prob of 6475 events at scale = .* \(the estimate in .*results\.json\)/);
  const applied = await unbinned(
    "apply",
    file,
    ...SMALL,
    ...["--events", join(samples, "signal-nominal.npz"), "--process", "signal", "--out", join(folder, "corrected.npz")],
  );
  assert.ok(applied.code === 0 || applied.code === 4, applied.error);
  assert.match(applied.out, /simulation made at scale = 0\.00000, .*: mass\.data, score\.data, log_det, with/);
});

test.run();
