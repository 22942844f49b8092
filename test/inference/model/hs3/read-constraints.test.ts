/** Auxiliary terms: which constraint each is, and what is none. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { constraintTypes } from "../../../../inference/model/hs3/read-constraints.js";
import { gaussian, point, readWith, refused, type Sections, saidOf } from "./documents.js";

const points = [point({ mu: 0.1, s: 1.5, seen: 0.4, width: 0.25 }, "seen", "width")];

/** One term beside the Gaussian. */
const withTerm = (term: object, functions: readonly object[] = [], data?: number): Sections => ({
  distributions: [gaussian, { name: "t", ...term }],
  functions,
  parameter_points: points,
  likelihoods: [
    data === undefined
      ? { name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["t"] }
      : { name: "l", distributions: ["g", "t"], data: ["d", data] },
  ],
});

async function constraintsOf(changed: Sections) {
  const { composition } = await readWith(changed);
  return Object.fromEntries(composition.parameters.map(({ name, constraint }) => [name, constraint]));
}

const sum = { name: "f", type: "sum", summands: ["mu", 3] };
const product = { name: "f", type: "product", factors: ["s", 8] };
const expression = (text: string, name = "f") => ({ name, type: "generic_function", expression: text });

test("a Gaussian term with its outcome on either side", async () => {
  const normal = { kind: "normal", observed: 0.4, sigma: 0.25 };
  const term = { type: "gaussian_dist", x: "seen", mean: "mu", sigma: "width" };
  assert.equal(await constraintsOf(withTerm(term)), { mu: normal, s: undefined });
  assert.equal(await constraintsOf(withTerm({ ...term, type: "normal_dist", x: "mu", mean: 0.4 })), {
    mu: normal,
    s: undefined,
  });
});

test("a Gaussian term of a straight line in one parameter", async () => {
  const term = { type: "gaussian_dist", x: "seen", mean: "f", sigma: 0.5 };
  const { mu } = await constraintsOf(withTerm(term, [sum]));
  assert.equal(mu, { kind: "normal", observed: 0.4 - 3, sigma: 0.5 });
  const line = await constraintsOf(withTerm(term, [expression("1 - 2 * (mu + mu) / exp(0)")]));
  assert.equal(line.mu, { kind: "normal", observed: (0.4 - 1) / -4, sigma: 0.125 });
});

test("an outcome beside the distribution in the likelihood", async () => {
  const term = { type: "gaussian_dist", x: "any", mean: "mu", sigma: 0.5 };
  const { mu } = await constraintsOf(withTerm(term, [], -1.5));
  assert.equal(mu, { kind: "normal", observed: -1.5, sigma: 0.5 });
});

test("a count", async () => {
  const own = await constraintsOf(withTerm({ type: "poisson_dist", x: 9, mean: "f", integer: true }, [product]));
  assert.equal(own.s, { kind: "poisson", observed: 9, scale: 8 });
  const alone = await constraintsOf(withTerm({ type: "poisson_dist", x: 2, mean: "s" }));
  assert.equal(alone.s, { kind: "poisson", observed: 2, scale: 1 });
  await refused(
    withTerm({ type: "poisson_dist", x: 9, mean: "f" }, [{ ...sum, summands: ["s", 3] }]),
    "m.json: distributions[1].mean (of t): expected a parameter, or a multiple of one, got 3 + 1 s",
  );
});

