/** Channels of likelihoods: which density is normalised where, on which parameters a likelihood depends. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freeParameters } from "../../../../inference/model/parameters/parameter.js";
import type { LikelihoodPlan } from "../../../../workflow/configuration/composition/likelihood-plans.js";
import { problemIn, readAs, written } from "./sources.js";

const FIT = "{ fit: { density: model, sample: data } }";

test("a likelihood moves the parameters that it depends on, and no others", async () => {
  const source = written([
    FIT,
    "{ fit: { density: model, sample: data }, shape: { density: background, sample: data } }",
  ]);
  const [fit, shape] = (await readAs(source)).likelihoods;
  assert.equal(fit!.parameters, ["nflat", "nbkg", "slope"]);
  assert.equal(shape!.parameters, ["slope"]);
  assert.equal(
    freeParameters(shape!.composition.parameters).map(({ name }) => name),
    ["slope"],
  );
  assert.is(shape!.channels[0]!.isExtended, false);
});

test("the constraint of a parameter that a likelihood does not depend on is no term of it", async () => {
  const normal = "constraint: { normal: { observed: 1, sigma: 0.5 } }";
  const source = written(
    ["nflat: 300", `nflat: 300\n  other: { start: 3, ${normal} }`],
    ["slope: 0.02", `slope: { start: 0.02, ${normal} }`],
  );
  const [{ composition }] = (await readAs(source)).likelihoods as [LikelihoodPlan];
  assert.equal(
    composition.parameters.map(({ name, constraint }) => [name, constraint?.kind]),
    [
      ["nflat", undefined],
      ["other", undefined],
      ["nbkg", undefined],
      ["slope", "normal"],
    ],
  );
});

test("in a region the density is truncated to it; columns that it is not of select alone", async () => {
  const source = written(
    ["{ m: { range: [100, 180] } }", "{ m: { range: [100, 180] }, t: { range: [0, 9] } }"],
    [FIT, "{ fit: { density: model, sample: data, region: { m: [[100, 118], [132, 180]], t: [[1, 2]] } } }"],
  );
  const { composition, likelihoods } = await readAs(source);
  const [channel] = likelihoods[0]!.channels;
  const m = [
    [100, 118],
    [132, 180],
  ];
  assert.equal(composition.densities[channel!.selected], { kind: "truncated", density: "model", region: { m } });
  assert.equal(channel!.region, { m, t: [[1, 2]] });
  assert.is(channel!.density, "model");
});

const BY_KIND = written(
  ["{ m: { range: [100, 180] } }", "{ m: { range: [100, 180] }, kind: { values: [0, 2, 5] } }"],
  ["slope: 0.02", "slope: 0.02\n  a: 0.02\nfunctions: { c: { choice: { column: kind, choices: [slope, a, 0.01] } } }"],
  ["c: slope", "c: c"],
);
const inKinds = (region: string) => BY_KIND.replace("sample: data }", `sample: data, region: ${region} }`);

test("of a column with values a region takes some of them, of one that the density is conditional on or not", async () => {
  const regionOf = async (region: string) => (await readAs(inKinds(region))).likelihoods[0]!.channels[0]!;
  assert.equal((await regionOf("{ kind: [5, 0] }")).region, {
    kind: [
      [5, 5],
      [0, 0],
    ],
  });
  assert.is((await regionOf("{ kind: [2] }")).selected, "model");
  const both = await regionOf("{ kind: [2], m: [[100, 118]] }");
  assert.is(both.selected, "model in fit/fit");
  const said = (region: string) => problemIn(inKinds(region));
  assert.match(await said("{ kind: [1] }"), /region\.kind: expected values of the column \(0, 2, 5\), got the value 1/);
  assert.match(await said("{ kind: [[0, 2]] }"), /region\.kind: expected values of the column .*, got \[0, 2\]/);
  assert.match(await said("{ kind: [0, 0] }"), /region\.kind: expected each value once, got 0 twice/);
  assert.match(await said("{ kind: [] }"), /region\.kind: expected a list of 1 to .*, got 0/);
  assert.match(await said("{ kind: [{}] }"), /region\.kind\[0\]: expected a list of 2, .*; or one value of a column/);
  assert.match(
    await said("{ m: [100, 118] }"),
    /fit\.region.*: expected intervals from low to high, got the value 100\. Write an interval as \[\[low, high\]\]/,
  );
});

/** The kinds are not observed: the density is a sum over them. */
const SUMMED = BY_KIND.replace(
  "likelihoods:",
  "  summed: { categories: { density: background, over: kind, coefficients: [1, 2, 3] } }\n  mixed: { mixture: { flat: nflat, summed: nbkg } }\nlikelihoods:",
);

test("a region of a column over whose values the density is a sum is refused; where it is conditional on them it is not", async () => {
  const said = (density: string) =>
    problemIn(
      SUMMED.replace("density: model, sample: data }", `density: ${density}, sample: data, region: { kind: [2] } }`),
    );
  const refused =
    /likelihoods\.fit\.region\.kind: expected a column that \w+ is of .*, got kind, over all of whose values summed is a sum\. Leave it out/;
  assert.match(await said("summed"), refused);
  assert.match(await said("mixed"), refused);
  const region = "density: background, sample: data, region: { kind: [2] } }";
  const own = await readAs(SUMMED.replace("density: model, sample: data }", region));
  assert.is(own.likelihoods[0]!.channels[0]!.selected, "background");
});

test("channels are refused that no likelihood can be made of", async () => {
  const channels = (text: string) => problemIn(written([FIT, `{ fit: { ${text} } }`]));
  assert.match(
    await channels("channels: { a: { density: model } }"),
    /fit\.channels\.a\.sample: expected the name of a sample, got nothing/,
  );
  assert.match(await channels("channels: {}"), /fit\.channels: expected at least one channel, got none/);
  assert.match(
    await channels("density: model, channels: { a: { density: model, sample: data } }"),
    /fit\.density: expected nothing beside channels/,
  );
  const extended = /fit\.extended: expected numbers of events in background, .* got fractions alone/;
  assert.match(await channels("density: background, sample: data, extended: true"), extended);
  const source = written(
    ["{ m: { range: [100, 180] } }", "{ m: { range: [100, 180] }, t: { range: [0, 9] } }"],
    [FIT, "{ fit: { density: model, sample: data, region: { t: [[1, 10]] } } }"],
  );
  assert.match(await problemIn(source), /fit\.region\.t: expected intervals within \[0, 9\], got \[1, 10\]/);
});

test.run();
