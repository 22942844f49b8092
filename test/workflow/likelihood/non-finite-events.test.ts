/** Events without a finite log p, at the point that is asked for and at those that a fit or a scan has met. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { OpenLikelihood } from "../../../workflow/likelihood/bound-likelihood.js";
import { nonFiniteAt, nonFiniteNear } from "../../../workflow/likelihood/non-finite-events.js";
import { fitNuisances } from "../../../workflow/likelihood/nuisance-fit.js";
import { scans } from "../../../workflow/likelihood/nuisance-scan.js";
import { verdictText } from "../../../workflow/verdicts.js";

const SOURCE = `
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x] }
processes: { only: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { scale: { kind: rate, kappa: 0.1 }, norm: { kind: rate, kappa: 0.1 } }
data: { file: a.npz }
fit: { secondStart: 0 }
`;

const COUNT = 40_000;
const { signal } = new AbortController();
const progress = { begin: () => ({ update() {}, done() {} }), note() {} };

/** A feature with an edge that moves with the first nuisance: events 7 and 30 000 are beyond it where `isOut` is true. */
function openWith(isOut: (nu: ArrayLike<number>) => boolean, minimum = 0): OpenLikelihood {
  const bad = (event: number) => event === 7 || event === 30_000;
  const evaluate = async (nu: ArrayLike<number>, order: number) => {
    const [a, b] = [nu[0]! - minimum, nu[1]!];
    return {
      nll: isOut(nu) ? Number.POSITIVE_INFINITY : 50 * a * a + 2 * b * b,
      ...(order >= 1 && { gradient: Float64Array.of(100 * a, 4 * b) }),
      ...(order >= 2 && { hessian: Float64Array.of(100, 0, 0, 4) }),
    };
  };
  return {
    analysis: { file: "a.yaml", configuration: readConfiguration(SOURCE, "a.yaml") },
    model: { processes: [], nuisances: [{ name: "scale" }, { name: "norm" }], x: {} },
    events: {
      data: { count: COUNT, x: Float64Array.from({ length: COUNT }, (_, i) => i / 10) },
      total: COUNT,
      file: "d.npz",
      rows: Int32Array.from({ length: COUNT }, (_, i) => i + 1),
    },
    precision: 1e-10,
    withFixedTransport: undefined,
    likelihood: {
      names: ["scale", "norm"],
      evaluate,
      outerProduct: async () => ({ matrix: new Float64Array(4), scatter: new Float64Array(2) }),
      crossesKnots: false,
      logProb: async (nu: ArrayLike<number>, [start, stop]: readonly [number, number]) =>
        Float64Array.from({ length: stop - start }, (_, i) =>
          isOut(nu) && bad(start + i) ? Number.NEGATIVE_INFINITY : -1,
        ),
    },
  } as unknown as OpenLikelihood;
}

const isAbove = (nu: ArrayLike<number>) => nu[0]! > 0.05;

test("every event is looked at, portion by portion; rows are those of the file", async () => {
  const open = openWith(isAbove);
  assert.is((await nonFiniteAt(open, [0, 0], signal)).count, 0);
  const found = await nonFiniteAt(open, [1, 0], signal);
  assert.equal([found.rows, found.count], [[7, 30_000], 2]);
  assert.equal(found.verdict(open.analysis, open.events).rows, [8, 30_001]);
});

test("near a point: the first that has such events, with the point; none where there are none", async () => {
  const open = openWith(isAbove);
  const found = await nonFiniteNear(open, [[0, 0.5]], signal);
  assert.is(
    verdictText(found!),
    "d.npz: row 8 (counted from 0): mass = 0.7, with log p = -infinity at nu = (0.1, 0.5); 2 such events of 40000. " +
      "Remove such events, or look for a sentinel or a wrong unit in them",
  );
  assert.equal([found!.check, found!.count], ["finite", 2]);
  assert.is(
    await nonFiniteNear(
      openWith(() => false),
      [[0, 0.5]],
      signal,
    ),
    undefined,
  );
});

const fit = {
  estimate: { names: ["scale", "norm"], values: [0, 0.25] },
  nll: 0.125,
  reason: "",
} as unknown as FitResult;

test("a scan names the events that make one of its points not finite, with the point: alone, and in a pair", async () => {
  const open = openWith((nu) => nu[0]! > 0.6);
  const values = [-1, 0, 1];
  for (const plan of [
    { single: [{ name: "scale", values }], pairs: [] },
    { single: [], pairs: [{ names: ["norm", "scale"] as const, values: [values, values] as const }] },
  ]) {
    const found = await scans(open, open.likelihood, fit, plan, progress, signal);
    // That the likelihood of this test is lower elsewhere is said, too.
    const verdicts = found.verdicts.filter(({ check }) => check === "finite");
    const other = plan.single.length === 1 ? "0\\.25" : "0";
    assert.is(verdicts.length, 1);
    assert.match(verdicts[0]!.text, new RegExp(`mass = 0\\.7, with log p = -infinity at nu = \\(1, ${other}\\)`));
  }
  const finite = openWith(() => false);
  const plan = { single: [{ name: "scale", values }], pairs: [] };
  const ofFinite = await scans(finite, finite.likelihood, fit, plan, progress, signal);
  assert.not.ok(ofFinite.verdicts.some(({ check }) => check === "finite"));
});

test("a fit that leaves the region where the likelihood is finite names the events in its reason", async () => {
  const result = await fitNuisances(openWith(isAbove, 0.5), [0, 0], progress, signal);
  assert.is(result.status, "non-finite");
  assert.match(result.reason, /d\.npz: row 8 \(counted from 0\): mass = 0\.7, with log p = -infinity at nu = \(0\.1/);
});

test.run();
