/** Auxiliary measurements against closed forms: terms of -ln L, outcomes that are drawn, Asimov outcomes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { Tape } from "../../../../engine/tape/tape.js";
import {
  asimov,
  type Constraint,
  checkConstraint,
  constraintEstimate,
  constraintKinds,
  constraintLeast,
  constraintNll,
  redrawn,
} from "../../../../inference/model/parameters/constraints.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { rejects } from "../../../support/rejects.js";

interface ConstraintSample {
  readonly constraint: Constraint;
  /** Values of the parameter. */
  readonly at: readonly number[];
  /** -ln of the density of the outcome at θ, as textbooks have it, up to a constant. */
  readonly nll: (value: number) => number;
  /** Mean and standard deviation of g(outcome) at θ. */
  readonly moments: (value: number) => readonly [mean: number, sigma: number];
  readonly g: (outcome: number) => number;
}

const logPoisson = (n: number, mean: number) =>
  n * Math.log(mean) - mean - Array.from({ length: n }, (_, k) => Math.log(k + 1)).reduce((a, b) => a + b, 0);

/** A kind without samples does not compile. */
const samples: { readonly [K in Constraint["kind"]]: readonly ConstraintSample[] } = {
  normal: [
    {
      constraint: { kind: "normal", observed: 0.7, sigma: 0.3 },
      at: [-1, 0.7, 1.4],
      nll: (value) => (0.7 - value) ** 2 / (2 * 0.3 ** 2) + Math.log(0.3 * Math.sqrt(2 * Math.PI)),
      moments: (value) => [value, 0.3],
      g: (outcome) => outcome,
    },
  ],
  "log-normal": [
    {
      constraint: { kind: "log-normal", observed: 1.2, kappa: 1.3 },
      at: [0.4, 1.2, 3],
      nll: (value) => (Math.log(1.2) - Math.log(value)) ** 2 / (2 * Math.log(1.3) ** 2),
      moments: (value) => [Math.log(value), Math.log(1.3)],
      g: Math.log,
    },
  ],
  poisson: [
    {
      constraint: { kind: "poisson", observed: 7, scale: 4 },
      at: [0.5, 1.75, 4],
      nll: (value) => -logPoisson(7, 4 * value),
      moments: (value) => [4 * value, Math.sqrt(4 * value)],
      g: (outcome) => outcome,
    },
    {
      constraint: { kind: "poisson", observed: 0, scale: 4 },
      at: [0.1, 2],
      nll: (value) => 4 * value,
      moments: (value) => [4 * value, Math.sqrt(4 * value)],
      g: (outcome) => outcome,
    },
  ],
};

const all = Object.values(samples).flat();
const nameOf = ({ constraint }: ConstraintSample) => `${constraint.kind}, observed ${constraint.observed}`;

for (const backend of testBackends()) {
  for (const sample of all) {
    test(`${nameOf(sample)}: -ln L and its derivatives have the closed form on ${backend.name}`, async () => {
      const tape = new Tape();
      const theta = tape.parameter("theta", []);
      const nll = constraintNll(sample.constraint, theta);
      const [slope] = gradient(nll, [theta]) as [typeof nll];
      const own = await backend.create();
      const program = await own.compile({ outputs: { nll, slope, curvature: hessian(nll, theta) } });
      // Differences of the textbook's -ln L: the constant drops out.
      const least = constraintEstimate(sample.constraint)[0];
      const minimum = sample.constraint.observed === 0 ? 0 : sample.nll(least);
      const h = 1e-4;
      const tolerance = tolerances[backend.precision];
      for (const value of sample.at) {
        await program.write({ theta: [value] });
        const found = await program.run();
        close(found.nll!, [sample.nll(value) - minimum], tolerance, `at ${value}`);
        const [above, here, below] = [value + h, value, value - h].map(sample.nll) as [number, number, number];
        const differences = { absolute: 1e-5 + tolerance.absolute, relative: 1e-5 + tolerance.relative };
        close(found.slope!, [(above - below) / (2 * h)], differences, "slope");
        close(found.curvature!, [(above - 2 * here + below) / (h * h)], differences, "curvature");
      }
      await own.close();
    });
  }
}

