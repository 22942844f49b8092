/** What follows from a configuration: points, yields, paths. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  expectedYield,
  nuisanceVector,
  outputFolder,
  pathOf,
  variationPoints,
} from "../../../workflow/configuration/analysis.js";
import { FILES, read, TOY } from "./sources.js";

test("the generator simulates at plus and minus one, and at the corners of each pair", () => {
  assert.equal(variationPoints(read(TOY)), [{ shift: 1 }, { shift: -1 }, { squeeze: 1 }, { squeeze: -1 }]);
  const points = variationPoints(read(TOY, "morph.pairs=[[shift, squeeze]]", "nuisances.shift.nominal=2"));
  assert.is(points.length, 8);
  assert.equal(points.at(-1), { shift: 1, squeeze: -1 });
});

test("points, yields and paths", () => {
  const configuration = read(FILES, "nuisances.tilt.nominal=0.5");
  assert.equal(nuisanceVector(configuration, { norm: 2 }), [0, 0.5, 2]);
  assert.is(expectedYield(configuration, "other"), 20);
  const analysis = { file: "/some/where/a.yaml", configuration };
  assert.is(pathOf(analysis, "b/c.npz"), "/some/where/b/c.npz");
  assert.is(pathOf(analysis, "/b/c.npz"), "/b/c.npz");
  assert.is(outputFolder(analysis, undefined), "/some/where/unbinned-out");
  assert.is(outputFolder(analysis, "/tmp/x"), "/tmp/x");
});

test.run();
