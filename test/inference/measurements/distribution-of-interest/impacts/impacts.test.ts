/** Impacts on nuisances and yields of likelihoods known in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, initialise } from "../../../../../flows/architecture/architecture.js";
import {
  type ImpactsRequest,
  impacts,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { ImpactTable } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-on-targets.js";
import type { MixtureModel } from "../../../../../inference/model/mixture-model.js";
import { type Covariance, covariance, sandwichCovariance } from "../../../../../inference/statistics/fit/covariance.js";
import { matrixOf, namedVector, type Objective } from "../../../../../inference/statistics/objective.js";
import { rejects } from "../../../../support/rejects.js";
import { close, namesOf, objectiveOf, quadratic } from "../../../statistics/objectives.js";

/** H = A + 1, A = 3 v vᵀ with v = (1, 0.5, -1), (1 + 3 |v|²) = 7.75: C = 1 - 3 v vᵀ / 7.75 by Sherman and Morrison. */
const V = [1, 0.5, -1];
const H = V.flatMap((a, i) => V.map((b, j) => 3 * a * b + (i === j ? 1 : 0)));
const C = V.map((a, i) => V.map((b, j) => (i === j ? 1 : 0) - (3 * a * b) / 7.75));
const ESTIMATE = [0.3, -0.2, 0.5];
const SIGMA = C.map((row, k) => Math.sqrt(row[k]!));

const architecture = autoregressiveFlow({
  features: 1,
  context: 2,
  hidden: [3],
  transforms: 1,
  transform: { kind: "affine" },
});
const nominal = { architecture, weights: initialise(architecture, 1) };
const FACTORS = [
  [0.1, 0],
  [0.02, -0.3],
  [0, 0.05],
];
const YIELDS = [400, 150];

function modelOf(names: readonly string[], kind: "shape" | "rate"): MixtureModel {
  return {
    processes: ["A", "B"].map((name, f) => ({ name, logYield: Math.log(YIELDS[f]!) })),
    nuisances: names.map((name, k) =>
      kind === "shape"
        ? { name, nominal: 0, kind, acts: [true, true] }
        : { name, nominal: 0, kind, logFactors: FACTORS[k]! },
    ),
    x: { nominal },
  };
}

const positive = (hessian: ArrayLike<number>, names: readonly string[]): Covariance => {
  const found = covariance(hessian, names);
  assert.is(found.status, "positive-definite");
  return found as Covariance;
};

function requestOf(
  objective: Objective,
  hessian: readonly number[],
  estimate: readonly number[],
  change: Partial<ImpactsRequest> = {},
): ImpactsRequest {
  const { names } = objective;
  return {
    objective,
    model: modelOf(names, "shape"),
    fit: {
      estimate: namedVector(names, estimate),
      gradient: namedVector(names, new Float64Array(names.length)),
      hessian: matrixOf(hessian, names.length),
    },
    covariance: positive(hessian, names),
    definitions: ["shift", "covariance", "auxiliary"],
    groups: {},
    ...change,
  };
}

const tableOf = (tables: readonly ImpactTable[], definition: string, target: string, kind = "nuisance") =>
  tables.find((one) => one.definition === definition && one.target.name === target && one.target.kind === kind)!;
const impactOf = ({ impacts: all }: ImpactTable, source: string) => all.find((one) => one.source === source)!;

const NAMES = namesOf(3);
const EXACT = { absolute: 1e-12, relative: 1e-12 };

test("of a Gaussian likelihood: shift and covariance move nu_j by C_jk / sigma_k, the auxiliary measurement by C_jk", async () => {
  const found = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE));
  for (const [j, target] of NAMES.entries()) {
    for (const [k, source] of NAMES.entries()) {
      for (const definition of ["shift", "covariance", "auxiliary"] as const) {
        const table = tableOf(found.tables, definition, target);
        close(table.nominal, ESTIMATE[j]!, EXACT);
        if (j === k && definition !== "auxiliary") {
          assert.is(impactOf(table, source), undefined, "a nuisance's on itself");
          continue;
        }
        const want = definition === "auxiliary" ? C[j]![k]! : C[j]![k]! / SIGMA[k]!;
        const { up, down, size } = impactOf(table, source);
        close(up, want, EXACT, `${definition} up`);
        close(down, -want, EXACT, `${definition} down`);
        close(size, Math.abs(want), EXACT, `${definition} size`);
      }
    }
  }
  // |C_0k / σ_k| of k = 1, 2: v_k / σ_k is 0.5 / 0.950 and 1 / 0.783.
  const { impacts: ranked } = tableOf(found.tables, "shift", "nu0");
  assert.equal(
    ranked.map(({ source, rank }) => [source, rank]),
    [
      ["nu1", 2],
      ["nu2", 1],
    ],
  );
  // Two ends of three nuisances, two definitions: the first slope of each finds nothing left to do.
  assert.is(found.evaluations, 12);
  assert.equal(
    found.sources.flatMap(({ sources }) => sources.flatMap(({ problems }) => problems)),
    [],
  );
});

