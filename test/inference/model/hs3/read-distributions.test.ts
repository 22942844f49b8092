/** Types of distribution: which density each is, in the standard and in RooFit's dialect, and what is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { expressionText } from "../../../../inference/expressions/text.js";
import { distributionTypes } from "../../../../inference/model/hs3/read-distributions.js";
import { close } from "../../../support/close.js";
import { logProbOf } from "../densities/evaluate-density.js";
import { events, gaussian, point, readWith, refused, type Sections, saidOf, withModel } from "./documents.js";

const points = [point({ mu: 0.3, s: 1.5, a: 0.7, b: -0.4, n: 12 })];
const positive = { data: [{ ...events, axes: [{ name: "x", min: 0.5, max: 5 }], entries: [[1], [2.5], [4]] }] };

const withType = (form: Readonly<Record<string, unknown>>, ...others: readonly object[]): Sections => ({
  ...withModel(form, ...others),
  ...positive,
  parameter_points: points,
});

const roofit = { metadata: { hs3_version: "0.2", packages: [{ name: "ROOT", version: "6.34.02" }] } };

/** What is read of each type. */
const forms: Readonly<Record<string, readonly [written: object, read: object]>> = {
  gaussian_dist: [
    { x: "x", mean: "mu", sigma: "s" },
    { kind: "gaussian", x: "x", mean: "mu", sigma: "s" },
  ],
  normal_dist: [
    { x: "mu", mean: "x", sigma: 2 },
    { kind: "gaussian", x: "x", mean: "mu", sigma: 2 },
  ],
  exponential_dist: [
    { x: "x", c: "a" },
    { kind: "exponential", x: "x", c: "a" },
  ],
  lognormal_dist: [
    { x: "x", mu: "mu", sigma: "0.5" },
    { kind: "lognormal", x: "x", mu: "mu", sigma: 0.5 },
  ],
  uniform_dist: [{ x: "x" }, { kind: "uniform", x: "x" }],
  polynomial_dist: [
    { x: "x", coefficients: [1, "a"] },
    { kind: "polynomial", x: "x", coefficients: [1, "a"] },
  ],
  chebychev_dist: [
    { x: "x", coefficients: ["a"] },
    { kind: "chebychev", x: "x", coefficients: ["a"] },
  ],
  bernstein_poly_dist: [
    { x: "x", coefficients: [1, "a", 2] },
    { kind: "bernstein", x: "x", coefficients: [1, "a", 2] },
  ],
  argus_dist: [
    { mass: "x", resonance: 4.5, slope: "b", power: 0.5 },
    { kind: "argus", mass: "x", resonance: 4.5, slope: "b", power: 0.5 },
  ],
  ARGUS_dist: [
    { mass: "x", resonance: 4.5, slope: "b", power: "0.5" },
    { kind: "argus", mass: "x", resonance: 4.5, slope: "b", power: 0.5 },
  ],
  crystalball_dist: [
    { m: "x", m0: "mu", sigma: "s", alpha_L: 1, alpha_R: "a", n: 3 },
    { kind: "crystalball", m: "x", m0: "mu", sigma_L: "s", sigma_R: "s", alpha_L: 1, alpha_R: "a", n_L: 3, n_R: 3 },
  ],
  crystalball_doublesided_dist: [
    { m: "x", m0: "mu", sigma_L: "s", sigma_R: 2, alpha_L: 1, alpha_R: "a", n_L: 3, n_R: 4 },
    { kind: "crystalball", m: "x", m0: "mu", sigma_L: "s", sigma_R: 2, alpha_L: 1, alpha_R: "a", n_L: 3, n_R: 4 },
  ],
  bifurkated_gaussian_dist: [
    { x: "x", mean: "mu", sigmaL: "s", sigmaR: 2 },
    { kind: "crystalball", m: "x", m0: "mu", sigma_L: "s", sigma_R: 2, alpha_L: 1e6, alpha_R: 1e6, n_L: 2, n_R: 2 },
  ],
  gennormal_dist: [
    { x: "x", mean: "mu", alpha: "s", beta: 3 },
    { kind: "generalized-normal", x: "x", mean: "mu", alpha: "s", beta: 3 },
  ],
  generalized_normal_dist: [
    { x: "x", mean: "mu", alpha: "s", beta: 3 },
    { kind: "generalized-normal", x: "x", mean: "mu", alpha: "s", beta: 3 },
  ],
  relativistic_breit_wigner_dist: [
    { mass: 3, channels: [{ name: "ee", Gamma: "s", m1: 0, l: 0, R: 3 }] },
    { kind: "relativistic-breit-wigner", x: "x", mass: 3, Gamma: "s" },
  ],
  johnson_dist: [
    { x: "x", mu: "mu", lambda: "s", gamma: "b", delta: 1 },
    { kind: "johnson", x: "x", mu: "mu", lambda: "s", gamma: "b", delta: 1 },
  ],
  voigtian_dist: [
    { x: "x", mean: "mu", width: 0.5, sigma: "s" },
    { kind: "voigt", x: "x", mean: "mu", width: 0.5, sigma: "s" },
  ],
  cms_shape_dist: [
    { x: "x", alpha: "mu", beta: "s", gamma: "a" },
    { kind: "cms-shape", x: "x", alpha: "mu", beta: "s", gamma: "a" },
  ],
  mixture_dist: [
    { summands: ["one", "two"], coefficients: ["a"] },
    { kind: "mixture", summands: ["one", "two"], coefficients: ["a"] },
  ],
  product_dist: [{ factors: ["one"] }, { kind: "product", factors: ["one"] }],
  rate_extended_dist: [
    { dist: "one", rate: "n" },
    { kind: "mixture", summands: ["one"], coefficients: ["n"] },
  ],
};

