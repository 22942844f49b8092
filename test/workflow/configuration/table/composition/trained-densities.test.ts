/** Densities that steps of their own train, as files write them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DensityForm } from "../../../../../inference/model/densities/densities.js";
import { densityRows } from "../../../../../workflow/configuration/table/composition/densities.js";
import { formOf } from "../../../../../workflow/configuration/table/composition/row.js";
import { pointOf } from "../../../../../workflow/configuration/table/composition/trained-densities.js";

test("a flow has an untrained network of as many numbers as its columns and categories", async () => {
  const written = { of: ["m", "t"], given: ["pt", "kind"], train: "a", heldOut: 0.2, training: {} };
  const network = { kind: "spline", structure: "autoregressive", transforms: 2, bins: 4, bound: 5, hidden: [8] };
  const columns = { m: {}, t: {}, pt: {}, kind: { values: [1, 2, 5] } };
  const form = await formOf<DensityForm>(densityRows, { flow: { ...written, ...network } }, "density d", columns);
  assert.ok(form.kind === "flow");
  const { features, context, transform } = form.flow.architecture;
  assert.equal([form.of, form.given, features, context], [["m", "t"], ["pt", "kind"], 2, 4]);
  assert.ok(transform.kind === "spline" && transform.bins === 4);
});

const MORPH = {
  density: "nominal",
  of: ["m", "t"],
  given: ["kind"],
  nuisances: { scale: 0, tilt: 0.5 },
  train: [
    { sample: "a", at: { scale: 1 } },
    { sample: "b", at: { scale: -1 } },
    { sample: "c", at: { tilt: 1, scale: 1 } },
  ],
  pairs: [["tilt", "scale"]],
  kind: "spline",
  bins: 4,
  bound: 5,
  layers: 2,
  hidden: [8],
  quadraticDamping: 0.01,
  pairDamping: 0.1,
};

const morphOf = (changes: object) => {
  const columns = { m: {}, t: {}, kind: { values: [1, 2, 5] } };
  return formOf<DensityForm>(densityRows, { morphed: { ...MORPH, ...changes } }, "density d", columns);
};

test("a morph has networks of its nuisances in their order, linear where samples are at one value, and of its pairs", async () => {
  const form = await morphOf({});
  assert.ok(form.kind === "morphed");
  const { nuisances, pairs, features, context, spline, layers } = form.morph.architecture;
  assert.equal(
    [form.density, form.of, form.given, form.nuisances],
    ["nominal", ["m", "t"], ["kind"], ["scale", "tilt"]],
  );
  assert.equal(nuisances, [
    { nominal: 0, scale: 1, linearOnly: false },
    { nominal: 0.5, scale: 1, linearOnly: true },
  ]);
  assert.equal([pairs, features, context, layers.length], [[[0, 1]], 2, 3, 2]);
  assert.is(spline?.kind === "spline" && spline.bins, 4);
  const affine = await morphOf({ kind: "affine" });
  assert.is(affine.kind === "morphed" && affine.morph.architecture.spline, undefined);
  assert.equal(pointOf(MORPH.nuisances, { tilt: 2 }), [0, 2]);
});

test("samples and pairs that say nothing of a morph are refused in one sentence", async () => {
  const said = (changes: object) =>
    morphOf(changes).then(
      () => "nothing",
      (error: Error) => error.message,
    );
  assert.is(await said({}), "nothing");
  const up = { sample: "a", at: { scale: 1 } };
  assert.match(await said({ nuisances: {} }), /^density d: expected at least one nuisance, got none/);
  assert.match(
    await said({ train: [{ sample: "a", at: { shift: 1 } }] }),
    /expected values of its nuisances \(scale, tilt\) in the sample a, got "?shift/,
  );
  assert.match(
    await said({ train: [up, { sample: "n", at: { tilt: 0.5 } }] }),
    /expected samples at other than the nominal values, got "?n at these/,
  );
  assert.match(await said({ train: [up] }), /expected a sample at another value of tilt, got "?none/);
  assert.match(await said({ pairs: [["scale", "shift"]] }), /expected pairs of its nuisances .*, got "?shift/);
  const apart = [up, { sample: "t", at: { tilt: 1 } }];
  assert.match(await said({ train: apart }), /expected a sample in which both of tilt, scale are off their nominal/);
});

test.run();
