/**
 * Judges a run by the exact likelihoods of this example, in about a minute:
 *
 *     node judge.mjs [RESULTS] [SAMPLES]        RESULTS: out/results.json, SAMPLES: samples, both beside this file
 *
 * Estimates and errors of each fit beside those of the exact likelihood of x alone, which is all that a T with a response to
 * everything leaves, and of x and y with the distortion known; (ν̂ - truth)ᵀ C⁻¹ (ν̂ - truth), which has one degree of freedom
 * per nuisance as the truth is drawn from the priors. Not so with T fixed: T has absorbed the nuisances that act on y
 * alone, they stay at their priors, and errors given that T say nothing about that.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chiSquarePValue, minimise, readNpz } from "unbinned";
import { densityAt, expectedYield, NAMES, PROCESSES, undistorted, VARIABLES } from "./model.mjs";
import { TRUTH } from "./truth.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = JSON.parse(readFileSync(process.argv[2] ?? join(here, "out", "results.json"), "utf8"));
const data = await readNpz(join(process.argv[3] ?? join(here, "samples"), "data.npz"));

const [x, y] = ["x", "y"].map((name) => data.get(name).data);
const events = Array.from({ length: x.length / 2 }, (_, i) => ({
  x1: x[2 * i],
  x2: x[2 * i + 1],
  ...undistorted({ y1: y[2 * i], y2: y[2 * i + 1] }),
}));

/** log Σ_f N_f p_f of every event, without constants. */
function logIntensities(nu, variables) {
  const point = Object.fromEntries(NAMES.map((name, k) => [name, nu[k]]));
  const processes = PROCESSES.map((name) => ({
    logYield: Math.log(expectedYield(name, point)),
    density: densityAt(name, point).filter(({ variable }) => variables.includes(variable)),
  }));
  return Float64Array.from(events, (event) => {
    const terms = processes.map(({ logYield, density }) =>
      density.reduce((sum, { variable, mean, width }) => {
        const sigma = width(event);
        return sum - 0.5 * ((event[variable] - mean(event)) / sigma) ** 2 - Math.log(sigma);
      }, logYield),
    );
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  });
}

const totalYield = (nu) => {
  const point = Object.fromEntries(NAMES.map((name, k) => [name, nu[k]]));
  return PROCESSES.reduce((sum, name) => sum + expectedYield(name, point), 0);
};

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Half the distance of central differences: their error is some 1e-6 of a slope here. */
const STEP = 1e-3;

/** The extended NLL with unit Gaussian constraints; its Hessian by the scores of the events. */
const objective = (variables) => ({
  names: NAMES,
  async evaluate(nu) {
    const moved = (k, by) => Float64Array.from(nu, (value, l) => (l === k ? value + by : value));
    const scores = NAMES.map((_, k) => {
      const [above, below] = [STEP, -STEP].map((by) => logIntensities(moved(k, by), variables));
      return above.map((value, i) => (value - below[i]) / (2 * STEP));
    });
    const slopeOfTotal = (k) => (totalYield(moved(k, STEP)) - totalYield(moved(k, -STEP))) / (2 * STEP);
    return {
      nll: totalYield(nu) - sum(logIntensities(nu, variables)) + 0.5 * sum(Array.from(nu, (value) => value ** 2)),
      gradient: Float64Array.from(NAMES, (_, k) => slopeOfTotal(k) - sum(scores[k]) + nu[k]),
      hessian: Float64Array.from(
        scores.flatMap((a, k) => scores.map((b, l) => sum(a.map((value, i) => value * b[i])) + (k === l ? 1 : 0))),
      ),
    };
  },
});

async function exactFit(variables) {
  const fit = await minimise(objective(variables), { start: NAMES.map((name) => TRUTH[name]) });
  return { estimate: fit.estimate.values, sigma: fit.covariance.sigma, covariance: fit.covariance.matrix };
}

/** A⁻¹ b by Gaussian elimination; A is positive definite, so that no pivoting is needed. */
function solved(matrix, b) {
  const rows = matrix.map((row, i) => [...row, b[i]]);
  for (const [i, row] of rows.entries()) {
    for (const other of rows) {
      if (other === row) continue;
      const factor = other[i] / row[i];
      for (let j = i; j < other.length; j++) other[j] -= factor * row[j];
    }
  }
  return rows.map((row, i) => row.at(-1) / row[i]);
}

/** (ν̂ - truth)ᵀ C⁻¹ (ν̂ - truth) */
function distance({ estimate, covariance }) {
  const off = NAMES.map((name, k) => estimate[k] - TRUTH[name]);
  return sum(solved(covariance, off).map((value, k) => value * off[k]));
}

const fits = {
  "x, exact": await exactFit(VARIABLES.slice(0, 2)),
  "x alone": results.fits.xAlone,
  "x y, exact": await exactFit(VARIABLES),
  "T fixed": results.fits.fixed,
  "T profiled": results.fits.profiled,
};
const cell = (text) => String(text).padStart(17);
console.log(`${"".padEnd(20)}${cell("truth")}${Object.keys(fits).map(cell).join("")}`);
for (const [k, name] of NAMES.entries()) {
  const own = Object.values(fits).map(({ estimate, sigma }) => `${estimate[k].toFixed(3)} ± ${sigma[k].toFixed(3)}`);
  console.log(`${name.padEnd(20)}${cell(TRUTH[name].toFixed(2))}${own.map(cell).join("")}`);
}
for (const [name, fit] of Object.entries(fits)) {
  const chiSquare = distance(fit);
  const p = chiSquarePValue(chiSquare, NAMES.length);
  console.log(`${name}: chi2 of the pulls ${chiSquare.toFixed(1)} of ${NAMES.length} nuisances, p = ${p.toFixed(3)}`);
}