const parts = [
  { ...gaussian, name: "one" },
  { name: "two", type: "uniform_dist", x: "x" },
];

for (const [type, [written, read]] of Object.entries(forms)) {
  test(`${type} is read`, async () => {
    const { composition } = await readWith(withType({ type, ...written, tags: ["a"] }, ...parts));
    assert.equal(composition.densities.g, read);
  });
}

/** Expressions that types become. */
const texts: Readonly<Record<string, readonly [written: object, text: string]>> = {
  generic_dist: [{ expression: "exp(-a*x) + 0.1" }, "exp(-a * x) + 0.1"],
  density_function_dist: [{ function: "f" }, "1 + a * x"],
  log_density_function_dist: [{ function: "f" }, "exp(1 + a * x)"],
  legacy_exp_poly_dist: [{ x: "x", coefficients: [0, "b"] }, "exp(0 + x * b)"],
};
const functions = [{ name: "f", type: "generic_function", expression: "1 + a * x" }];

for (const [type, [written, text]] of Object.entries(texts)) {
  test(`${type} is read as an expression`, async () => {
    const { composition } = await readWith({ ...withType({ type, ...written }), functions });
    const { g } = composition.densities;
    assert.is(g!.kind === "generic" && expressionText(g.expression), text);
  });
}

test("functions of the axis are written out where the axis itself is not in the expression", async () => {
  const deep = [
    { name: "f", type: "sum", summands: ["a", "h"] },
    { name: "h", type: "product", factors: [2, "k.value", "b"] },
    { name: "k", type: "polynomial", x: "x", coefficients: [1, "a"] },
  ];
  const document = { ...withType({ type: "generic_dist", expression: "f^2" }), functions: deep };
  const { composition } = await readWith(document);
  const { g } = composition.densities;
  assert.is(g!.kind === "generic" && expressionText(g.expression), "(a + 2 * (1 + x * a) * b) ^ 2");
  const doubled = Array.from({ length: 14 }, (_, i) => ({
    name: i === 0 ? "f" : `f${i}`,
    type: "sum",
    summands: i === 13 ? ["x", "x"] : [`f${i + 1}`, `f${i + 1}`],
  }));
  assert.match(
    await saidOf({ ...document, functions: doubled }),
    /^m\.json: distributions\[0\] \(of g\): expected at most 10000 operations, its functions written out, got \d+$/,
  );
});

test("every type has its example", () => {
  assert.equal([...Object.keys(forms), ...Object.keys(texts)].sort(), [...distributionTypes].sort());
});

const extendedOf = async (written: object, ...others: readonly object[]) => {
  const { likelihoods } = await readWith(withType({ type: "mixture_dist", ...written }, ...parts, ...others));
  return likelihoods[0]!.channels[0]!.isExtended;
};

