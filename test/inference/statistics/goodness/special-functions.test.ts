import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  amongTests,
  chiSquarePValue,
  gammaQ,
  logGamma,
} from "../../../../inference/statistics/goodness/special-functions.js";
import { answers, close } from "../objectives.js";

const reference = answers("scipy-special-functions.json");

test("logGamma agrees with scipy", () => {
  for (const [x, want] of reference.log_gamma) close(logGamma(x), want, { absolute: 1e-14, relative: 1e-14 }, `${x}`);
});

test("the incomplete gamma function agrees with scipy, small values relatively", () => {
  // a log x - x - log Γ(a) loses digits as a grows: 5000 · 2⁻⁵³ · log(5000)
  for (const [a, x, , q] of reference.gamma_p_q) {
    const relative = 1e-13 + 2e-15 * a;
    close(
      gammaQ(a, x),
      q,
      { absolute: q > 0.5 ? relative : 1e-300, relative: x >= a + 1 ? relative : 1e-9 },
      `Q ${a} ${x}`,
    );
  }
});

test("χ² p-values agree with scipy; two degrees of freedom are an exponential", () => {
  for (const [chiSquare, ndf, want] of reference.chi_square_p) {
    close(chiSquarePValue(chiSquare, ndf), want, { relative: 1e-11 }, `${chiSquare}/${ndf}`);
  }
  for (const chiSquare of [0.1, 2.3, 50]) {
    close(chiSquarePValue(chiSquare, 2), Math.exp(-chiSquare / 2), { relative: 1e-13 });
  }
});

test("the least p-value of two tests is below p in 2 p - p² of all cases, and of so many that a small p is multiplied", () => {
  close(amongTests(0.3, 2), 2 * 0.3 - 0.09, { relative: 1e-14 });
  close(amongTests(1e-20, 50), 5e-19, { relative: 1e-14 });
  assert.equal([amongTests(1, 3), amongTests(0, 3)], [1, 0]);
  assert.throws(
    () => amongTests(Number.NaN, 3),
    /amongTests: expected a probability and at least one test, got p = NaN, n = 3/,
  );
});

test("outside their domain they say so", () => {
  assert.throws(() => logGamma(0), /logGamma: expected x > 0, got 0/);
  assert.throws(() => gammaQ(-1, 2), /gammaQ: expected a > 0 and x >= 0, got a = -1, x = 2/);
  assert.throws(() => gammaQ(1, NaN), /gammaQ: expected a > 0 and x >= 0, got a = 1, x = NaN/);
  assert.is(gammaQ(2, Infinity), 0);
  assert.is(gammaQ(2, 0), 1);
});

test.run();
