/** Sections of a file: analyses, domains, points. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DOCUMENT, events, gaussian, point, readWith, refused, saidOf } from "./documents.js";

const analysis = (more: object = {}) => ({
  analyses: [{ name: "a", likelihood: "l", domain: "all", init: "p", ...more }],
});

test("HS³ requires its version", async () => {
  const missing = 'expected "metadata": { "hs3_version": "0.2" }, which HS³ requires, got nothing';
  await refused({ metadata: undefined }, `m.json: metadata: ${missing}`);
  await refused({ metadata: {} }, `m.json: metadata.hs3_version: ${missing}`);
  await refused(
    { metadata: { hs3_version: "1.0" } },
    'm.json: metadata.hs3_version: expected version 0.1 or 0.2 of HS³, got "1.0"',
  );
  assert.ok(await readWith({ metadata: { hs3_version: "0.1.90", packages: [{ name: "ROOT", version: "6" }] } }));
  assert.ok(await readWith({ metadata: { hs3_version: "0.2", packages: { pyhs3: "1" } } }));
});

test("sections are those of HS³", async () => {
  await refused(
    { distribution: [] },
    'm.json: distribution: expected sections of HS³ alone (metadata, distributions, functions, data, likelihoods, domains, parameter_points, analyses, misc), got "distribution". Did you mean distributions?',
  );
  await refused("[]", "m.json: the file: expected an object with metadata, distributions, …, got []");
  await refused(
    { likelihoods: [], data: [events, { ...events, name: "e" }] },
    'm.json: likelihoods: expected a likelihood, which pairs distributions with data, got none. Add "likelihoods": [{ "name": "…", "distributions": ["…"], "data": ["…"] }]',
  );
  await refused({ data: {} as never }, "m.json: data: expected a list, got {}");
});

test("the likelihood, domain and starting point are those of the analysis", async () => {
  const other = point({ mu: 1, s: 2 });
  const { composition, interests } = await readWith({
    ...analysis({ init: "q", parameters_of_interest: ["mu"] }),
    parameter_points: [point({ mu: 0, s: 1 }), { ...other, name: "q" }],
  });
  assert.equal(
    composition.parameters.map(({ start }) => start),
    [1, 2],
  );
  assert.equal(interests, ["mu"]);
  await refused(
    analysis({ likelihood: "ll" }),
    'm.json: analyses[0].likelihood (of a): expected a likelihood (l), got "ll". Did you mean l?',
  );
  await refused(
    analysis({ domain: "alle" }),
    'm.json: analyses[0].domain (of a): expected a domain (all), got "alle". Did you mean all?',
  );
  await refused(analysis({ init: "z" }), 'm.json: analyses[0].init (of a): expected a parameter point (p), got "z"');
  await refused(
    analysis({ aux_likelihood_terms: ["g"] }),
    'm.json: analyses[0] (of a): expected keys that are known, got "aux_likelihood_terms". Known are name, likelihood, domain, domains, parameters_of_interest, init, prior, description, title',
  );
});

test("several analyses need a choice; without analyses several likelihoods do", async () => {
  const two = { analyses: [...analysis().analyses, { ...analysis().analyses[0]!, name: "b" }] };
  await refused(
    two,
    "m.json: analyses: expected one of them, or a choice, got 2 (a, b). Choose one: --set analysis=NAME",
  );
  assert.ok(await readWith(two, { analysis: "b" }));
  const likelihoods = [...DOCUMENT.likelihoods!, { name: "k", distributions: ["g"], data: ["d"] }];
  await refused(
    { likelihoods },
    "m.json: likelihoods: expected one of them, or a choice, got 2 (l, k). Choose one: --set analysis=NAME",
  );
  assert.is((await readWith({ likelihoods }, { analysis: "k" })).likelihoods[0]!.name, "k");
  await refused({ likelihoods }, 'm.json: likelihoods: expected one of l, k, got "m"', { analysis: "m" });
});

test("domains of the analysis come first, then RooFit's default domain; ends that are null are open", async () => {
  const axes = (...own: readonly object[]) => ({ type: "product_domain", axes: own });
  const domains = [
    { name: "default_domain", ...axes({ name: "mu", min: -9, max: 9 }, { name: "s", min: 0.01, max: null }) },
    { name: "pois", ...axes({ name: "mu", min: -1, max: 1 }) },
    { name: "nps", ...axes() },
  ];
  const { composition } = await readWith({ domains, ...analysis({ domain: undefined, domains: ["pois", "nps"] }) });
  assert.equal(
    composition.parameters.map(({ range }) => range),
    [
      [-1, 1],
      [0.01, Number.POSITIVE_INFINITY],
    ],
  );
});

test("without likelihoods a distribution that no other names is that of the only data", async () => {
  const half = { name: "h", type: "mixture_dist", summands: ["g", "g"], coefficients: [0.5] };
  const own = await readWith({ likelihoods: undefined as never, distributions: [gaussian, half] });
  assert.equal(own.likelihoods, [
    { name: "h", channels: [{ name: "h", density: "h", sample: "d", isExtended: false }] },
  ]);
  assert.equal(own.notes, ["the file has no likelihood: h is fitted to d"]);
});

// RooJSONFactoryWSTool writes the one, HistFactory's JSON the other.
for (const section of ["combined_datasets", "combined_datas"]) {
  test(`RooFit's simultaneous distributions are paired with data by their labels in ${section}`, async () => {
    const misc = {
      ROOT_internal: {
        combined_distributions: {
          sim: { distributions: ["h", "g"], index_cat: "c", indices: [1, 0], labels: ["b", "a"] },
        },
        [section]: { obs: { index_cat: "c", indices: [0, 1], labels: ["a", "b"] } },
      },
    };
    const data = ["obs_a", "obs_b"].map((name) => ({ ...events, name }));
    const distributions = [gaussian, { ...gaussian, name: "h" }];
    const { likelihoods } = await readWith({ likelihoods: [], data, distributions, misc });
    assert.equal(
      likelihoods[0]!.channels.map(({ density, sample }) => [density, sample]),
      [
        ["h", "obs_b"],
        ["g", "obs_a"],
      ],
    );
    await refused(
      { likelihoods: [], data: [events], distributions, misc },
      'm.json: the likelihood that follows from the names.data[0] (of sim): expected a data set (d), got "obs_b"',
    );
  });
}

test("what RooFit tags as constant is, though its point does not say so; other tags mean nothing", async () => {
  const fixedOf = async (attributes: unknown) => {
    const { composition } = await readWith({ misc: { ROOT_internal: { attributes } } });
    return composition.parameters.filter(({ isFixed }) => isFixed).map(({ name }) => name);
  };
  assert.equal(await fixedOf({ s: { dict: { origName: "s" }, tags: ["of_interest", "Constant"] } }), ["s"]);
  const others = [{ mu: { tags: ["constant"] } }, { mu: { tags: "Constant" } }, { mu: {} }, ["mu"], "mu", null];
  for (const none of others) assert.equal(await fixedOf(none), []);
});

test("an outcome that is tagged as constant makes its term a constraint", async () => {
  const term = { name: "t", type: "gaussian_dist", x: "nominal", mean: "mu", sigma: 0.5 };
  const { composition } = await readWith({
    distributions: [gaussian, term],
    likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["t"] }],
    parameter_points: [point({ mu: 0.1, s: 1.5, nominal: 0.25 })],
    misc: { ROOT_internal: { attributes: { nominal: { tags: ["Constant"] } } } },
  });
  assert.equal(composition.parameters[0]!.constraint, { kind: "normal", observed: 0.25, sigma: 0.5 });
});

test("a term that the file has, and its likelihood does not name, is noted", async () => {
  const terms = [
    { name: "t", type: "gaussian_dist", x: 0.3, mean: "mu", sigma: 1 },
    { name: "u", type: "poisson_dist", x: 100, mean: "scaled" },
    { name: "fixed", type: "gaussian_dist", x: 1, mean: "known", sigma: 1 },
    { name: "other", type: "gaussian_dist", x: 1, mean: "alone", sigma: 1 },
    { name: "channel", type: "gaussian_dist", x: "x", mean: "mu", sigma: 2 },
  ];
  const read = await readWith({
    distributions: [{ ...gaussian, sigma: "product" }, ...terms],
    functions: [
      { name: "scaled", type: "product", factors: [100, "s"] },
      { name: "product", type: "product", factors: ["s", "known"] },
    ],
    parameter_points: [point({ mu: 0.1, s: 1.5, known: 1, alone: 1 }, "known")],
  });
  const end = "is left out: the likelihood does not name it in aux_distributions";
  assert.equal(
    read.notes.filter((note) => note.endsWith(end)),
    [`t, of mu, ${end}`, `u, of s, ${end}`],
  );
  const named = await readWith({
    distributions: [gaussian, terms[0]!, { name: "all", type: "product_dist", factors: ["t"] }],
    likelihoods: [{ name: "l", distributions: ["g"], data: ["d"], aux_distributions: ["all"] }],
  });
  assert.equal(named.notes, []);
});

test("domains and points that are none are refused", async () => {
  const domain = (more: object) => ({ domains: [{ name: "all", type: "product_domain", axes: [], ...more }] });
  await refused(
    domain({ type: "simplex" }),
    'm.json: domains[0].type (of all): expected "product_domain", the type that HS³ has, got "simplex"',
  );
  await refused(
    domain({ axes: [{ name: "mu", min: 8, max: 1 }] }),
    "m.json: domains[0].axes[0] (of mu): expected min below max, got [8, 1]",
  );
  await refused(
    domain({ axes: [{ name: "mu", minimum: 8 }] }),
    'm.json: domains[0].axes[0] (of mu): expected keys that are known, got "minimum". Known are name, min, max, nbins, edges, const, value, unit, title',
  );
  await refused(
    domain({ axes: [{ name: "mu" }, { name: "mu" }] }),
    'm.json: domains[0].axes[1].name (of all): expected every axis once, got "mu" twice',
  );
  const points = (...parameters: readonly object[]) => ({ parameter_points: [{ name: "p", parameters }] });
  await refused(
    points({ name: "mu", value: "1" }),
    'm.json: parameter_points[0].parameters[0].value (of mu): expected a finite number, got "1"',
  );
  await refused(
    points({ name: "mu", value: 1, const: "yes" }),
    'm.json: parameter_points[0].parameters[0].const (of mu): expected true or false, got "yes"',
  );
  await refused(
    points({ name: "mu", value: 1 }, { name: "mu", value: 2 }),
    'm.json: parameter_points[0].parameters[1].name (of p): expected every parameter once, got "mu" twice',
  );
});

test("a name is of one object", async () => {
  await refused(
    { functions: [{ name: "g", type: "sum", summands: [1] }] },
    'm.json: functions[0].name (of g): expected names that no other object has, got "g", as distributions[0] has',
  );
  await refused(
    { parameter_points: [point({ mu: 0, s: 1, g: 2 })] },
    'm.json: parameter_points[0].parameters[2].name (of g): expected a name that no distribution and no function has, got "g"',
  );
  await refused(
    { distributions: [gaussian, gaussian] },
    'm.json: distributions[1].name: expected every distribution once, got "g" twice',
  );
  await refused({ data: [events, events] }, 'm.json: data[1].name: expected every data set once, got "d" twice');
});

test("twenty thousand objects are enough", async () => {
  const many = Array.from({ length: 20_001 }, (_, i) => ({ ...gaussian, name: `g${i}` }));
  assert.is(
    await saidOf({ distributions: many }),
    "m.json: distributions: expected at most 20000 distributions and functions, got 20001",
  );
});

test.run();
