/** Impacts on nuisances and yields of likelihoods known in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ImpactsRequest,
  impacts,
} from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import { matrixOf } from "../../../../../inference/statistics/objective.js";
import { rejects } from "../../../../support/rejects.js";
import { close, quadratic } from "../../../statistics/objectives.js";
import { C, ESTIMATE, EXACT, H, impactOf, NAMES, positive, requestOf, SIGMA, tableOf } from "./small-fits.js";

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

test("a nuisance that a bound holds is no source and stays where it is", async () => {
  const [free, names] = [
    [0, 2],
    ["nu0", "nu2"],
  ] as const;
  const inner = free.flatMap((i) => free.map((j) => H[3 * i + j]!));
  const request = requestOf(quadratic(H, ESTIMATE), H, ESTIMATE, {
    covariance: positive(inner, names),
    groups: { fixed: ["nu1"], both: ["nu1", "nu2"] },
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
  close(groups[0]!.size, 0, EXACT, "fixed");
  close(groups[1]!.size, up, EXACT, "both");
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
