/** What samples count between the points at which they were made, against polynomials through these points. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sampleCoefficients } from "../../../../inference/model/simulation-errors/sample-coefficients.js";
import { close } from "../../../support/close.js";

const exact = { absolute: 1e-12, relative: 1e-12 };
const one = (linearOnly: boolean, nominal = 0) => ({ nominal: [nominal], linearOnly: [linearOnly], pairs: [] });

test("one nuisance: linear with one sample, the parabola through two", () => {
  close(sampleCoefficients(one(true), [[1]], [0.3]), [0.3], exact);
  close(sampleCoefficients(one(true), [[-2]], [0.3]), [-0.15], exact);
  const nu = 0.8;
  close(sampleCoefficients(one(false), [[1], [-1]], [nu]), [(nu * (nu + 1)) / 2, (nu * (nu - 1)) / 2], exact);
  // Lagrange through 0.5, 1.5 and -1.
  const lagrange = (a: number, b: number, c: number) => ((nu - b) * (nu - c)) / ((a - b) * (a - c));
  const found = sampleCoefficients(one(false, 0.5), [[1.5], [-1]], [nu]);
  close(found, [lagrange(1.5, 0.5, -1), lagrange(-1, 0.5, 1.5)], exact);
  close([1 - found[0]! - found[1]!], [lagrange(0.5, 1.5, -1)], exact);
});

test("at a sample that the terms go through, it alone counts", () => {
  close(sampleCoefficients(one(false), [[1], [-1]], [-1]), [0, 1], exact);
  close(sampleCoefficients(one(false), [[1], [-1]], [0]), [0, 0], exact);
});

test("a line through two samples: least squares", () => {
  close(sampleCoefficients(one(true), [[1], [-1]], [0.5]), [0.25, -0.25], exact);
});

const TWO = { nominal: [0, 0], linearOnly: [false, true] };

test("two nuisances: their effects add up; a nuisance without samples has none", () => {
  const found = sampleCoefficients(
    { ...TWO, pairs: [] },
    [
      [1, 0],
      [-1, 0],
      [0, 1],
    ],
    [0.5, -0.4],
  );
  close(found, [0.375, -0.125, -0.4], exact);
  close(sampleCoefficients({ ...TWO, pairs: [] }, [[0, 1]], [0.5, -0.4]), [-0.4], exact);
  assert.equal(sampleCoefficients({ ...TWO, pairs: [] }, [], [0.5, -0.4]), []);
});

test("a pair with its four corners: any function of the terms is found again between the samples", () => {
  const terms = { nominal: [0, 0], linearOnly: [false, false], pairs: [[0, 1]] as const };
  const corners = [1, -1].flatMap((a) => [1, -1].map((b) => [a, b]));
  const points = [[1, 0], [-1, 0], [0, 1], [0, -1], ...corners];
  const effect = ([a, b]: readonly number[]) => 2 * a! - 3 * b! + 0.5 * a! * a! + 0.25 * b! * b! - 1.5 * a! * b!;
  const at = [0.3, -0.7];
  const found = sampleCoefficients(terms, points, at);
  close([found.reduce((sum, c, i) => sum + c * effect(points[i]!), 0)], [effect(at)], exact);
});

test.run();
