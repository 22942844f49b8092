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
