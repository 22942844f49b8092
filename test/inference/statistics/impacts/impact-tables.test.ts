/** Impacts on targets that follow from the nuisances: groups, modes and yields. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { impacts } from "../../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { ShapeNuisance } from "../../../../inference/model/mixture-model.js";
import { type Covariance, sandwichCovariance } from "../../../../inference/statistics/fit/covariance.js";
import { namedVector } from "../../../../inference/statistics/objective.js";
import {
  C,
  ESTIMATE,
  EXACT,
  FACTORS,
  H,
  impactOf,
  modelOf,
  NAMES,
  requestOf,
  SIGMA,
  tableOf,
  V,
  YIELDS,
} from "../../measurements/distribution-of-interest/impacts/small-fits.js";
import { close, quadratic } from "../objectives.js";

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

test("shape nuisances that yields follow move them by their interpolation", async () => {
  const acceptance = [
    { up: Math.log(1.2), down: Math.log(0.8) },
    { up: null, down: null },
  ];
  const plain = modelOf(NAMES, "shape");
  const [first, ...others] = plain.nuisances as ShapeNuisance[];
  const model = { ...plain, nuisances: [{ ...first!, acceptance }, ...others] };
  const fit = { ...requestOf(quadratic(H, ESTIMATE), H, ESTIMATE).fit, estimate: namedVector(NAMES, [1.5, -0.2, 0.5]) };
  const { tables } = await impacts({ ...requestOf(quadratic(H, [1.5, -0.2, 0.5]), H, ESTIMATE), model, fit });
  const { nominal, impacts: all } = tableOf(tables, "covariance", "A", "yield");
  const value = YIELDS[0]! * 1.2 ** 1.5;
  close(nominal, value, EXACT);
  const { up } = all.find(({ source }) => source === "nu0")!;
  close(up, value * (1.2 ** SIGMA[0]! - 1), { relative: 1e-10 });
  const fixed = tableOf(tables, "covariance", "B", "yield");
  assert.ok(fixed.impacts.every(({ size }) => size === 0));
});

test.run();
