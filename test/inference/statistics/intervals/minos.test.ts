import { test } from "uvu";
import * as assert from "uvu/assert";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { type MinosEnd, type MinosError, minos } from "../../../../inference/statistics/intervals/minos.js";
import { rejects } from "../../../support/rejects.js";
import { answers, close, namesOf, objectiveOf, peakOnExponential, quadratic } from "../objectives.js";

const reference = answers("iminuit-minos.json");

/** The likelihoods of iminuit-minos.py, written again with their derivatives. */
function counts({ n, m, tau }: { n: number; m: number; tau: number }) {
  return objectiveOf(["s", "b", "e"], (nu) => {
    const [s, b, e] = nu as unknown as [number, number, number];
    const expected = e * s + b;
    if (!(expected > 0 && b > 0)) return { nll: NaN, gradient: [], hessian: [] };
    const first = [e, 1, s];
    const slope = 1 - n / expected;
    const gradient = first.map((f) => slope * f);
    gradient[1]! += tau - m / b;
    gradient[2]! += (e - 0.8) / 0.15 ** 2;
    const hessian = first.flatMap((f) => first.map((g) => (n * f * g) / expected ** 2));
    hessian[2]! += slope;
    hessian[6]! += slope;
    hessian[4]! += m / b ** 2;
    hessian[8]! += 1 / 0.15 ** 2;
    const nll = expected - n * Math.log(expected) + tau * b - m * Math.log(tau * b) + 0.5 * ((e - 0.8) / 0.15) ** 2;
    return { nll, gradient, hessian };
  });
}

function wells({ h, t }: { h: number; t: number }) {
  return objectiveOf(["a", "c"], (nu) => {
    const [a, c] = nu as unknown as [number, number];
    return {
      nll: h * (a * a - 1) ** 2 - t * a + 2 * (c - a) ** 2,
      gradient: [4 * h * a * (a * a - 1) - t - 4 * (c - a), 4 * (c - a)],
      hessian: [4 * h * (3 * a * a - 1) + 4, -4, -4, 4],
    };
  });
}

type Bounds = Readonly<Record<string, readonly [number, number]>>;

const physical: Bounds = { b: [1e-6, Infinity], e: [1e-3, Infinity] };

const cases = [
  { name: "counts", objective: counts(reference.counts), bounds: physical },
  { name: "bounded", objective: counts(reference.bounded), bounds: { ...physical, s: [0, Infinity] } },
  { name: "high", objective: wells(reference.high), bounds: {} },
  { name: "low", objective: wells(reference.low), bounds: {} },
] as const;

function statusOf(wanted: { lower: number | null; at_lower_limit: boolean; lower_new_min: boolean }) {
  if (wanted.at_lower_limit) return "at-bound";
  return wanted.lower_new_min ? "new-minimum" : "found";
}

for (const { name, objective, bounds } of cases) {
  for (const { level, start, values, errors } of reference[name].fits) {
    test(`errors of "${name}" at ${level} agree with iminuit's, and so do the reasons for none`, async () => {
      const fit = await minimise(objective, { start, bounds, tolerance: 1e-9 });
      for (const found of await minos(objective, fit, { level, bounds })) {
        const wanted = errors[found.name];
        const scale = Math.sqrt(level) * fit.covariance!.sigma[objective.names.indexOf(found.name)]!;
        const at = values[objective.names.indexOf(found.name)];
        assert.is(found.lowerEnd.status, statusOf(wanted), found.lowerEnd.reason);
        if (found.lowerEnd.status === "found") {
          // iminuit's own tolerance is of this size.
          close(found.estimate + found.lower!, at + wanted.lower, { absolute: 2e-3 * scale }, `${found.name} lower`);
        } else assert.is(found.lower, undefined);
        assert.is(found.upperEnd.status, "found", found.upperEnd.reason);
        close(found.estimate + found.upper!, at + wanted.upper, { absolute: 2e-3 * scale }, `${found.name} upper`);
      }
    });
  }
}

