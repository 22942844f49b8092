/** Where elements go: slices, selections, paddings and joints as indices of `take`; what changes nothing makes no node. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";

const tape = new Tape();
const x = tape.column("x", [2, 3]);

const indexOf = ({ operation }: Var) => {
  assert.is(operation.name, "take");
  return operation.name === "take" ? [...operation.index] : [];
};

test("what would change nothing is the node itself", () => {
  assert.is(o.broadcast(x, [2, 3]), x);
  assert.is(o.reshape(x, [2, 3]), x);
  assert.is(o.slice(x, 1, 0, 3), x);
  assert.is(o.pad(x, 0, 0, 0), x);
  assert.is(o.select(x, -1, [0, 1, 2]), x);
  assert.is(o.broadcastEvents(x, x.events), x);
  assert.is(o.broadcastEvents(x, undefined), x);
});

test("a slice, a selection and a padding along either axis, counted from the front or from the back", () => {
  assert.equal(indexOf(o.slice(x, 1, 1, 3)), [1, 2, 4, 5]);
  assert.is(o.slice(x, -1, 1, 3), o.slice(x, 1, 1, 3));
  assert.equal(indexOf(o.slice(x, 0, 1, 2)), [3, 4, 5]);
  assert.equal(indexOf(o.select(x, -1, [2, 0])), [2, 0, 5, 3]);
  const padded = o.pad(x, 1, 1, 2);
  assert.equal(padded.shape, [2, 6]);
  assert.equal(indexOf(padded), [-1, 0, 1, 2, -1, -1, -1, 3, 4, 5, -1, -1]);
});

test("constants stay constants, with a 0 where nothing is taken", () => {
  const seven = tape.constant(7, [2, 3], x.events);
  assert.is(o.uniformValue(o.reshape(seven, [6])), 7);
  assert.is(o.uniformValue(o.broadcast(tape.constant(7, []), [2])), 7);
  const padded = o.pad(tape.constant(7, [2]), 0, 1, 0);
  assert.equal("values" in padded.operation && [...(padded.operation.values as Float64Array)], [0, 7, 7]);
});

test("repeated for events, a node has these; what has others is refused", () => {
  const p = tape.parameter("p", [2]);
  assert.is(o.broadcastEvents(p, x.events).events, x.events);
  const others = tape.column("y", [], tape.events("others"));
  assert.throws(
    () => o.broadcastEvents(others, x.events),
    /^broadcastEvents: expected a node without events, got \[\] over "others"$/,
  );
});

test.run();
