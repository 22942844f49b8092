/**
 * Is log p of a trained flow right far out, whatever the tails of a feature?
 *
 * One process with one feature of each of six kinds, trained with default settings; log p is compared with the exact one, at the quantiles out to one
 * event in 10⁶ and on average over as many other events. Then the same of functions of the feature, whose log p differs by the logarithm of
 * their slope.
 *
 *     npm run study:tails -- [events] [seeds] [kinds] [functions]
 *
 * Comma-separated; by default 100000 events, seed 1, all kinds, and of functions the feature itself, its logarithm, its cube and its rank.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { fillUniform, randomKey } from "../../engine/random/random.js";
import { likelihood } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { writeNpz } from "../../io/index.js";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { openContext } from "../../workflow/open-context.js";
import { trainSimulation } from "../../workflow/recipes/distribution-of-interest.js";
import { featureLines } from "../../workflow/report/feature-text.js";
import { checkEvents } from "../../workflow/steps/check-events.js";
import { Verdicts } from "../../workflow/verdicts.js";
import { distributions, type ExactDistribution } from "../inference/model/features/exact-samples.js";

type Kind = keyof typeof distributions;

interface FeatureFunction {
  readonly of: (x: number, p: number) => number;
  /** log |slope| at x */
  readonly logSlope: (x: number, distribution: ExactDistribution) => number;
  readonly isFor: (kind: Kind) => boolean;
}

const always = () => true;

const functions: Readonly<Record<string, FeatureFunction>> = {
  x: { of: (x) => x, logSlope: () => 0, isFor: always },
  "log x": {
    of: (x) => Math.log(x),
    logSlope: (x) => -Math.log(x),
    isFor: (kind) => kind !== "Student t" && kind !== "Gaussian",
  },
  "x³": { of: (x) => x ** 3, logSlope: (x) => Math.log(3) + 2 * Math.log(Math.abs(x)), isFor: always },
  rank: { of: (_, p) => p, logSlope: (x, { logDensity }) => logDensity(x), isFor: always },
};

const CONFIGURATION = `name: Tails
observables: { x: { features: 1 } }
processes: { one: { yield: 1000, samples: [{ file: simulation.npz }] } }
nuisances: { rate: { kind: rate, kappa: 0.1 } }
likelihood: { observables: [x] }
data: { file: data.npz }
`;

const QUIET = { begin: () => ({ update() {}, done() {} }), note() {} };

async function trained(folder: string, seed: number, values: Float64Array) {
  const save = (file: string, data: Float64Array) =>
    writeNpz(join(folder, file), { x: { shape: [data.length], data } }, { deflate: false });
  await save("simulation.npz", values);
  await save("data.npz", values.subarray(0, 1000));
  writeFileSync(join(folder, "analysis.yaml"), CONFIGURATION);
  const analysis = loadAnalysis(join(folder, "analysis.yaml"), { set: [`seed=${seed}`] });
  const backend = await cpuBackend({ threads: 2, precision: "f32" });
  const reporter = { progress: QUIET, signal: new AbortController().signal, warn() {} };
  const context = await openContext({ analysis, folder: join(folder, "out"), backend, isForced: true }, reporter);
  const verdicts = new Verdicts(reporter.warn);
  const { model } = await trainSimulation(context, await checkEvents(context, verdicts), verdicts);
  await backend.close();
  return { model, chosen: featureLines(analysis, model.frame) };
}

async function logProbOf(model: MixtureModel, x: Float64Array): Promise<Float64Array> {
  const backend = await cpuBackend({ threads: 2, precision: "f32" });
  const data = { count: x.length, x };
  const bound = await likelihood({ backend, model, data, form: "joint", extended: false });
  const found = await bound.logProb([0]);
  await bound.close();
  await backend.close();
  return found;
}

/** Both sides, from one event in 10⁶ to the middle. */
const PROBABILITIES = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3];

async function study(kind: Kind, name: string, count: number, seed: number): Promise<void> {
  const distribution: ExactDistribution = distributions[kind];
  const own = functions[name]!;
  const folder = mkdtempSync(join(tmpdir(), "unbinned-tails-"));
  try {
    const sides = [0, 1] as const;
    const [fit, test] = sides.map((part) => {
      const u = new Float64Array(count);
      fillUniform(randomKey(seed, `${kind}/${part}`), 0, u);
      return u;
    }) as [Float64Array, Float64Array];
    const xAt = (p: number) => (p < 0.5 ? distribution.quantile(p, "lower") : distribution.quantile(1 - p, "upper"));
    const start = performance.now();
    const { model, chosen } = await trained(
      folder,
      seed,
      fit.map((p) => own.of(xAt(p), p)),
    );
    const seconds = (performance.now() - start) / 1000;
    const errorsAt = async (x: Float64Array, p: Float64Array) => {
      const found = await logProbOf(
        model,
        x.map((value, i) => own.of(value, p[i]!)),
      );
      return found.map((log, i) => log + own.logSlope(x[i]!, distribution) - distribution.logDensity(x[i]!));
    };
    // The density of x³ is infinite at 0, which the quantile of one in 10⁶ events rounds to.
    const finite = test.filter((p) => Number.isFinite(own.logSlope(xAt(p), distribution)));
    const mean = (await errorsAt(finite.map(xAt), finite)).reduce((sum, error) => sum + error, 0) / finite.length;
    const points = Float64Array.from([...PROBABILITIES, ...PROBABILITIES.map((p) => 1 - p).reverse()]);
    const x = Float64Array.from([
      ...PROBABILITIES.map((p) => distribution.quantile(p, "lower")),
      ...PROBABILITIES.map((p) => distribution.quantile(p, "upper")).reverse(),
    ]);
    const errors = await errorsAt(x, points);
    const worst = errors.reduce((largest, error) => Math.max(largest, Math.abs(error)), 0);
    const isWithin = worst < 0.3 && Math.abs(mean) < 0.003;
    console.log(
      `${kind.padEnd(12)} ${name.padEnd(6)} ${String(seed).padStart(4)} ${mean.toFixed(5).padStart(9)} ${worst.toFixed(3).padStart(7)} ` +
        `${isWithin ? "within" : "BEYOND"}  ${Array.from(errors, (error) => error.toFixed(2).padStart(5)).join(" ")}  ${seconds.toFixed(0)} s  ` +
        `${chosen[0]?.replace(/^x, x: /, "") ?? "transform none"}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const list = (argument: string | undefined, instead: readonly string[]) => argument?.split(",") ?? instead;
const [events, seeds, kinds, names] = process.argv.slice(2);
const count = Number(events ?? 100_000);
console.log(`${count} simulated events, default settings, ${process.version}, ${cpus()[0]?.model}`);
console.log(
  "mean: of log p less the exact one, 10⁶ other events or as many as simulated. worst: largest error at the quantiles that follow, from a probability of",
  `${PROBABILITIES.join(", ")} below to the same above`,
);
console.log("kind         of     seed      mean   worst");
for (const seed of list(seeds, ["1"]).map(Number)) {
  for (const kind of list(kinds, Object.keys(distributions)) as Kind[]) {
    for (const name of list(names, Object.keys(functions))) {
      if (functions[name]!.isFor(kind)) await study(kind, name, count, seed);
    }
  }
}