for (const sample of all) {
  const { constraint, at, g, moments } = sample;

  test(`${nameOf(sample)}: 20000 outcomes have the mean and width of their law (seed 5, false alarms 1 in 10⁵)`, () => {
    const value = at.at(-1)!;
    const uniform = randomNumbers(5);
    const outcomes = Array.from({ length: 20_000 }, (_, i) => {
      // Box and Muller 1958: of the test alone.
      const z = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      return g(redrawn(constraint, value, z, 5, `outcome ${i}`).observed);
    });
    const mean = outcomes.reduce((a, b) => a + b, 0) / outcomes.length;
    const variance = outcomes.reduce((a, b) => a + (b - mean) ** 2, 0) / outcomes.length;
    const [wanted, sigma] = moments(value);
    // 4.6 standard deviations of either; of the variance, with room for the fourth moment of Poisson numbers.
    assert.ok(Math.abs(mean - wanted) < (4.6 * sigma) / Math.sqrt(outcomes.length), `mean ${mean}, wanted ${wanted}`);
    const spread = sigma * sigma * Math.sqrt(3 / outcomes.length);
    assert.ok(Math.abs(variance - sigma * sigma) < 4.6 * spread, `variance ${variance}, wanted ${sigma * sigma}`);
  });

  test(`${nameOf(sample)}: Asimov's outcome has its minimum at the value`, async () => {
    for (const value of at) {
      const tape = new Tape();
      const theta = tape.parameter("theta", []);
      const nll = constraintNll(asimov(constraint, value), theta);
      const [slope] = gradient(nll, [theta]) as [typeof nll];
      const backend = await testBackends()[0]!.create();
      const program = await backend.compile({ outputs: { nll, slope, curvature: hessian(nll, theta) } });
      await program.write({ theta: [value] });
      const found = await program.run();
      close([found.nll![0]!, found.slope![0]!], [0, 0], tolerances.f64, `at ${value}`);
      assert.ok(found.curvature![0]! > 0);
    }
  });

  test(`${nameOf(sample)}: the estimate is where the outcome is likeliest`, () => {
    const [value, sigma] = constraintEstimate(constraint);
    assert.ok(sigma > 0);
    if (constraint.observed === 0) return assert.is(value, 0);
    for (const step of [-0.1, 0.1]) assert.ok(sample.nll(value + step * sigma) > sample.nll(value));
  });
}

test("every kind has samples; those of logarithms have no value at 0, which a count of 0 has", async () => {
  assert.equal(Object.keys(samples).sort(), [...constraintKinds].sort());
  const theta = new Tape().parameter("theta", []);
  for (const { constraint } of all) {
    const least = constraintLeast(constraint);
    if (least === Number.NEGATIVE_INFINITY) continue;
    const program = await referenceBackend().compile({ outputs: { nll: constraintNll(constraint, theta) } });
    const at = async (value: number) => {
      await program.write({ theta: [value] });
      return (await program.run()).nll![0]!;
    };
    assert.is(Number.isFinite(await at(0)), least === 0, constraint.kind);
    assert.ok(Number.isFinite(await at(least)));
  }
  assert.equal(new Set(all.map(({ constraint }) => constraintLeast(constraint))).size, 3);
});

test("constraints that are none are refused", async () => {
  const wrong: readonly [unknown, RegExp][] = [
    [{ kind: "magic" }, /a kind \(normal, log-normal, poisson\), got "magic"/],
    [{ kind: "__proto__" }, /a kind \(/],
    [{ kind: "normal", observed: Number.NaN, sigma: 1 }, /a finite outcome, got NaN/],
    [{ kind: "normal", observed: 0, sigma: 0 }, /a positive standard deviation, got 0/],
    [{ kind: "log-normal", observed: 0, kappa: 1.1 }, /a positive outcome, got 0/],
    [{ kind: "log-normal", observed: 1, kappa: 0.9 }, /a kappa above 1/],
    [{ kind: "poisson", observed: -1, scale: 1 }, /a count of at least 0, got -1/],
    [{ kind: "poisson", observed: 1, scale: 0 }, /a positive number of events per unit/],
  ];
  for (const [constraint, message] of wrong) {
    await rejects(() => checkConstraint("a", constraint as Constraint), message);
  }
});

test.run();
