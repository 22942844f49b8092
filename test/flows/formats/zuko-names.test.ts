/** Flows of zuko by the names of their tensors. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { flowAt, kindOfTransform, stepsAt } from "../../../flows/formats/zuko-names.js";
import type { ForeignTensors } from "../../../flows/networks/weights.js";

const tensors = (...names: readonly string[]): ForeignTensors =>
  new Map(names.map((name) => [name, { shape: [2], data: name.endsWith("scale") ? [1, 1] : [0, 0] }]));

const base = ["base.loc", "base.scale"];

test("a transform's kind follows from the names in its folder", () => {
  const kinds = {
    masked: tensors("t.order", "t.hyper.0.weight", "t.hyper.0.mask"),
    coupling: tensors("t.mask", "t.hyper.0.weight"),
    dense: tensors("t.hyper.0.weight"),
    bare: tensors("t.phi.0", "t.phi.1"),
  };
  for (const [kind, own] of Object.entries(kinds)) assert.is(kindOfTransform(own, "t"), kind);
});

test("transforms that are not read are refused by their names", () => {
  const refused =
    (...names: readonly string[]) =>
    () =>
      kindOfTransform(tensors(...names), "t");
  assert.throws(refused("t.network.0.weight"), /a neural autoregressive flow \(NAF\)/);
  assert.throws(refused("t.integrand.0.weight"), /an unconstrained neural autoregressive flow \(UNAF\)/);
  assert.throws(refused("t.nuisance_nets.0.0.weight"), /a factorizable flow, which loadFactorizable reads/);
  assert.throws(refused("t.order", "t.strange"), /a tensor "strange"/);
  assert.throws(refused("t.order"), /"order" without a network/);
  assert.throws(refused("t.hyper.0.weight", "t.hyper.0.mask"), /masks without "order"/);
});

test("a flow's transforms stand where its version of zuko put them", () => {
  const transforms = (folder: string) => [`${folder}.0.order`, `${folder}.1.order`];
  assert.equal(flowAt(tensors(...transforms("transform.transforms"), ...base), ""), {
    steps: ["transform.transforms.0", "transform.transforms.1"],
    features: 2,
  });
  assert.equal(flowAt(tensors(...transforms("transforms"), ...base), "").steps, ["transforms.0", "transforms.1"]);
  assert.equal(flowAt(tensors("transform.order", ...base), "").steps, ["transform"]);
  assert.equal(stepsAt(tensors("a.0.order", "a.1.order"), "a"), ["a.0", "a.1"]);
});

test("a file of several flows names their folders", () => {
  const several = tensors("x.transform.order", "y.transform.order");
  assert.throws(() => flowAt(several, ""), /Flows of this file stand at x, y: name such a folder/);
});

test.run();
