import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { testRefusals } from "../tape/refusals.js";

const tape = new Tape();
const p = tape.parameter("p", [3]);
const w = tape.parameter("w", [4, 3]);
const stranger = new Tape().parameter("p", [3]);

testRefusals({
  "the gradient of an array": [
    () => gradient(p, [p]),
    "UsageError",
    "gradient: expected a scalar without events, got [3]. Sum over events and feature axes first",
  ],
  "the gradient of a column": [
    () => gradient(tape.column("z"), [p]),
    "UsageError",
    'gradient: expected a scalar without events, got [] over "events". Sum over events and feature axes first',
  ],
  "the gradient with respect to another tape": [
    () => gradient(o.sumTo(p, []), [stranger]),
    "UsageError",
    "gradient: expected nodes of the tape of the loss, got nodes of another tape",
  ],
});

test("a node without influence has the gradient 0", () => {
  const [g] = gradient(o.sumTo(w, []), [p]);
  assert.equal(g?.operation, { name: "constant", value: 0 });
  assert.equal(g?.shape, [3]);
});

test.run();
