/** Covariances of the parts of an error, against products and sums on paper. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  ofNewtonStep,
  plus,
  scatterOf,
  sigmaOf,
} from "../../../../inference/model/simulation-errors/covariance-parts.js";
import { close } from "../../../support/close.js";

const exact = { absolute: 1e-12, relative: 1e-12 };

test("a Newton step: C G C", () => {
  const found = ofNewtonStep(
    [
      [2, 1],
      [1, 3],
    ],
    [1, 0.5, 0.5, 4],
  );
  // C G = [[2.5, 5], [2.5, 12.5]]
  close(found.flat(), [10, 17.5, 17.5, 40], exact);
});

test("the scatter of estimates has one degree of freedom less than there are", () => {
  close(
    scatterOf([
      [1, 2],
      [3, 2],
      [2, 5],
    ]).flat(),
    [1, 0, 0, 3],
    exact,
  );
  assert.throws(() => scatterOf([[1, 2]]), /at least two estimates, got 1/);
});

test("sums, and square roots of the diagonal", () => {
  assert.equal(
    plus(
      [
        [4, 1],
        [1, 9],
      ],
      [
        [1, 2],
        [2, 1],
      ],
    ),
    [
      [5, 3],
      [3, 10],
    ],
  );
  assert.equal(
    sigmaOf([
      [4, 1],
      [1, 9],
    ]),
    [2, 3],
  );
});

test.run();
