/** Architectures: what cannot be is refused, and initial weights follow from seed and name. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../engine/errors.js";
import { Tape } from "../../../engine/tape/tape.js";
import {
  autoregressiveFlow,
  checked,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import type { Tensor } from "../../../flows/networks/weights.js";
import { withStandardisation } from "../../../flows/standardisation.js";

const spline = { kind: "spline", bins: 4, bound: 5 } as const;
const architecture = autoregressiveFlow({
  features: 2,
  context: 1,
  transforms: 2,
  hidden: [8],
  transform: spline,
  standardisation: "input",
});

const says = (pattern: RegExp) => (error: Error) => {
  assert.instance(error, UsageError);
  assert.match(error.message, pattern);
  return true;
};

test("initial weights depend on the seed, name by name", () => {
  const [a, b, c] = [1, 1, 2].map((seed) => initialise(architecture, seed).get("transforms.1.0.weight") as Tensor);
  assert.equal(a, b);
  assert.not.equal(a, c);
  // in = 1 context and 1 feature: uniform in ±1/√2
  assert.ok(a?.data.every((entry) => Math.abs(entry) <= Math.SQRT1_2) && a.data.some((entry) => Math.abs(entry) > 0.4));
});

test("constants of the training sample are stored, and are not trainable", () => {
  const flow = bindFlow(new Tape(), architecture, "flow");
  assert.ok(flow.tensors.has("standardisation.features.scale"));
  assert.not.ok(flow.trainable.has("flow.standardisation.features.scale"));
  assert.ok(flow.trainable.has("flow.transforms.0.0.weight"));
  const moments = { mean: Float64Array.of(1, 2), standardDeviation: Float64Array.of(3, 4) };
  const weights = withStandardisation(initialise(architecture, 1), { features: moments });
  assert.equal([...(weights.get("standardisation.features.scale") as Tensor).data], [3, 4]);
  assert.throws(
    () => withStandardisation(weights, { features: moments, context: moments }),
    says(/expected 1 numbers for "standardisation\.context\.shift", got 2/),
  );
});

test("architectures that cannot be are refused", () => {
  const base = { features: 2, transforms: 1, hidden: [8] };
  assert.throws(() => autoregressiveFlow({ ...base, features: 0, transform: spline }), says(/at least one feature/));
  assert.throws(
    () => autoregressiveFlow({ ...base, transform: { ...spline, bins: 1 } }),
    says(/at least 2 bins, got 1/),
  );
  assert.throws(
    () =>
      factorizableFlow({ features: 2, hidden: [8], layers: 1, nuisances: [{}], spline: { ...spline, scaled: true } }),
    says(/splines that are not scaled: the layers scale already, got \{"kind":"spline"/),
  );
  assert.throws(
    () => autoregressiveFlow({ ...base, transform: spline, orders: [[0, 0]] }),
    says(/an order of 2 features, got \[0,0\]/),
  );
  assert.throws(
    () => couplingFlow({ ...base, features: 1, transform: spline }),
    says(/some but not all of 1 features to be passive/),
  );
  const factorizable = { features: 2, layers: 1, hidden: [8], nuisances: [{}, {}] };
  const morph = factorizableFlow(factorizable);
  for (const networks of [[[[1, 2, 3]]], [null, null]]) {
    const nuisances = morph.nuisances.map((own) => ({ ...own, networks }));
    assert.throws(
      () => checked({ ...morph, nuisances }),
      says(/a network of a nuisance for each layer, with units of 2 degrees/),
    );
  }
  assert.throws(
    () => factorizableFlow({ ...factorizable, pairs: [[1, 0]] }),
    says(/pairs \(k, l\) of 2 nuisances with k < l/),
  );
  assert.throws(
    () => factorizableFlow({ ...factorizable, standardisation: "input" }),
    says(/nominal values stay in the space of the data/),
  );
  const flow = bindFlow(new Tape(), architecture, "flow");
  assert.throws(() => flow.logProb(new Tape().column("y", [3])), says(/features \[\.\.\., 2\], got \[3\]/));
  assert.throws(() => flow.logProb(new Tape().column("y", [2])), says(/context \[\.\.\., 1\], got none/));
});

test.run();
