/** Where a fit begins and how far it may look. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { F32_PRECISION, F64_PRECISION } from "../../../inference/statistics/fit/covariance.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { OpenLikelihood } from "../../../workflow/likelihood/bound-likelihood.js";
import { fitBounds, fitOptions, fitTolerance, responseNominal } from "../../../workflow/likelihood/nuisance-fit.js";

function openWith(fit: string): OpenLikelihood {
  const source = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes: { only: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { a: { kind: rate, kappa: 0.1 }, b: { kind: rate, kappa: 0.1 } }
data: { file: a.npz }
fit: ${fit}
`;
  const configuration = readConfiguration(source, "a.yaml");
  const model = { nuisances: [{ name: "a" }, { name: "b" }] };
  const precision = F64_PRECISION;
  return {
    analysis: { file: "a.yaml", configuration },
    model,
    events: { data: {} },
    precision,
  } as unknown as OpenLikelihood;
}

test("bounds are those of the configuration where no T responds", () => {
  const open = openWith("{ bounds: [-2, 3] }");
  assert.is(responseNominal(open), undefined);
  assert.equal(fitBounds(open), { a: [-2, 3], b: [-2, 3] });
  assert.not.ok("box" in fitOptions(open, [0, 0]));
});

test("a second start lies so far from the first as is asked for, but no further than half-way to the bound", () => {
  const open = openWith("{ bounds: [-2, 2], secondStart: 1 }");
  assert.equal(fitOptions(open, [0, 1.5]).secondStart, [1, 1.75]);
  assert.not.ok("secondStart" in fitOptions(openWith("{ secondStart: 0 }"), [0, 0]));
});

test("a fit in f32 stops where the rounding of the sums begins to matter", () => {
  assert.is(fitTolerance({ precision: F64_PRECISION }), 1e-5);
  assert.is(fitTolerance({ precision: F32_PRECISION }), 1e-4);
});

test.run();
