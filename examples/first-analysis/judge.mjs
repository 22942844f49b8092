/**
 * Judges a run by the exact likelihoods of this example, in some seconds:
 *
 *     node judge.mjs [RESULTS] [SAMPLES]        RESULTS: out/results.json, SAMPLES: samples, both beside this file
 *
 * Estimates and errors of each fit beside those of the exact likelihood of x alone, which is all that a T with a response to
 * everything leaves, and of x and y with T known; the last column is how far the fit of the result is from the exact one of x
 * alone, in errors of the latter.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { minimise, readNpz } from "unbinned";
import { expectedYield, logDensityOfX, logDensityOfY, NAMES, PROCESSES, TRUTH, transported } from "./model.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = JSON.parse(readFileSync(process.argv[2] ?? join(here, "out", "results.json"), "utf8"));
const data = await readNpz(join(process.argv[3] ?? join(here, "samples"), "data.npz"));

const columns = ["pt", "eta", "mass", "score"].map((name) => [name, data.get(name).data]);
const events = Array.from({ length: columns[0][1].length }, (_, i) =>
  Object.fromEntries(columns.map(([name, values]) => [name, values[i]])),
);
// As simulation would have them, by the T of each process.
const simulated = PROCESSES.map((name) => events.map((event) => transported(name, event)));

const pointOf = (nu) => Object.fromEntries(NAMES.map((name, k) => [name, nu[k]]));

/** log Σ_f N_f p_f of every event. */
function logIntensities(nu, withY) {
  const point = pointOf(nu);
  const logYields = PROCESSES.map((name) => Math.log(expectedYield(name, point)));
  return Float64Array.from(events, (event, i) => {
    const terms = PROCESSES.map((name, f) => {
      const ofX = logYields[f] + logDensityOfX(name, event, point);
      const { event: inSimulation, logDet } = simulated[f][i];
      return withY ? ofX + logDensityOfY(name, inSimulation, point) + logDet : ofX;
    });
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  });
}

const totalYield = (nu) => PROCESSES.reduce((sum, name) => sum + expectedYield(name, pointOf(nu)), 0);

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Half the distance of central differences: their error is some 1e-6 of a slope here. */
const STEP = 1e-3;

/** The extended NLL with unit Gaussian constraints. */
function nll(nu, withY) {
  return totalYield(nu) - sum(logIntensities(nu, withY)) + 0.5 * sum(Array.from(nu, (value) => value ** 2));
}

const moved = (nu, ...steps) =>
  Float64Array.from(nu, (value, k) => value + sum(steps.map(([l, by]) => (l === k ? by : 0))));

const objective = (withY) => ({
  names: NAMES,
  async evaluate(nu) {
    const at = (...steps) => nll(moved(nu, ...steps), withY);
    const value = at();
    const hessian = NAMES.map((_, k) =>
      NAMES.map((_, l) => {
        const [up, down] = [HESSIAN_STEP, -HESSIAN_STEP];
        const corners =
          at([k, up], [l, up]) - at([k, up], [l, down]) - at([k, down], [l, up]) + at([k, down], [l, down]);
        return corners / (2 * HESSIAN_STEP) ** 2;
      }),
    );
    return {
      nll: value,
      gradient: Float64Array.from(NAMES, (_, k) => (at([k, STEP]) - at([k, -STEP])) / (2 * STEP)),
      hessian: Float64Array.from(hessian.flat()),
    };
  },
});

/** Larger: a second difference divides the rounding of the NLL, some 1e-11 of 1e5, by its square. */
const HESSIAN_STEP = 0.02;

async function exactFit(withY) {
  const fit = await minimise(objective(withY), { start: NAMES.map((name) => TRUTH[name]) });
  return { estimate: fit.estimate.values, sigma: fit.covariance.sigma };
}

const { xAlone, fixed, profiled } = results.fits;
const exact = await exactFit(false);
const fits = {
  "x, exact": exact,
  "x alone": xAlone,
  "x y, exact": await exactFit(true),
  "T fixed": fixed,
  "T profiled": profiled,
};
const shown = Object.entries(fits).filter(([, fit]) => fit !== undefined);
const cell = (text) => String(text).padStart(17);
console.log(`${"".padEnd(15)}${cell("truth")}${shown.map(([name]) => cell(name)).join("")}${cell("from exact")}`);
for (const [k, name] of NAMES.entries()) {
  const own = shown.map(([, { estimate, sigma }]) => `${estimate[k].toFixed(3)} ± ${sigma[k].toFixed(3)}`);
  const result = profiled ?? xAlone;
  const off = `${((result.estimate[k] - exact.estimate[k]) / exact.sigma[k]).toFixed(2)} σ`;
  console.log(`${name.padEnd(15)}${cell(TRUTH[name].toFixed(2))}${own.map(cell).join("")}${cell(off)}`);
}
