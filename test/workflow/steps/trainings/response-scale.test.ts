/** The validity range of the response of T, where the configuration has none. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { factorizableFlow } from "../../../../flows/architecture/architecture.js";
import { responseRange } from "../../../../inference/measurements/distribution-of-interest/response-training.js";
import { responseScales } from "../../../../workflow/steps/trainings/response-training.js";

test("five errors of nuisances that the data know, three prior standard deviations of those they do not", () => {
  const scales = responseScales([0.01, 0.25, 0.5, 1]);
  const nuisances = scales.map((scale) => ({ scale }));
  const architecture = factorizableFlow({ features: 1, context: 2, hidden: [2], layers: 1, nuisances });
  assert.equal(responseRange(architecture, undefined), [0.05, 1.25, 2.5, 3]);
});

test.run();