test("auxiliary and statistical parts, and the modes, add in quadrature to the total variance", async () => {
  const { tables, sources } = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE));
  for (const [j, target] of NAMES.entries()) {
    const { impacts: ofConstraints, total, statistical } = tableOf(tables, "auxiliary", target);
    close(total, SIGMA[j]!, EXACT, "total");
    // (C A C)_jj = 3 (C v)_j², and C v = v / 7.75.
    close(statistical, Math.sqrt(3) * Math.abs(V[j]! / 7.75), EXACT, "statistical");
    const squares = ofConstraints.reduce((sum, { size }) => sum + size ** 2, 0);
    close(squares, C[j]![j]! - statistical! ** 2, EXACT, "constraints");
    const ofModes = tableOf(tables, "mode", target);
    assert.equal(
      ofModes.impacts.map(({ source }) => source),
      ["mode 1", "mode 2", "mode 3"],
    );
    close(
      ofModes.impacts.reduce((sum, { size }) => sum + size ** 2, 0),
      C[j]![j]!,
      EXACT,
      "modes",
    );
    assert.is(tableOf(tables, "shift", target).statistical, undefined);
  }
  // The narrowest is along v, |v| = 1.5, with variance 1 / 7.75.
  const narrowest = sources.at(-1)!.sources[2]!;
  for (const [j, value] of narrowest.up.entries()) {
    close(value, ESTIMATE[j]! + (Math.sqrt(1 / 7.75) * V[j]!) / 1.5, EXACT, "mode 3");
  }
});

test("a group takes from a variance what knowing its members would", async () => {
  const groups = { pair: ["nu1", "nu0"], opposite: ["nu1", "nu2"], one: ["nu1"], all: NAMES };
  const { tables } = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, { groups }));
  const sizes = (definition: string, target: string) =>
    Object.fromEntries(tableOf(tables, definition, target).groups.map(({ name, size }) => [name, size]));
  for (const definition of ["shift", "covariance"]) {
    const { pair, one, all } = sizes(definition, "nu2");
    // With nu0 and nu1 fixed the variance of nu2 is 1 / H_22.
    close(pair, Math.sqrt(C[2]![2]! - 1 / H[8]!), EXACT, "pair");
    close(one, Math.abs(C[2]![1]! / SIGMA[1]!), EXACT, "one");
    close(all, SIGMA[2]!, EXACT, "all");
    // nu1 and nu2 move nu0 in opposite directions.
    close(sizes(definition, "nu0").opposite, Math.sqrt(C[0]![0]! - 1 / H[0]!), EXACT, "opposite");
  }
  const { pair, all } = sizes("auxiliary", "nu2");
  close(pair, Math.hypot(C[2]![0]!, C[2]![1]!), EXACT, "pair of constraints");
  close(all, Math.hypot(...C[2]!), EXACT, "all constraints");
  assert.equal(tableOf(tables, "mode", "nu2").groups, []);
});

test("of weighted events the sandwich is the total, to which constraints add what they do without weights", async () => {
  // J = w A + 1, so that H⁻¹ J H⁻¹ = w C A C + C C, and (C A C)_ij = 3 v_i v_j / 7.75².
  const w = 2.5;
  const product = H.map((value, at) => (at % 4 === 0 ? w * (value - 1) + 1 : w * value));
  const sandwich = sandwichCovariance(H, product, NAMES) as Covariance;
  const { tables } = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, { covariance: sandwich }));
  const variance = (j: number) => (3 * w * V[j]! ** 2) / 7.75 ** 2 + C[j]!.reduce((sum, c) => sum + c * c, 0);
  const ofConstraint = tableOf(tables, "auxiliary", "nu0");
  close(ofConstraint.total, Math.sqrt(variance(0)), EXACT, "total");
  close(ofConstraint.statistical, (Math.sqrt(3 * w) * V[0]!) / 7.75, EXACT, "statistical");
  close(impactOf(ofConstraint, "nu2").up, C[0]![2]!, EXACT, "auxiliary");
  // Fixed at ν̂ + σ, nu2 takes nu0 along as the likelihood has it.
  const { up } = impactOf(tableOf(tables, "shift", "nu0"), "nu2");
  close(up, (Math.sqrt(variance(2)) * C[0]![2]!) / C[2]![2]!, EXACT, "shift");
});

