/** Files of HS³ are read and fitted: those of the standard and of RooFit against iminuit, edges and hostile files by name. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readHs3 } from "../../../../inference/model/hs3/read.js";
import { constraintTypes } from "../../../../inference/model/hs3/read-constraints.js";
import { distributionTypes } from "../../../../inference/model/hs3/read-distributions.js";
import { functionTypes } from "../../../../inference/model/hs3/read-functions.js";
import { fitLikelihood } from "../../../../inference/model/likelihood/fit-likelihood.js";
import { freeParameters, rangeOf } from "../../../../inference/model/parameters/parameter.js";
import { covariance } from "../../../../inference/statistics/fit/covariance.js";
import { events, gaussian, point, readWith, refused, saidOf, textOf, withModel } from "./documents.js";
import { likelihoodOf } from "./same-likelihood.js";

const references = new URL("../../../../../test/references/", import.meta.url);

interface Answer {
  readonly parameters: readonly string[];
  readonly estimate: readonly number[];
  readonly sigma: readonly number[];
}

const { fits } = JSON.parse(readFileSync(new URL("hs3.json", references), "utf8")) as {
  readonly fits: Readonly<Record<string, Answer>>;
};

for (const [name, wanted] of Object.entries(fits)) {
  test(`${name}: iminuit's estimates within 1e-4 of an error, its errors within 0.2%`, async () => {
    const model = await readHs3(readFileSync(new URL(`hs3/${name}.json`, references), "utf8"), { where: name });
    const likelihood = await likelihoodOf(model);
    try {
      const free = freeParameters(model.composition.parameters);
      const bounds = Object.fromEntries(free.map((own) => [own.name, rangeOf(own)]));
      const start = free.map((own) => own.start);
      const fit = await fitLikelihood(likelihood, { start, bounds, tolerance: 1e-10 });
      assert.is(fit.status, "converged", fit.reason);
      const { hessian } = await likelihood.evaluate(Float64Array.from(fit.estimate.values), 2);
      const errors = covariance(hessian!, likelihood.names);
      assert.ok("sigma" in errors);
      assert.equal([...likelihood.names].sort(), [...wanted.parameters].sort());
      for (const [k, own] of wanted.parameters.entries()) {
        const at = fit.estimate.names.indexOf(own);
        const sigma = (errors as { readonly sigma: readonly number[] }).sigma[at]!;
        const off = (fit.estimate.values[at]! - wanted.estimate[k]!) / wanted.sigma[k]!;
        assert.ok(Math.abs(off) < 1e-4, `${own} is ${off} errors off`);
        assert.ok(Math.abs(sigma / wanted.sigma[k]! - 1) < 2e-3, `${own}: ${sigma}, not ${wanted.sigma[k]}`);
      }
    } finally {
      await likelihood.close();
    }
  });
}

test("the files of the standard and of RooFit were read with what they say of analyses", async () => {
  assert.equal(Object.keys(fits).sort(), ["peak", "planes", "roofit", "shapes"]);
  const text = readFileSync(new URL("hs3/roofit.json", references), "utf8");
  const { interests, likelihoods, notes, composition } = await readHs3(text);
  assert.equal(interests, ["eff"]);
  assert.equal(notes, []);
  assert.equal(
    likelihoods[0]!.channels.map(({ name, sample, isExtended }) => [name, sample, isExtended]),
    [
      ["model_pass", "obsData_pass", true],
      ["model_fail", "obsData_fail", true],
    ],
  );
  const constrained = composition.parameters.flatMap(({ name, constraint }) =>
    constraint ? [[name, constraint]] : [],
  );
  assert.equal(constrained, [
    ["scale", { kind: "normal", observed: 0.25, sigma: 1 }],
    ["yield_sf", { kind: "log-normal", observed: 1, kappa: Math.exp(Math.log(1.04)) }],
  ]);
});

test("ranges, starts and constants come from domains and points", async () => {
  const { composition } = await readWith({
    parameter_points: [point({ mu: 0.1, s: 1.5 }, "s")],
  });
  assert.equal(composition.parameters, [
    { name: "mu", start: 0.1, range: [-3, 3] },
    { name: "s", start: 1.5, range: [0.1, Number.POSITIVE_INFINITY], isFixed: true },
  ]);
  assert.equal(composition.columns, { x: { range: [-5, 5] } });
});

test("a parameter without a value begins in the middle of its domain", async () => {
  const { composition } = await readWith({ parameter_points: [point({ s: 1.5 })] });
  assert.is(composition.parameters.find(({ name }) => name === "mu")!.start, 0);
  await refused(
    { parameter_points: [point({ mu: 0 })] },
    'm.json: distributions[0].sigma (of g): expected a value of "s" in parameter_points, got none',
  );
});

test("what is decided or left out is noted", async () => {
  const noted = async (changed: Parameters<typeof readWith>[0]) => (await readWith(changed)).notes;
  assert.equal(await noted({ domains: [] }), [
    "mu is in no domain: it is free, without limits",
    "s is in no domain: it is free, without limits",
  ]);
  const axes = [
    { name: "x", min: -6, max: 6 },
    { name: "mu", min: -1, max: 1 },
    { name: "s", min: 0.1, max: 9 },
  ];
  assert.equal(await noted({ domains: [{ name: "w", type: "product_domain", axes }] }), [
    "m.json: data[0].axes[0] (of x): [-5, 5] is taken, not [-6, 6] of domains[0].axes[0]",
  ]);
  const term = { name: "t", type: "gaussian_dist", x: 0, mean: "other", sigma: 1 };
  const unused = {
    distributions: [gaussian, term],
    parameter_points: [point({ mu: 0, s: 1, other: 2 })],
    likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["t"] }],
  };
  assert.equal((await noted(unused)).at(-1), "no distribution of data depends on other: left out");
});

test("axes of one name have one range; an open end is that of the domain", async () => {
  const other = { ...events, name: "e", axes: [{ name: "x", min: 0, max: 5 }], entries: [[1]] };
  await refused(
    { data: [events, other], likelihoods: [{ name: "l", distributions: ["g", "g"], data: ["d", "e"] }] },
    "m.json: data[1].axes[0] (of x): expected the range [-5, 5], as data[0].axes[0] has, got [0, 5]. Give the axes names of their own",
  );
  const open = { ...events, axes: [{ name: "x", min: null }] };
  const { composition } = await readWith({ data: [open] });
  assert.equal(composition.columns, { x: {} });
});

test("a distribution with several data sets is several channels", async () => {
  const other = { ...events, name: "e", entries: [[1]] };
  const { likelihoods } = await readWith({
    data: [events, other],
    likelihoods: [{ name: "l", distributions: ["g", "g"], data: ["d", "e"] }],
  });
  assert.equal(
    likelihoods[0]!.channels.map(({ name, sample }) => [name, sample]),
    [
      ["g", "d"],
      ["g_1", "e"],
    ],
  );
});

test("pairs that do not fit are refused", async () => {
  const likelihood = (more: object) => ({ likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], ...more }] });
  await refused(
    likelihood({ data: [] }),
    "m.json: likelihoods[0].data (of l): expected 1 data sets, one for each distribution, got 0",
  );
  await refused(
    likelihood({ data: ["dd"] }),
    'm.json: likelihoods[0].data[0] (of l): expected a data set (d), got "dd". Did you mean d?',
  );
  await refused(
    likelihood({ distributions: ["gg"] }),
    'm.json: likelihoods[0].distributions[0] (of l): expected a distribution (g), got "gg". Did you mean g?',
  );
  await refused(
    likelihood({ aux: ["g"] }),
    'm.json: likelihoods[0] (of l): expected keys that are known, got "aux". Did you mean aux_distributions?',
  );
  await refused(
    likelihood({ data: [1] }),
    "m.json: likelihoods[0].data (of l): expected at least one data set of events, got none",
  );
});

test("densities that depend on another axis need a product that says so", async () => {
  const both = {
    ...events,
    axes: [...events.axes, { name: "y", min: 0, max: 2 }],
    entries: [
      [0.5, 1],
      [1, 1.5],
    ],
  };
  const conditional = { ...gaussian, name: "c", mean: "y" };
  const ofY = { name: "u", type: "uniform_dist", x: "y" };
  const product = (more: object) => ({
    data: [both],
    ...withModel({ type: "product_dist", factors: ["c", "u"], ...more }, conditional, ofY),
  });
  await refused(
    product({}),
    'm.json: distributions[0].normalization (of g): expected an entry { "factors": ["c"], "over": ["x"] }, as c depends on y, got nothing. Without it the product is normalised over all axes at once, which is not supported',
  );
  await refused(
    product({ normalization: [{ factors: ["c"], over: ["y"] }] }),
    'm.json: distributions[0].normalization[0].over (of g): expected the axes that c is a density of (x), got ["y"]',
  );
  await refused(
    product({ normalization: [{ factors: ["c", "u"], over: ["x"] }] }),
    "m.json: distributions[0].normalization[0].factors (of g): expected one factor, got 2",
  );
  const { composition } = await readWith(product({ normalization: [{ factors: ["c"], over: ["x"] }] }));
  assert.equal(composition.shape("c").given, ["y"]);
  await refused(
    { data: [both], distributions: [{ ...gaussian, mean: "y" }] },
    "m.json: distributions[0] (of g): expected a density of all axes that it looks at, got one of x alone, which depends on y. Make a product_dist of it and of a density of the others, with normalization",
  );
});

test("what the language refuses has its place in the file", async () => {
  await refused(
    withModel({ type: "product_dist", factors: ["a", "b"] }, { ...gaussian, name: "a" }, { ...gaussian, name: "b" }),
    "m.json: distributions[0] (of g): expected factors of different columns, got x in two of them",
  );
  await refused(
    { parameter_points: [point({ mu: 7, s: 1 })] },
    "m.json: parameter_points[0].parameters[0] (of mu): expected a start within its range [-3, 3], got 7",
  );
  assert.match(
    await saidOf(withModel({ type: "argus_dist", mass: "x", resonance: 4, slope: "mu", power: 0.5 })),
    /^m\.json: distributions\[0\] \(of g\): expected /,
  );
});

test("names that JavaScript has are names of nothing", async () => {
  for (const name of ["__proto__", "constructor", "toString", "prototype"]) {
    const text = textOf().replaceAll('"mu"', JSON.stringify(name));
    assert.match(await saidOf(text), /expected (?:another name, as this one is reserved|the name of a parameter)/);
    await refused(
      textOf({ likelihoods: [{ name: "l", distributions: [name], data: ["d"] }] }),
      `m.json: likelihoods[0].distributions[0] (of l): expected a distribution (g), got ${JSON.stringify(name)}`,
    );
  }
  await refused(
    withModel({ type: "constructor" }),
    (await saidOf(withModel({ type: "unknown" }))).replace('"unknown"', '"constructor"'),
  );
});

test("the document has every type that is read", () => {
  const text = readFileSync(new URL("../../docs/hs3.md", references), "utf8");
  const missing = [...distributionTypes, ...functionTypes, ...constraintTypes].filter(
    (own) => !text.includes(`\`${own}\``),
  );
  assert.equal(missing, []);
});

test("the file that the document shows is read, without a note", async () => {
  const document = readFileSync(new URL("../../docs/hs3.md", references), "utf8");
  const [, text] = /```json\n([\s\S]*?)```/.exec(document)!;
  const { notes, composition } = await readHs3(text!);
  assert.equal(notes, []);
  assert.equal(composition.parameters[0], {
    name: "mass",
    start: 125,
    range: [110, 140],
    constraint: { kind: "normal", observed: 125.1, sigma: 0.3 },
  });
});

test("options that are wrong are refused", async () => {
  assert.match(await saidOf(textOf(), { analysiss: "l" } as object), /readHs3.*analysis/);
  assert.match(await saidOf(textOf(), { analysis: 3 } as object), /readHs3.*analysis/);
});

test.run();
