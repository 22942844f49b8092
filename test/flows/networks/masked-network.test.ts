/** Masked networks: which unit sees what. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { degreeCounts } from "../../../flows/networks/masked-network.js";

test("units spread over degrees in blocks of four; without context none sees nothing", () => {
  assert.equal(degreeCounts(128, 3, 2), [44, 40, 44]);
  assert.equal(degreeCounts(128, 2, 0), [0, 128]);
  assert.equal(degreeCounts(5, 3, 1), [2, 1, 2]);
});

test.run();
