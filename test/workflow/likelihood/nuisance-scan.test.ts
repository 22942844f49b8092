/** Points, numbers and problems of scans, without any likelihood. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covarianceOf } from "../../../inference/statistics/fit/covariance.js";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { LevelErrors } from "../../../workflow/likelihood/level.js";
import type { LikelihoodParts } from "../../../workflow/likelihood/nuisance-fit.js";
import {
  hasEveryError,
  type Scans,
  scanArrays,
  scanPlan,
  scanProblems,
} from "../../../workflow/likelihood/nuisance-scan.js";
import { close } from "../../support/close.js";

function partsOf(nuisances: readonly string[], scan: string): LikelihoodParts {
  const source = `
observables: { x: { features: 2 } }
likelihood: { observables: [x] }
processes: { only: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { ${nuisances.map((name) => `${name}: { kind: rate, kappa: 0.1 }`).join(", ")} }
data: { file: a.npz }
fit: { bounds: [-1, 1] }
scan: ${scan}
`;
  const configuration = readConfiguration(source, "a.yaml");
  const model = { nuisances: nuisances.map((name) => ({ name })) };
  return { analysis: { file: "a.yaml", configuration }, model, events: { data: {} } } as unknown as LikelihoodParts;
}

const fitOf = (names: readonly string[], values: readonly number[], sigma: readonly number[]) =>
  ({
    estimate: { names, values },
    covariance: { names: names.slice(0, sigma.length), sigma },
    reason: "why.",
  }) as unknown as FitResult;

const PLAIN: LevelErrors = { names: [], estimator: "inverse Hessian", covariance: null };

test("ranges are in errors of the fit, within its bounds", () => {
  const names = ["a", "b"];
  const fit = fitOf(names, [0.5, 0], [0.5, 0.1]);
  assert.ok(hasEveryError(fit));
  const { single, pairs } = scanPlan(partsOf(names, "{ points: 5, grid: 3, range: 2 }"), fit, PLAIN);
  assert.equal(
    single.map(({ name }) => name),
    names,
  );
  // a: from 0.5 - 2 · 0.5 to the bound at 1.
  close(single[0]!.values, [-0.5, -0.125, 0.25, 0.625, 1], { absolute: 1e-15, relative: 0 });
  close(single[1]!.values, [-0.2, -0.1, 0, 0.1, 0.2], { absolute: 1e-15, relative: 0 });
  assert.is(pairs.length, 1);
  close(pairs[0]!.values[1], [-0.2, 0, 0.2], { absolute: 1e-15, relative: 0 });
});

test("of weighted events ranges are in errors of the sandwich", () => {
  const fit = { ...fitOf(["a"], [0], [0.1]), covariance: covarianceOf([0.01], ["a"]) } as FitResult;
  const errors: LevelErrors = { names: ["a"], estimator: "sandwich", covariance: [[0.04]] };
  const { single } = scanPlan(partsOf(["a"], "{ points: 5, range: 2 }"), fit, errors);
  close(single[0]!.values, [-0.4, -0.2, 0, 0.2, 0.4], { absolute: 1e-15, relative: 0 });
});

test("of more than four nuisances no pair is scanned that the configuration does not name", () => {
  const names = ["a", "b", "c", "d", "e"];
  const fit = fitOf(names, [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]);
  assert.equal(scanPlan(partsOf(names, "{}"), fit, PLAIN).pairs, []);
  const named = scanPlan(partsOf(names, "{ pairs: [[e, b]] }"), fit, PLAIN);
  assert.equal(
    named.pairs.map((pair) => pair.names),
    [["e", "b"]],
  );
});

test("a nuisance without an error has no range", () => {
  const fit = fitOf(["a", "b"], [0, 0], [1]);
  assert.not.ok(hasEveryError(fit));
  assert.throws(
    () => scanPlan(partsOf(["a", "b"], "{}"), fit, PLAIN),
    /^scan of b: expected an error of the fit, got none\. why\.$/,
  );
});

const FOUND = {
  single: [
    {
      name: "a",
      values: [0, 1],
      deltaTwoNll: [-2, undefined],
      problems: [{ at: [1], reason: "it diverged" }],
      belowBestFit: -2,
    },
  ],
  pairs: [
    {
      names: ["a", "b"],
      values: [
        [0, 1],
        [2, 3, 4],
      ],
      deltaTwoNll: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      problems: [],
      belowBestFit: undefined,
    },
  ],
} as unknown as Scans;

test("points that are missing are said", () => {
  assert.equal(scanProblems(FOUND), ["scan of a at 1: it diverged"]);
});

test("points too far apart for the minimum of a fit are said in one sentence, with what to raise", () => {
  // Parabolas about (centre, 0), the points one apart.
  const axis = [-2, -1, 0, 1, 2];
  const height = (a: number, centre: number, sigma: number) => ((a - centre) / sigma) ** 2;
  const pairOf = (centre: number, sigma: number) => ({
    names: ["a", "b"],
    values: [axis, axis],
    deltaTwoNll: axis.map((a) => axis.map((b) => height(a, centre, sigma) + height(b, 0, sigma))),
    problems: [],
    belowBestFit: undefined,
  });
  const singleOf = (centre: number, sigma: number) => ({
    name: "a",
    values: axis,
    deltaTwoNll: axis.map((a) => height(a, centre, sigma)),
    problems: [],
    belowBestFit: undefined,
  });
  const said = (centre: number, sigma: number) =>
    scanProblems({ single: [singleOf(centre, sigma)], pairs: [pairOf(centre, sigma)] } as unknown as Scans);
  assert.equal(said(0, 0.3), []);
  assert.equal(said(0.5, 0.6), []);
  assert.equal(said(0.5, 0.25), [
    "scan of a: the points pass by the minimum of this fit, as the lowest has -2 Delta ln L = 4.00: raise scan.points, or lower scan.range",
    "scan of a, b: the points pass by the minimum of this fit, as the lowest has -2 Delta ln L = 4.00: raise scan.grid, or lower scan.range",
  ]);
  assert.equal(said(3, 0.5), [
    "scan of a: the points pass by the minimum of this fit, as the lowest has -2 Delta ln L = 4.00: raise scan.range",
    "scan of a, b: the points pass by the minimum of this fit, as the lowest has -2 Delta ln L = 4.00: raise scan.range",
  ]);
  const none = { ...singleOf(0, 1), deltaTwoNll: axis.map(() => undefined) };
  assert.equal(scanProblems({ single: [none], pairs: [] } as unknown as Scans), []);
});

test("arrays hold every point, NaN where there is none, in the shape of the grid", () => {
  const arrays = scanArrays(FOUND);
  assert.equal(
    [...arrays.keys()],
    ["a/values", "a/delta_two_nll", "a,b/values_a", "a,b/values_b", "a,b/delta_two_nll"],
  );
  const single = arrays.get("a/delta_two_nll")!.data;
  assert.is(single[0], -2);
  assert.ok(Number.isNaN(single[1]));
  assert.equal(arrays.get("a,b/delta_two_nll"), { shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) });
});

test.run();