test("errors of a peak on an exponential agree with iminuit's, in a few Hessians each", async () => {
  const mixture = answers("iminuit-mixture.json");
  const objective = peakOnExponential(mixture.events);
  const fit = await minimise(objective, { start: mixture.start, tolerance: 1e-9 });
  const done: number[] = [];
  const found = await minos(objective, fit, { names: ["width", "mean"], onNuisance: (count) => done.push(count) });
  assert.equal(done, [1, 2]);
  assert.equal(
    found.map(({ name }) => name),
    ["width", "mean"],
  );
  for (const { name, lower, upper, evaluations } of found) {
    const [low, high] = mixture.minos[name];
    close(lower, low, { relative: 2e-3 }, `${name} lower`);
    close(upper, high, { relative: 2e-3 }, `${name} upper`);
    assert.ok(evaluations <= 20, `${name}: ${evaluations} evaluations`);
  }
});

/** σ = 0.2 and 0.3, correlation 0.3. */
const determinant = 0.04 * 0.09 - 0.018 ** 2;
const correlated = quadratic(
  [0.09 / determinant, -0.018 / determinant, -0.018 / determinant, 0.04 / determinant],
  [0.5, -0.5],
  123,
);

test("of a quadratic: ∓σ√level, the other nuisance on its regression line, one Hessian for each end", async () => {
  const fit = await minimise(correlated, { start: [0.5, -0.5] });
  for (const level of [1, 4, 9]) {
    const width = Math.sqrt(level);
    const [first, second] = (await minos(correlated, fit, { level })) as [MinosError, MinosError];
    close(first.lower, -0.2 * width, { relative: 1e-10 });
    close(first.upper, 0.2 * width, { relative: 1e-10 });
    close(second.upper, 0.3 * width, { relative: 1e-10 });
    close(first.upperEnd.nuisances.values[1], -0.5 + 0.3 * 0.3 * width, { relative: 1e-10 });
    close(first.upperEnd.deltaTwoNll, level, { relative: 1e-10 });
    assert.is(first.evaluations, 2);
    assert.ok(Object.isFrozen(first) && Object.isFrozen(first.upperEnd));
  }
});

test("of one nuisance: the counting experiment n = 3", async () => {
  const objective = objectiveOf(["rate"], ([rate]) => ({
    nll: rate! > 0 ? rate! - 3 * Math.log(rate!) : NaN,
    gradient: [1 - 3 / rate!],
    hessian: [3 / rate! ** 2],
  }));
  const fit = await minimise(objective, { start: [2], tolerance: 1e-12 });
  const [error] = await minos(objective, fit);
  // Roots of 2 (r - 3 - 3 log(r / 3)) = 1 by scipy.optimize.brentq.
  close(error!.lower, -1.4160257, { absolute: 2e-4 });
  close(error!.upper, 2.0802367, { absolute: 2e-4 });
});

test("a fit that a bound holds has an end on the free side only", async () => {
  const bounds = { nu0: [0.6, 2] as const };
  const fit = await minimise(correlated, { start: [1, 0], bounds });
  assert.is(fit.status, "at-bound");
  const [error] = await minos(correlated, fit, { bounds, names: ["nu0"] });
  assert.is(error!.lowerEnd.status, "at-bound");
  assert.match(error!.lowerEnd.reason, "nu0: The fit is at the bound 0.6.");
  // ((x - 0.5)² - 0.1²) / 0.2² = 1
  close(error!.upper, 0.5 + Math.sqrt(0.05) - 0.6, { absolute: 1e-4 });
});

test("beside a nuisance that stays at its bound: σ of the others given it, still one Hessian for each end", async () => {
  const bounds = { nu1: [0, 1] as const };
  const fit = await minimise(correlated, { start: [0.5, 0.5], bounds });
  const [error] = await minos(correlated, fit, { bounds, names: ["nu0"] });
  close(error!.estimate, 0.6, { absolute: 1e-9 });
  close(error!.upper, 0.2 * Math.sqrt(1 - 0.09), { relative: 1e-9 });
  close(error!.lower, -0.2 * Math.sqrt(1 - 0.09), { relative: 1e-9 });
  assert.is(error!.evaluations, 2);
});

async function ends(
  nll: (a: number) => readonly [number, number],
  bounds: Bounds = {},
): Promise<readonly [MinosEnd, MinosEnd]> {
  const objective = objectiveOf(["a"], ([a]) => {
    const [value, slope] = nll(a!);
    return { nll: value, gradient: [slope], hessian: [1] };
  });
  const fit = await minimise(objective, { start: [0] });
  const [error] = await minos(objective, fit, { bounds });
  return [error!.lowerEnd, error!.upperEnd];
}

