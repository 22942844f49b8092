/** Files of compositions: what they describe, and what is wrong with them, with its place. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { COMPOSITION, problemIn, readAs, written } from "./sources.js";

test("a composition in a few lines: every default filled in, numbers for what they stand for", async () => {
  const { configuration, composition, likelihoods } = await readAs(COMPOSITION);
  assert.equal(configuration.parameters.slope, { start: 0.02, range: undefined, constraint: undefined, fixed: false });
  assert.equal(configuration.samples.data, {
    file: "data.npz",
    columns: {},
    missing: {},
    where: undefined,
    weight: undefined,
  });
  assert.is(configuration.seed, 1);
  assert.equal(composition.densities.model, {
    kind: "mixture",
    summands: ["flat", "background"],
    coefficients: ["nflat", "nbkg"],
  });
  assert.equal(composition.parameters, [
    { name: "nflat", start: 300 },
    { name: "nbkg", start: 5000 },
    { name: "slope", start: 0.02 },
  ]);
  assert.equal(
    likelihoods.map(({ name, channels }) => [name, channels.map((own) => [own.name, own.isExtended])]),
    [["fit", [["fit", true]]]],
  );
});

test("every kind of density, function and constraint is what the language has of it", async () => {
  const source = `
columns: { m: { range: [0, 10] }, t: { range: [0, 5] } }
samples: { data: { file: data.csv, columns: { m: mass }, weight: w } }
parameters:
  a: { constraint: { normal: { observed: 2, sigma: 1 } } }
  b: { start: 1.1, range: [0.5, 2], constraint: { log-normal: { observed: 1, kappa: 1.1 } } }
  c: { constraint: { poisson: { observed: 4, scale: 2 } }, fixed: true }
functions:
  twice: { product: [2, a] }
  both: { sum: [a, twice] }
  rate: { log-normal: { kappa: 1.05, parameter: a } }
  shape: { interpolation: { code: exponential, low: 0.9, high: 1.2, parameter: a } }
  smooth: { interpolation: { low: 0.9, high: 1.2, parameter: a } }
densities:
  g: { gaussian: { x: m, mean: both, sigma: 1 } }
  e: { exponential: { x: m, c: b } }
  u: { uniform: { x: t } }
  mix: { mixture: { g: 0.3, e: rest } }
  two: { product: [mix, u] }
  cut: { truncated: { density: mix, region: { m: [[1, 2], [3, 4]] } } }
  mean: { ensemble: { members: [g, e], weights: [1, 3] } }
  alike: { ensemble: [g, e] }
  moved: { transported: { density: g, affine: { m: { shift: 0.5 } } } }
likelihoods: { fit: { density: two, sample: data } }
`;
  const { composition, likelihoods } = await readAs(source);
  assert.equal(composition.densities, {
    g: { kind: "gaussian", x: "m", mean: "both", sigma: 1 },
    e: { kind: "exponential", x: "m", c: "b" },
    u: { kind: "uniform", x: "t" },
    mix: { kind: "mixture", summands: ["g", "e"], coefficients: [0.3] },
    two: { kind: "product", factors: ["mix", "u"] },
    cut: {
      kind: "truncated",
      density: "mix",
      region: {
        m: [
          [1, 2],
          [3, 4],
        ],
      },
    },
    mean: { kind: "ensemble", members: ["g", "e"], weights: [1, 3] },
    alike: { kind: "ensemble", members: ["g", "e"] },
    moved: { kind: "transported", density: "g", affine: { m: { shift: 0.5 } } },
  });
  assert.equal(composition.functions, {
    twice: { kind: "product", factors: [2, "a"] },
    both: { kind: "sum", summands: ["a", "twice"] },
    rate: { kind: "log-normal", kappa: 1.05, parameter: "a" },
    shape: { kind: "interpolation", code: 1, low: 0.9, high: 1.2, parameter: "a" },
    smooth: { kind: "interpolation", code: 4, low: 0.9, high: 1.2, parameter: "a" },
  });
  // Without a start: where the constraint is likeliest.
  assert.equal(composition.parameters, [
    { name: "a", start: 2, constraint: { kind: "normal", observed: 2, sigma: 1 } },
    { name: "b", start: 1.1, range: [0.5, 2], constraint: { kind: "log-normal", observed: 1, kappa: 1.1 } },
    { name: "c", start: 2, constraint: { kind: "poisson", observed: 4, scale: 2 }, isFixed: true },
  ]);
  assert.is(likelihoods[0]!.channels[0]!.isExtended, false);
});

test("names of parts are words; there is no label that could take another text", async () => {
  const source = written(["background: { exponential", "a/b: { exponential"]);
  assert.match(await problemIn(source), /densities: expected density names of letters, .*, got "a\/b"\. Rename it$/m);
});

test("expressions are functions and densities; what is wrong in one is said where it is written", async () => {
  const source = (expression: string) =>
    written(
      ["slope: 0.02", "slope: 0.02\nfunctions: { twice: { expression: 2 * nflat } }"],
      ["{ uniform: m }", `{ generic: { x: m, expression: ${expression} } }`],
    );
  const { composition } = await readAs(source("exp(-slope * m) + 0.1"));
  assert.equal([composition.functions.twice!.kind, composition.densities.flat!.kind], ["expression", "generic"]);
  assert.equal(composition.parametersOf("flat"), ["slope"]);
  assert.match(
    await problemIn(source("exp(-slop * m)")),
    /^a\.yaml:9:3: densities\.flat: .*"?slop"?.* Did you mean slope\?$/,
  );
  assert.match(await problemIn(source("exp(-slope * m")), /^a\.yaml:9:3: densities\.flat: expected /);
});

test("columns of categories choose numbers, and add densities up", async () => {
  const { composition } = await readAs(`
columns: { m: { range: [0, 10] }, kind: { values: [0, 1] } }
samples: { data: data.npz }
parameters: { a: 0.1, b: 0.2, n0: 10, n1: 20 }
functions: { c: { choice: { column: kind, choices: [a, b] } } }
densities:
  e: { exponential: { x: m, c: c } }
  all: { categories: { density: e, over: kind, coefficients: [n0, n1] } }
likelihoods: { fit: { density: all, sample: data } }
`);
  assert.equal(composition.functions.c, { kind: "choice", column: "kind", choices: ["a", "b"] });
  assert.equal(composition.densities.all, {
    kind: "categories",
    density: "e",
    over: "kind",
    coefficients: ["n0", "n1"],
  });
  assert.equal(composition.classes("kind"), [0, 1]);
});

test("what is wrong is said with its line, and with the name that may be meant", async () => {
  const name = "a number, or the name of a parameter, a function or a column";
  const cases: readonly (readonly [from: string, to: string, expected: string])[] = [
    [
      "c: slope",
      "c: slop",
      `9:38: densities.background.exponential.c: expected ${name}, got "slop". Did you mean slope?`,
    ],
    [
      "flat: nflat",
      "flatt: nflat",
      '10:23: densities.model.mixture.flatt: expected a density, got "flatt". Did you mean flat?',
    ],
    ["uniform: m", "uniform: mm", '8:11: densities.flat.uniform.x: expected a column, got "mm". Did you mean m?'],
    [
      "uniform: m",
      "unifrom: m",
      '8:11: densities.flat.unifrom: expected a known key, got "unifrom". Did you mean uniform?',
    ],
    ["{ uniform: m }", "{ product: [flat] }", "8:3: densities.flat: expected no circle of names, got flat → flat"],
    [
      "{ uniform: m }",
      "{ ensemble: [model] }",
      "8:3: densities.flat: expected no circle of names, got flat → model → flat",
    ],
    ["[100, 180]", "[180, 100]", "1:12: columns.m: expected a range from low to high, got [180, 100]"],
    [
      "[100, 180]",
      "[100, .inf]",
      "1:30: columns.m.range[1]: expected a number of at least -1e+300 and up to 1e+300, got Infinity",
    ],
    [
      "density: model",
      "density: modle",
      '11:23: likelihoods.fit.density: expected a density, got "modle". Did you mean model?',
    ],
    ["sample: data", "sample: dta", '11:39: likelihoods.fit.sample: expected a sample, got "dta". Did you mean data?'],
    [
      "slope: 0.02",
      "slope: { start: 1, range: [2, 3] }",
      "6:3: parameters.slope: expected a start within its range [2, 3], got 1",
    ],
    ["slope: 0.02", "slope:", "6:3: parameters.slope.start: expected a number, got nothing. Add where a fit begins"],
    [
      "sample: data",
      "sample: data, region: { m: [[150, 140]] }",
      "11:53: likelihoods.fit.region: expected intervals from low to high, got [150, 140]",
    ],
    ["nflat, background: nbkg", "0.5, background: rest", "accepted"],
    [
      "nflat, background: nbkg",
      "rest, background: 0.5",
      "10:12: densities.model.mixture: expected `rest` once, of the last density, got it before",
    ],
  ];
  for (const [from, to, expected] of cases) {
    assert.is(await problemIn(written([from, to])), expected === "accepted" ? expected : `a.yaml:${expected}`, to);
  }
});

test("exactly one kind of a density, and of a constraint", async () => {
  const kinds = /densities\.flat: expected a map with one of the keys gaussian, .*, got uniform and exponential$/;
  assert.match(await problemIn(written(["uniform: m", "uniform: m, exponential: { x: m, c: 1 }"])), kinds);
  assert.match(
    await problemIn(written(["{ uniform: m }", "{}"])),
    /densities\.flat: expected a map with one of the keys .*, got none$/,
  );
  const two = "slope: { constraint: { poisson: { observed: 1 }, normal: { observed: 1, sigma: 1 } } }";
  assert.match(
    await problemIn(written(["slope: 0.02", two])),
    /constraint: expected a map with one of the keys normal, .*, got poisson and normal$/,
  );
});

test("every unknown name is reported at once", async () => {
  const lines = (
    await problemIn(written(["c: slope", "c: a"], ["uniform: m", "uniform: q"], ["sample: data", "sample: b"]))
  ).split("\n");
  assert.is(lines.length, 3);
});

test("names that every object has, and `rest`, are refused", async () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "rest"]) {
    const refused = new RegExp(`${name}: expected another name, as this one is reserved`);
    assert.match(await problemIn(written(["slope: 0.02", `slope: 0.02\n  ${name}: 1`])), refused);
    assert.match(await problemIn(written(["{ data: data.npz }", `{ data: data.npz, ${name}: b.npz }`])), refused);
    assert.match(await problemIn(written(["likelihoods: { fit:", `likelihoods: { ${name}:`])), refused);
    assert.match(
      await problemIn(
        written(["{ density: model, sample: data }", `{ channels: { ${name}: { density: model, sample: data } } }`]),
      ),
      refused,
    );
  }
  assert.is(({} as Record<string, unknown>).start, undefined);
});

test("one name is of one thing", async () => {
  assert.match(
    await problemIn(written(["slope: 0.02", "slope: 0.02\n  m: 1"])),
    /columns\.m: expected a name of its own, got that of a parameter$/,
  );
});

test("a file of both kinds is refused, and so are keys of a composition without likelihoods", async () => {
  const both =
    /processes: expected keys of a composition, as the file has `likelihoods`, got processes, .*Put the two into files of their own$/;
  assert.match(await problemIn(`${COMPOSITION}processes: {}\n`), both);
});

test("options change parameters as the file has them, and names in options are checked", async () => {
  const parameters = { fix: ["nflat"], set: { slope: 0.03 }, limit: { slope: [0, 1] as const } };
  assert.equal((await readAs(COMPOSITION, { set: [], parameters })).composition.parameters, [
    { name: "nflat", start: 300, isFixed: true },
    { name: "nbkg", start: 5000 },
    { name: "slope", start: 0.03, range: [0, 1] },
  ]);
  assert.match(
    await problemIn(COMPOSITION, { set: [], parameters: { fix: ["slop"] } }),
    /got "slop"\. Did you mean slope\?$/,
  );
  const fixed = await problemIn(COMPOSITION, { set: [], parameters: { fix: ["nflat", "nbkg", "slope"] } });
  assert.match(
    fixed,
    /likelihoods\.fit: expected a free parameter that it depends on, got fixed ones alone \(nflat, nbkg, slope\)$/,
  );
});

test("--set reaches into shorthands and kinds", async () => {
  const set = ["parameters.slope.range=[0, 1]", "densities.background.exponential.c=0.03", "fit.minos=true"];
  const { configuration, composition } = await readAs(COMPOSITION, { set });
  assert.equal(composition.parameters[2], { name: "slope", start: 0.02, range: [0, 1] });
  assert.equal(composition.densities.background, { kind: "exponential", x: "m", c: 0.03 });
  assert.is(configuration.fit.minos, true);
  assert.match(
    await problemIn(COMPOSITION, { set: ["densities.background.exp.c=1"] }),
    /--set: expected a known key of densities\.background, got exp\. Did you mean exponential\?/,
  );
});

test.run();