test("what a fit stopped short of is no impact", async () => {
  const short = ESTIMATE.map((value, k) => value + 0.01 * (k + 1));
  const gradient = V.map((_, i) => short.reduce((sum, x, j) => sum + H[3 * i + j]! * (x - ESTIMATE[j]!), 0));
  const request = requestOf(quadratic(H, ESTIMATE), H, short);
  const fit = { ...request.fit, gradient: namedVector(NAMES, gradient) };
  const { tables } = await impacts({ ...request, fit });
  for (const definition of ["shift", "auxiliary"]) {
    const { up, down } = impactOf(tableOf(tables, definition, "nu0"), "nu2");
    close(up, definition === "shift" ? C[0]![2]! / SIGMA[2]! : C[0]![2]!, EXACT, definition);
    close(down, -up, EXACT, definition);
  }
});

/**
 * ½ (mu - theta²)² / τ² + ½ (theta - t)²: wherever theta is fixed, or the mean of its constraint moved to, mu follows at theta². At the minimum
 * σ(theta) = 1, and cov(mu, theta) = 2 t.
 */
const TAU = 0.5;
const T = 1.5;
const bent = objectiveOf(["mu", "theta"], ([mu, theta]) => {
  const [d, slope] = [mu! - theta! ** 2, 2 * theta!];
  return {
    nll: (0.5 * d ** 2) / TAU ** 2 + 0.5 * (theta! - T) ** 2,
    gradient: [d / TAU ** 2, (-d * slope) / TAU ** 2 + theta! - T],
    hessian: [1 / TAU ** 2, -slope / TAU ** 2, -slope / TAU ** 2, (slope ** 2 - 2 * d) / TAU ** 2 + 1],
  };
});
const bentHessian = [1 / TAU ** 2, (-2 * T) / TAU ** 2, (-2 * T) / TAU ** 2, (4 * T ** 2) / TAU ** 2 + 1];

test("refits follow a likelihood that is not Gaussian to unequal ends", async () => {
  const found = await impacts(requestOf(bent, bentHessian, [T ** 2, T], { tolerance: 1e-14 }));
  const onMu = (definition: string) => impactOf(tableOf(found.tables, definition, "mu"), "theta");
  for (const definition of ["shift", "auxiliary"]) {
    const { up, down, size } = onMu(definition);
    close(up, (T + 1) ** 2 - T ** 2, { absolute: 1e-6 }, `${definition} up`);
    close(down, (T - 1) ** 2 - T ** 2, { absolute: 1e-6 }, `${definition} down`);
    close(size, Math.sqrt(0.5 * (4 ** 2 + 2 ** 2)), { absolute: 1e-6 }, `${definition} size`);
  }
  close(onMu("covariance").up, 2 * T, EXACT);
  close(onMu("covariance").down, -2 * T, EXACT);
  close(tableOf(found.tables, "shift", "mu").total, Math.sqrt(TAU ** 2 + 4 * T ** 2), EXACT, "total");
  // √10 of theta alone is more than the total.
  assert.is(tableOf(found.tables, "auxiliary", "mu").statistical, undefined);
  // mu has no constraint whose mean could move.
  const constrained = found.sources.map(({ sources }) => sources.find(({ name }) => name === "theta"));
  assert.equal(
    constrained.flatMap((source) => source?.problems ?? []),
    [],
  );
});