test("why an end is missing: a step, the rim of the definition, a plateau", async () => {
  const [below, above] = await ends((a) => (a > 0.7 ? [NaN, NaN] : a < -0.55 ? [3, a] : [0.5 * a * a, a]));
  assert.is(below.status, "jump");
  assert.match(below.reason, /^a: -2ΔlnL is 0.30\d at -0.549\d* and jumps to 6.00, past 1.$/);
  close(below.nuisances.values[0], -0.55, { absolute: 1e-3 });
  assert.is(above.status, "jump");
  assert.match(above.reason, /^a: -2ΔlnL is 0.490 at 0.69\d* and is not finite beyond, past 1.$/);

  const flat = await ends((a) => (Math.abs(a) > 0.5 ? [0.125, 0] : [0.5 * a * a, a]), { a: [-20, Infinity] });
  assert.is(flat[0].status, "at-bound");
  assert.match(flat[0].reason, "-2ΔlnL is 0.250 at the bound -20, below 1.");
  assert.is(flat[1].status, "point-limit");
  assert.match(flat[1].reason, /-2ΔlnL is 0.250 at \S+ after 60 points, below 1/);
});

test("a rough likelihood, as of splines and f32, still has its ends", async () => {
  const rough = (a: number): [number, number] => [0.5 * a * a + 2e-4 * Math.sin(3e4 * a), a];
  for (const end of await ends(rough)) {
    assert.is(end.status, "found", end.reason);
    close(Math.abs(end.nuisances.values[0]!), 1, { absolute: 5e-3 });
  }
});

test("slopes that are too steep by far, as between knots, delay the ends only", async () => {
  for (const end of await ends((a) => [0.5 * a * a * (1 + 0.3 * Math.abs(a)), 50 * a])) {
    assert.is(end.status, "found", end.reason);
    const at = Math.abs(end.nuisances.values[0]!);
    close(at * at * (1 + 0.3 * at), 1, { absolute: 2e-4 });
  }
});

test("a new minimum says where it is", async () => {
  const objective = wells(reference.low);
  const fit = await minimise(objective, { start: [1, 1] });
  const [error] = await minos(objective, fit, { names: ["a"] });
  const { nuisances, deltaTwoNll, reason } = error!.lowerEnd;
  assert.ok(nuisances.values[0]! < 0);
  assert.match(reason, /^a: -2ΔlnL is -0.\d+ at -\S+, below the fit: fit again from there.$/);
  const { nll } = await objective.evaluate(Float64Array.from(nuisances.values), 0);
  close(deltaTwoNll, 2 * (nll - fit.nll!), { relative: 1e-9 });
});

test("a profile that cannot be fitted, and an abort", async () => {
  // Flat in nu1 beside nu0 = 0.
  const objective = objectiveOf(namesOf(2), (nu) => {
    const [x, y] = nu as unknown as [number, number];
    const isNear = Math.abs(x) < 0.1;
    const own = isNear ? 1 : 0;
    return { nll: 0.5 * (x * x + own * y * y), gradient: [x, own * y], hessian: [1, 0, 0, own] };
  });
  const fit = await minimise(objective, { start: [0.05, 0.5] });
  const [error] = await minos(objective, fit, { names: ["nu0"] });
  assert.is(error!.upperEnd.status, "no-profile");
  assert.match(error!.upperEnd.reason, "The profile at 1 is missing. not-positive-definite: The Hessian is singular");
  const aborted = await minos(objective, fit, { names: ["nu0"], signal: AbortSignal.abort() });
  assert.is(aborted[0]!.lowerEnd.status, "aborted");
});

test("bad requests are refused", async () => {
  const fit = await minimise(correlated, { start: [0, 0] });
  await rejects(minos(correlated, fit, { names: ["shift"] }), /expected one of nu0, nu1, got "shift"/);
  await rejects(minos(correlated, fit, { level: 0 }), /minos level: expected a positive -2ΔlnL, got 0/);
  const unfinished = await minimise(correlated, { start: [9, 9], maxEvaluations: 1 });
  await rejects(minos(correlated, unfinished), /expected a fit that found a minimum, got iteration-limit: Stopped/);
  const other = await minimise(quadratic([1], [0]), { start: [0] });
  await rejects(minos(correlated, other), /expected a fit of nu0, nu1, got one of nu0/);
});

test.run();
