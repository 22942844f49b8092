/** Tapes as long as those of Hessians in tens of directions: nothing is passed as that many arguments of a call. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { schedule } from "../../../engine/passes/event-passes.js";
import { add, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";

test("a schedule of 300 000 nodes", () => {
  const tape = new Tape();
  let total = tape.column("x");
  for (let i = 0; i < 300_000; i++) total = add(total, i);
  const { levels, nodes } = schedule([sumEvents(total)]);
  assert.is(levels.length, 2);
  assert.ok(nodes.length > 300_000);
});

test.run();
