/** Values outside of the range of others, by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { liesApart } from "../../../inference/data-checks/apart.js";
import { rangeOf } from "../../../inference/model/simulated-range.js";

test("more than half of the values have to lie outside, on either side", () => {
  const nominal = rangeOf([Float64Array.of(3, 1, 2)]);
  assert.not.ok(liesApart(nominal, Float64Array.of(1, 3, 2.5)));
  assert.not.ok(liesApart(nominal, Float64Array.of(0.5, 4, 1, 3)), "half");
  assert.ok(liesApart(nominal, Float64Array.of(0.5, 4, 1)));
  assert.ok(liesApart(nominal, Float64Array.of(1000, 2000, 3000)), "another unit");
});

test("several samples have one range", () => {
  assert.equal(rangeOf([Float64Array.of(3, 1), Float32Array.of(7, 5)]), [1, 7]);
});

test.run();