test("a mixture counts events where it says so, or has a coefficient for each summand", async () => {
  const summands = ["one", "two"];
  assert.is(await extendedOf({ summands, coefficients: ["n", 3] }), true);
  assert.is(await extendedOf({ summands, coefficients: ["n", 3], extended: true }), true);
  assert.is(await extendedOf({ summands, coefficients: ["n", 3], extended: false }), false);
  assert.is(await extendedOf({ summands, coefficients: ["a"] }), false);
  const rate = (name: string, dist: string) => ({ name, type: "rate_extended_dist", pdf: dist, norm: "n" });
  assert.is(await extendedOf({ summands: ["r", "q"], coefficients: [] }, rate("r", "one"), rate("q", "two")), true);
  const mixture = { name: "m", type: "mixture_dist", summands, coefficients: ["n", 3] };
  const { likelihoods } = await readWith(withType({ type: "product_dist", factors: ["m"] }, mixture, ...parts));
  assert.is(likelihoods[0]!.channels[0]!.isExtended, true);
});

test("mixtures whose lists do not fit are refused", async () => {
  const mixture = (written: object) => withType({ type: "mixture_dist", ...written }, ...parts);
  const place = "m.json: distributions[0]";
  await refused(
    mixture({ summands: ["one", "two"], coefficients: ["a", "b", 1] }),
    `${place}.coefficients (of g): expected 2 coefficients, or fractions of all but the last, got 3`,
  );
  await refused(
    mixture({ summands: ["one", "two"], coefficients: ["a"], extended: true }),
    `${place}.extended (of g): expected false, as there is a coefficient less than there are summands, got true`,
  );
  await refused(
    mixture({ summands: ["one", "two"], coefficients: [] }),
    `${place}.summands[0] (of g): expected a rate_extended_dist, as the mixture has no coefficients, got "one"`,
  );
  await refused(
    mixture({ summands: [], coefficients: [] }),
    `${place}.summands (of g): expected at least one distribution, got none`,
  );
  await refused(
    mixture({ summands: ["one", "twoo"], coefficients: ["a"] }),
    `${place}.summands[1] (of g): expected a distribution (g, one, two), got "twoo". Did you mean two?`,
  );
  await refused(
    withType({ type: "rate_extended_dist", dist: "one", rate: "n", range: "low" }, ...parts),
    `${place}.range (of g): expected no range: the number of events is that of the whole range, got "low"`,
  );
});

const x = Float64Array.of(0.6, 1.7, 2.6, 3.2, 4.9);
const normalised = (shape: (x: number) => number) => {
  const steps = 200_000;
  const width = 4.5 / steps;
  let total = 0;
  for (let i = 0; i < steps; i++) total += shape(0.5 + (i + 0.5) * width) * width;
  return Float64Array.from(x, (own) => Math.log(shape(own) / total));
};

/** log p at five places, by the midpoint rule where it is known otherwise. */
async function checkShape(document: Sections, shape: (x: number) => number): Promise<void> {
  const { composition } = await readWith(document);
  const found = await logProbOf(referenceBackend(), composition, "g", { x });
  close(found, normalised(shape), { relative: 1e-8, absolute: 1e-8 });
}

/** RooCBShape: a tail on the left, on the right where alpha is below 0. */
const oneTail = (alpha: number) => (m: number) => {
  const t = ((m - 2.4) / 0.6) * Math.sign(alpha);
  const a = Math.abs(alpha);
  return t > -a ? Math.exp(-0.5 * t * t) : (3 / a) ** 3 * Math.exp(-0.5 * a * a) * (3 / a - a - t) ** -3;
};

test("crystalball_dist of RooFit has one tail, that of the standard two", async () => {
  const written = { type: "crystalball_dist", m: "x", m0: 2.4, sigma: 0.6, n: "3" };
  const own = (alpha: unknown): Sections => ({ ...withType({ ...written, alpha }), functions: [] });
  for (const [alpha, value] of [
    [0.9, 0.9],
    [-0.9, -0.9],
    ["a", 0.7],
    ["b", -0.4],
  ] as const) {
    const free = { coefficients: [1, "s"], type: "mixture_dist", summands: ["c", "two"] };
    const document = { ...own(alpha), ...roofit };
    const mixed = { ...document, distributions: [{ name: "g", ...free }, { name: "c", ...written, alpha }, parts[1]] };
    const flat = 1 / 4.5;
    const total = normaliserOf(oneTail(value));
    await checkShape(mixed, (m) => oneTail(value)(m) / total + 1.5 * flat);
  }
  const { composition } = await readWith(own("a"));
  const { g } = composition.densities;
  assert.is(g!.kind === "crystalball" && g.alpha_L, "a");
  assert.is(g!.kind === "crystalball" && g.alpha_R, "a");
  await refused(
    { ...own(0), ...roofit },
    "m.json: distributions[0].alpha (of g): expected an alpha that begins above or below 0: its sign is the side of the tail, got 0",
  );
  await refused(own(undefined), "m.json: distributions[0].alpha_L (of g): expected a number or a name, got nothing");
  await refused(
    withType({ ...written, alpha: 1, alpha_R: 2 }),
    "m.json: distributions[0].alpha_R (of g): expected nothing beside alpha, which is of both sides, got 2",
  );
});

