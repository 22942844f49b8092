/** Tapes as long as those of Hessians in tens of directions, nothing of which is passed as arguments of a call, and nodes as large. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { add, pad, square, sum, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";

test("a schedule of 300 000 nodes", () => {
  const tape = new Tape();
  let total = tape.column("x");
  for (let i = 0; i < 300_000; i++) total = add(total, i);
  const { levels, nodes } = schedule([sumEvents(total)]);
  assert.is(levels.length, 2);
  assert.ok(nodes.length > 300_000);
});

test("a node of 2^18 elements per event on the reference: its events are taken in smaller blocks", async () => {
  const tape = new Tape();
  const total = sumEvents(sum(square(pad(tape.column("x", [1]), 0, 0, 2 ** 18 - 1)), 0));
  const program = await referenceBackend().compile({ outputs: { total } });
  await program.bind({ x: Float64Array.from({ length: 70 }, (_, i) => i) });
  assert.equal([...(await program.run()).total!], [(69 * 70 * 139) / 6]);
});

test.run();