test("a log-normal outcome, whose kappa is exact where sigma is its logarithm", async () => {
  const term = { type: "lognormal_dist", x: 1.1, mu: "f", sigma: "k" };
  const own = await constraintsOf(withTerm(term, [expression("log(s)"), expression("log(1.07)", "k")]));
  assert.equal(own.s, { kind: "log-normal", observed: 1.1, kappa: 1.07 });
  const number = await constraintsOf(withTerm({ ...term, sigma: 0.1 }, [expression("log(s)")]));
  assert.equal(number.s, { kind: "log-normal", observed: 1.1, kappa: Math.exp(0.1) });
  await refused(
    withTerm({ ...term, mu: "s", sigma: 0.1 }),
    "m.json: distributions[1].mu (of t): expected a generic_function that is log(parameter), got another number",
  );
  await refused(
    withTerm({ ...term, x: "s", mu: 0.1, sigma: 0.1 }),
    "m.json: distributions[1].x (of t): expected an outcome that is constant, got the parameter s. Exchange the two: x is the outcome, mu the logarithm of the parameter",
  );
});

test("terms in products, of channels and beside them, count once", async () => {
  const term = { name: "t", type: "gaussian_dist", x: "seen", mean: "mu", sigma: "width" };
  const own = await constraintsOf({
    distributions: [
      { ...gaussian, name: "h" },
      { name: "g", type: "product_dist", factors: ["h", "both"] },
      { name: "k", type: "product_dist", factors: ["h", "t"] },
      { name: "both", type: "product_dist", factors: ["t", "flat"] },
      { name: "flat", type: "uniform_dist", x: "s" },
      term,
    ],
    parameter_points: points,
    likelihoods: [{ name: "l", distributions: ["g", "k"], data: ["d", "d"], aux_distributions: ["t"] }],
  });
  assert.equal(own, { mu: { kind: "normal", observed: 0.4, sigma: 0.25 }, s: undefined });
});

test("a fixed parameter keeps its term; a term of constants alone is noted", async () => {
  const term = { type: "gaussian_dist", x: "seen", mean: "mu", sigma: 0.5 };
  const fixed = [point({ mu: 0.1, s: 1.5, seen: 0.4, width: 0.25 }, "mu", "seen", "width")];
  const { mu } = await constraintsOf({ ...withTerm(term), parameter_points: fixed });
  assert.equal(mu, { kind: "normal", observed: 0.4, sigma: 0.5 });
  const { notes } = await readWith(withTerm({ ...term, mean: "width" }));
  assert.equal(notes, ["m.json: distributions[1] (of t) is left out, as it depends on no free parameter"]);
});

test("what is no constraint of one parameter is refused", async () => {
  const term = { type: "gaussian_dist", x: "seen", mean: "mu", sigma: 0.5 };
  await refused(
    withTerm({ ...term, x: "s" }),
    "m.json: distributions[1] (of t): expected an outcome that is constant and a number that follows one parameter in a straight line, got both x (s) and mean (mu) free. Set the outcome const: true in parameter_points",
  );
  await refused(
    withTerm({ ...term, sigma: "s" }),
    "m.json: distributions[1].sigma (of t): expected a width that is constant, got one that depends on s. Parameters are constant with const: true in parameter_points",
  );
  await refused(
    withTerm({ ...term, mean: "f" }, [expression("mu * mu")]),
    "m.json: distributions[1] (of t): expected an outcome that is constant and a number that follows one parameter in a straight line, got another function",
  );
  const two = withTerm(term);
  await refused(
    {
      ...two,
      distributions: [...two.distributions!, { name: "u", ...term, sigma: 1 }],
      likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["t", "u"] }],
    },
    "m.json: distributions[2] (of u): expected one auxiliary term for mu, got a second one, beside t. Write the two as one term",
  );
  assert.is(
    await saidOf(withTerm({ type: "exponential_dist" })),
    `m.json: distributions[1].type (of t): expected an auxiliary term of ${constraintTypes.join(", ")}, got "exponential_dist"`,
  );
  await refused(
    withTerm({ ...term, sigma: -1 }),
    "m.json: parameter_points[0].parameters[0] (of mu): expected a positive standard deviation, got -1",
  );
  assert.match(
    await saidOf(withTerm({ type: "product_dist", factors: ["t"] })),
    /expected no circle of names, got t → t$/,
  );
});

test.run();