function normaliserOf(shape: (x: number) => number): number {
  return shape(x[0]!) / Math.exp(normalised(shape)[0]!);
}

test("a Gaussian with a width on each side", async () => {
  const written = { type: "bifurkated_gaussian_dist", x: "x", mean: 2.4, sigmaL: 0.6, sigmaR: "s" };
  await checkShape(withType(written), (m) => Math.exp(-0.5 * ((m - 2.4) / (m < 2.4 ? 0.6 : 1.5)) ** 2));
});

test("expressions of several axes say of which they are a density", async () => {
  const both = {
    ...events,
    axes: [
      { name: "x", min: 0.5, max: 5 },
      { name: "y", min: 0, max: 1 },
    ],
    entries: [[1, 0.5]],
  };
  const document = (more: object): Sections => ({
    ...withType({ type: "product_dist", factors: ["e", "u"], normalization: [{ factors: ["e"], over: ["x"] }] }),
    data: [both],
    distributions: [
      { name: "g", type: "product_dist", factors: ["e", "u"], normalization: [{ factors: ["e"], over: ["x"] }] },
      { name: "e", type: "generic_dist", expression: "1 + a * x * y", ...more },
      { name: "u", type: "uniform_dist", x: "y" },
    ],
  });
  assert.equal((await readWith(document({ x: "x" }))).composition.shape("e").given, ["y"]);
  await refused(
    document({}),
    "m.json: distributions[1] (of e): expected an expression of one axis of the data (x, y), got x and y. Say with the key x of which it is a density, given the others",
  );
});

test("widths that depend on the mass are refused", async () => {
  const resonance = (channels: readonly object[]) =>
    withType({ type: "relativistic_breit_wigner_dist", x: "x", mass: 3, channels });
  const place = "m.json: distributions[0].channels";
  await refused(
    resonance([{ Gamma: 1 }, { Gamma: 2 }]),
    `${place} (of g): expected one channel, of a width that is constant, got 2`,
  );
  await refused(
    resonance([{ Gamma: 1, l: 1 }]),
    `${place}[0].l (of g): expected 0, as only a width that is constant is supported, got 1`,
  );
});

test("other types are refused with what is supported", async () => {
  const expected = `expected a type of distribution that is supported (${distributionTypes.join(", ")})`;
  const place = `m.json: distributions[0].type (of g): ${expected}`;
  const hints: Readonly<Record<string, string>> = {
    gausian_dist: "Did you mean gaussian_dist?",
    histfactory_dist: "It is of binned data, which an unbinned likelihood does not take",
    histogram_dist: "It is of binned data, which an unbinned likelihood does not take",
    poisson_dist: "It is supported as an auxiliary term alone: list it under aux_distributions",
    weighted_sum_dist: "Its functions have no integrals in closed form: write a mixture_dist of distributions",
    multivariate_normal_dist: "Write a product_dist of gaussian_dists where it has no correlations",
    landau: "Write it as a generic_dist with an expression, if it has one",
  };
  for (const [type, hint] of Object.entries(hints)) {
    await refused(withType({ type }), `${place}, got ${JSON.stringify(type)}. ${hint}`);
  }
  assert.match(
    await saidOf(withType({ typ: "gaussian_dist" })),
    /\.type \(of g\): expected a type of distribution .*, got nothing$/,
  );
  await refused(
    withType({ type: "gaussian_dist", x: "x", mean: 0, sigma: 1, sigmaa: 1 }),
    'm.json: distributions[0] (of g): expected keys that are known, got "sigmaa". Did you mean sigma?',
  );
});

test.run();
