/** The flows that a configuration asks for. Weights of others are refused in test/cli/wrong-input.test.ts. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  morphArchitecture,
  nominalArchitecture,
  responseArchitecture,
  transportArchitecture,
} from "../../../workflow/configuration/architectures.js";
import { FILES, read, TOY } from "./sources.js";

test("densities of x depend on the process, those of y on x as well", () => {
  const toy = read(TOY);
  const [x, y] = [nominalArchitecture(toy, "x"), nominalArchitecture(toy, "y")];
  assert.equal([x.features, x.context], [2, 2]);
  assert.equal([y.features, y.context], [2, 4]);
  const files = read(FILES);
  assert.equal([nominalArchitecture(files, "y").features, nominalArchitecture(files, "y").context], [3, 3]);
});

test("kind, structure, transforms, bins and hidden units of a density", () => {
  const set = ["flows.x={kind: affine, structure: coupling, transforms: 3}", "flows.y={bins: 5, hidden: [7, 9]}"];
  const toy = read(TOY, ...set);
  const [x, y] = [nominalArchitecture(toy, "x"), nominalArchitecture(toy, "y")];
  assert.equal([x.kind, x.transform.kind, x.layers.length], ["coupling", "affine", 3]);
  assert.equal([y.kind, y.layers.length], ["autoregressive", 2]);
  assert.equal(y.transform, { kind: "spline", bins: 5, bound: 4, scaled: true });
  const units = y.layers[0]!.hidden.map((layer) =>
    typeof layer === "number" ? layer : layer.reduce((sum, count) => sum + count, 0),
  );
  assert.equal(units, [7, 9]);
});

test("morphing: nominal values, damping, pairs in declared order, and which nuisance was simulated on one side only", () => {
  const toy = morphArchitecture(
    read(
      TOY,
      "morph={pairs: [[squeeze, shift]], quadraticDamping: 0.5, pairDamping: 0.25}",
      "nuisances.squeeze.nominal=2",
    ),
    "x",
  );
  assert.equal(toy.pairs, [[0, 1]]);
  assert.equal([toy.quadraticDamping, toy.pairDamping], [0.5, 0.25]);
  assert.is(toy.shiftFirst, true);
  assert.is(morphArchitecture(read(TOY, "morph.shiftFirst=false"), "x").shiftFirst, undefined);
  const nuisances = toy.nuisances.map(({ nominal, linearOnly }) => [nominal, linearOnly]);
  assert.equal(nuisances, [
    [0, false],
    [2, false],
  ]);
  // Samples at +1 alone; the rate has no part in it.
  assert.equal(
    morphArchitecture(read(FILES), "y").nuisances.map(({ linearOnly }) => linearOnly),
    [true, true],
  );
});

test("morphing: kind, bins, layers and hidden units, of each observable", () => {
  const toy = read(TOY, "morph.x={kind: spline, bins: 5, layers: 3, hidden: [7]}", "morph.y.kind=affine");
  const [x, y] = [morphArchitecture(toy, "x"), morphArchitecture(toy, "y")];
  assert.equal(x.spline, { kind: "spline", bins: 5, bound: 5 });
  assert.is(x.layers.length, 3);
  assert.equal(
    x.layers.map(({ hidden }) => hidden.map((counts) => counts.reduce((sum, count) => sum + count, 0))),
    [[7], [7], [7]],
  );
  assert.is(y.spline, undefined);
  // What has no kind of its own can move densities with edges.
  assert.is(morphArchitecture(read(FILES), "y").spline?.kind, "spline");
});

test("T maps y, given process and x; its response has the scale of the configuration, else that of the fit", () => {
  const toy = read(TOY, "transport={transforms: 1, bins: 6}");
  const T = transportArchitecture(toy);
  assert.equal([T.features, T.context, T.layers.length], [2, 4, 1]);
  assert.equal(T.transform, { kind: "spline", bins: 6, bound: 5, freeRightSlope: true });
  const response = responseArchitecture(toy, [0.1, -0.2], [0.3, 0.4]);
  const nuisances = response.nuisances.map(({ nominal, scale }) => [nominal, scale]);
  assert.equal(nuisances, [
    [0.1, 0.3],
    [-0.2, 0.4],
  ]);
  assert.is(response.spline, undefined);
  const other = responseArchitecture(read(TOY, "response={scale: 0.7, kind: spline, bins: 3}"), [0, 0], [0.3, 0.4]);
  assert.equal(
    other.nuisances.map(({ scale }) => scale),
    [0.7, 0.7],
  );
  assert.equal(other.spline, { kind: "spline", bins: 3, bound: 5 });
});

test.run();
