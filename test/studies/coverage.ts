/**
 * Coverage of the whole chain: simulation and data drawn anew, densities trained anew, the truth drawn from the priors.
 * `npm run study:coverage [SCENARIO] [TOYS] [FOLDER] [AT_ONCE]`, SCENARIO one of those in `coverage-scenarios.ts`. Each toy is kept in
 * a file of its own in FOLDER: a study that was stopped goes on where it ended, and a larger number of toys adds those that are missing.
 *
 * Pulls are (estimate - truth) / total error. The constraints of the priors stay at 0, as the truth is drawn about it: then an error
 * that is right has pulls of width 1, whatever the data say of the nuisance. No toy is left out for its verdicts.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Matrix } from "../../inference/statistics/objective.js";
import { coverageOf } from "../../inference/statistics/toys/coverage.js";
import { describeCoverage } from "../../workflow/report/coverage-text.js";
import { unbinned } from "../cli/child-process.js";
import { SCENARIOS, type Scenario, truthOf, writeToy } from "./coverage-scenarios.js";

const [name = "chain", toys = "100", given, atOnce = "1"] = process.argv.slice(2);
const scenario = SCENARIOS[name];
if (scenario === undefined) throw new Error(`expected a scenario (${Object.keys(SCENARIOS).join(", ")}), got ${name}`);
const folder = given ?? join("unbinned-out", "study-coverage", name);

/** A fit, as results.json has it. */
interface SavedFit {
  readonly label: string;
  readonly status: string;
  readonly estimate: readonly number[];
  readonly covariance: Matrix | null;
  /** With the part of the simulation, where a run gives one. */
  readonly total?: { readonly covariance: Matrix } | null;
}

/** The covariance that pulls are made of: the one place that decides it. */
const covarianceIn = ({ covariance, total }: SavedFit) => total?.covariance ?? covariance;

/** What is kept of a toy. */
interface ToyResult {
  readonly toy: number;
  readonly truth: readonly number[];
  readonly fits: Readonly<
    Record<
      string,
      {
        readonly label: string;
        readonly estimate: readonly number[];
        readonly covariance: Matrix | null;
        readonly statistical: Matrix | null;
      }
    >
  >;
  /** How the run ended: 0, or 3 and 4 where a verdict failed. */
  readonly code: number;
  readonly seconds: number;
}

const fileOf = (toy: number) => join(folder, `${toy}.json`);

async function runToy(own: Scenario, toy: number): Promise<ToyResult> {
  const place = mkdtempSync(join(tmpdir(), "unbinned-coverage-"));
  try {
    const file = join(place, "analysis.yaml");
    writeFileSync(file, await writeToy(own, toy, place));
    const start = performance.now();
    const { code, error } = await unbinned("run", file, "--threads", "1", "--backend", "cpu");
    const seconds = (performance.now() - start) / 1000;
    const results = join(place, "out", "results.json");
    if (!existsSync(results)) throw new Error(`toy ${toy} ended with ${code}: ${error}`);
    const fits: Readonly<Record<string, SavedFit>> = JSON.parse(readFileSync(results, "utf8")).fits;
    const kept = Object.entries(fits).map(([key, fit]) => {
      const { label, status, estimate, covariance } = fit;
      const isThere = status === "converged";
      return [key, { label, estimate, covariance: isThere ? covarianceIn(fit) : null, statistical: covariance }];
    });
    return { toy, truth: truthOf(own, toy), fits: Object.fromEntries(kept), code: code!, seconds };
  } finally {
    rmSync(place, { recursive: true });
  }
}

const sigmaOf = (covariance: Matrix) => covariance.map((row, k) => Math.sqrt(row[k]!));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Statistical errors beside those of the exact likelihood, and the correlation of the first two. */
function besideExact({ names, exact }: Scenario, covariances: readonly Matrix[]): string {
  if (exact === undefined || covariances.length === 0) return "";
  const sigma = sigmaOf(exact);
  const ratios = names.map(
    (own, k) => `${own} ${mean(covariances.map((one) => sigmaOf(one)[k]! / sigma[k]!)).toFixed(3)}`,
  );
  const rho = (one: Matrix) => one[0]![1]! / Math.sqrt(one[0]![0]! * one[1]![1]!);
  return (
    `\nstatistical errors over those of the exact likelihood, mean: ${ratios.join(", ")}\n` +
    `correlation of ${names[0]} and ${names[1]}: ${mean(covariances.map(rho)).toFixed(3)}, exact ${rho(exact).toFixed(3)}`
  );
}

function summarise({ about, names }: Scenario, results: readonly ToyResult[]): void {
  console.log(`\n${name}: ${about}`);
  const codes = [0, 3, 4].map((code) => `${results.filter((own) => own.code === code).length} with ${code}`);
  console.log(
    `${results.length} toys, which ended ${codes.join(", ")}; ${mean(results.map(({ seconds }) => seconds)).toFixed(1)} s each`,
  );
  for (const [key, { label }] of Object.entries(results[0]!.fits)) {
    const all = results.flatMap(({ truth, fits }) => (fits[key] === undefined ? [] : [{ truth, ...fits[key] }]));
    const good = all.flatMap(({ covariance, ...own }) => (covariance === null ? [] : [{ ...own, covariance }]));
    if (good.length < 2) continue;
    console.log(describeCoverage(label, coverageOf(names, good), all.length - good.length, []));
    const statistical = good.flatMap((own) => (own.statistical === null ? [] : [own.statistical]));
    const parts = names.map((own, k) => {
      const ratio = mean(good.map(({ covariance, statistical: part }) => sigmaOf(part!)[k]! / sigmaOf(covariance)[k]!));
      return `${own} ${ratio.toFixed(3)}`;
    });
    console.log(`statistical over total error, mean: ${parts.join(", ")}${besideExact(scenario!, statistical)}`);
  }
}

mkdirSync(folder, { recursive: true });
const queue = Array.from({ length: Number(toys) }, (_, toy) => toy).filter((toy) => !existsSync(fileOf(toy)));
console.log(`${name}: ${queue.length} of ${toys} toys are missing in ${folder}`);
async function lane(): Promise<void> {
  for (let toy = queue.shift(); toy !== undefined; toy = queue.shift()) {
    const result = await runToy(scenario!, toy);
    writeFileSync(fileOf(toy), `${JSON.stringify(result)}\n`);
    const last = Object.values(result.fits).at(-1)!;
    const pulls =
      last.covariance === null
        ? "no errors"
        : last.estimate
            .map((value, k) => ((value - result.truth[k]!) / sigmaOf(last.covariance!)[k]!).toFixed(2))
            .join(" ");
    console.log(
      `toy ${toy}: ${result.seconds.toFixed(1)} s, ended with ${result.code}, pulls ${pulls}; ${queue.length} left`,
    );
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, lane));
const done = Array.from({ length: Number(toys) }, (_, toy) => toy);
summarise(
  scenario,
  done.map((toy) => JSON.parse(readFileSync(fileOf(toy), "utf8")) as ToyResult),
);