test("rates move yields by their factors, the others following as correlated", async () => {
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, { model: modelOf(NAMES, "rate") });
  const { tables } = await impacts(request);
  const yieldOf = (f: number, nu: readonly number[]) =>
    YIELDS[f]! * Math.exp(nu.reduce((sum, value, k) => sum + FACTORS[k]![f]! * value, 0));
  const moved = (k: number, by: number) => ESTIMATE.map((value, j) => value + by * C[j]![k]!);
  for (const [f, process] of ["A", "B"].entries()) {
    const table = tableOf(tables, "auxiliary", process, "yield");
    close(table.nominal, yieldOf(f, ESTIMATE), EXACT);
    for (const [k, source] of NAMES.entries()) {
      const { up, down } = impactOf(table, source);
      close(up, yieldOf(f, moved(k, 1)) - yieldOf(f, ESTIMATE), { relative: 1e-10 }, `${process} up`);
      close(down, yieldOf(f, moved(k, -1)) - yieldOf(f, ESTIMATE), { relative: 1e-10 }, `${process} down`);
    }
  }
  const all = impactOf(tableOf(tables, "covariance", "", "total yield"), "nu1");
  const end = moved(1, 1 / SIGMA[1]!);
  const change = [0, 1].reduce((sum, f) => sum + yieldOf(f, end) - yieldOf(f, ESTIMATE), 0);
  close(all.up, change, { relative: 1e-10 }, "total");
});

test("a nuisance that a bound holds is no source and stays where it is", async () => {
  const [free, names] = [
    [0, 2],
    ["nu0", "nu2"],
  ] as const;
  const inner = free.flatMap((i) => free.map((j) => H[3 * i + j]!));
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, {
    covariance: positive(inner, names),
    groups: { held: ["nu1"], both: ["nu1", "nu2"] },
  });
  const { sources, tables } = await impacts(request);
  const determinant = inner[0]! * inner[3]! - inner[1]! * inner[2]!;
  for (const { definition, sources: all } of sources) {
    if (definition !== "mode")
      assert.equal(
        all.map(({ name }) => name),
        [...names],
      );
    for (const { up, down } of all) assert.equal([up[1], down[1]], [ESTIMATE[1], ESTIMATE[1]]);
  }
  const { up } = impactOf(tableOf(tables, "auxiliary", "nu0"), "nu2");
  close(up, -inner[1]! / determinant, EXACT, "the block's own covariance");
  const { groups } = tableOf(tables, "auxiliary", "nu0");
  close(groups[0]!.size, 0, EXACT, "held");
  close(groups[1]!.size, up, EXACT, "both");
});

test("ends beyond the bounds, and refits that a bound stops, are named as problems", async () => {
  const bounds = { nu0: [-0.1, 0.9], nu1: [-5, 5], nu2: [0.45, 0.6] } as const;
  const { sources } = await impacts(requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, { bounds, definitions: ["shift"] }));
  const problems = sources[0]!.sources.flatMap((source) => source.problems);
  assert.ok(problems.includes("nu0, up: nu0 = 1.083 lies beyond [-0.1, 0.9], where the fit may look."));
  assert.ok(
    problems.some((text) => /^nu0, up: at-bound: nu2 is at its upper bound 0\.6/.test(text)),
    `${problems}`,
  );
  assert.ok(problems.some((text) => /^nu1, down: at-bound: nu2 is at its lower bound/.test(text)));
});

test("progress counts the nuisances refitted; an abort ends all", async () => {
  const seen: string[] = [];
  const control = new AbortController();
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, {
    onProgress: (stage, done, total) => seen.push(`${stage} ${done}/${total}`),
    signal: control.signal,
  });
  await impacts(request);
  assert.equal(
    seen,
    [1, 2, 3, 4, 5, 6].map((done) => `refits ${done}/6`),
  );
  const late = impacts({ ...request, onProgress: (_, done) => done === 2 && control.abort() });
  await late.then(
    () => assert.unreachable("an abort"),
    (error: Error) => assert.is(error.name, "AbortError"),
  );
});

test("groups of no nuisances and fits without a minimum are refused", async () => {
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE);
  const refused = (change: Partial<ImpactsRequest>, message: RegExp) =>
    rejects(impacts({ ...request, ...change }), message);
  await refused({ groups: { theory: [] } }, /impacts: group theory: expected at least one nuisance, got none/);
  await refused({ groups: { theory: ["scale"] } }, /impacts: group theory: expected one of nu0, nu1, nu2, got "scale"/);
  await refused(
    { fit: { ...request.fit, hessian: undefined } },
    /impacts: expected a fit of nu0, nu1, nu2 with gradient and Hessian, got one of nu0, nu1, nu2 without Hessian/,
  );
  const flat = { ...request.fit, hessian: matrixOf(new Array(9).fill(1), 3) };
  await refused(
    { fit: flat },
    /impacts: expected a positive definite Hessian, got an obstacle: The Hessian is singular/,
  );
});

test.run();
