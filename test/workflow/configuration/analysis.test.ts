/** What follows from a configuration: points, yields, paths. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  expectedYield,
  featureLabel,
  featureName,
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

test("a feature is called by its label, else by its column, else by its place", () => {
  const observed = (x: string) => ({
    file: "a.yaml",
    configuration: read(FILES.replace("{ features: 1 }", x)),
  });
  const cases = [
    ["{ features: 2, columns: [pt, eta], labels: [p_T, η] }", ["pt", "eta"], ["p_T", "η"]],
    ["{ features: 2, columns: [pt, eta] }", ["pt", "eta"], ["pt", "eta"]],
    ["{ features: 2, columns: [f] }", ["f[0]", "f[1]"], ["f[0]", "f[1]"]],
    ["{ features: 2 }", ["x[0]", "x[1]"], ["x1", "x2"]],
    // Which column is the wide one stands in the files alone.
    ["{ features: 3, columns: [m, f] }", ["x[0]", "x[1]", "x[2]"], ["x[0]", "x[1]", "x[2]"]],
    ["{ features: 3, columns: [m, f], labels: [mass, f1, f2] }", ["mass", "f1", "f2"], ["mass", "f1", "f2"]],
  ] as const;
  for (const [x, names, labels] of cases) {
    const analysis = observed(x);
    assert.equal(
      names.map((_, feature) => featureName(analysis, "x", feature)),
      names,
    );
    assert.equal(
      labels.map((_, feature) => featureLabel(analysis, "x", feature)),
      labels,
    );
  }
});

test.run();
