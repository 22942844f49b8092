import { test } from "uvu";
import * as assert from "uvu/assert";
import { requireRoom } from "../../io/memory.js";

const GIB = 2 ** 30;

test("events that take more than is free are refused, with both numbers", () => {
  const events = { count: 1e8, numbers: 6, bytes: 4 * GIB };
  requireRoom("a.parquet", events, "Take fewer", 4 * GIB);
  assert.throws(
    () => requireRoom("a.parquet", events, "Take fewer", 4 * GIB - 1),
    /^a\.parquet: expected events that fit into memory, got 100000000 x 6 numbers, which take 4096 MiB where 4096 MiB are free\. Take fewer$/,
  );
  // What is small is taken as it is: what the system says is free is no promise.
  requireRoom("a.parquet", { count: 1, numbers: 1, bytes: 8 }, "Take fewer", 0);
});

test.run();
