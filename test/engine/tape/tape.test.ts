/** What a tape refuses, by text; equal nodes are one node. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { testRefusals } from "./refusals.js";

const tape = new Tape();
const x = tape.column("x", [2, 3]);
tape.parameter("p", [3]);
const other = new Tape();

testRefusals({
  "a name twice": [
    () => tape.column("p"),
    "UsageError",
    'tape.column: expected a name of its own for every column and parameter, got "p" a second time',
  ],
  "an event set of another tape": [
    () => tape.column("y", [], other.events("elsewhere")),
    "UsageError",
    'tape.column: expected an event set of this tape, got "elsewhere" of another tape. Ask this tape for it: tape.events(name)',
  ],
  "an axis of size 0": [
    () => tape.parameter("empty", [0]),
    "ShapeError",
    "parameter: expected axes of positive integer size, got shape [0]",
  ],
  "too few constants": [
    () => tape.constant([1, 2], [3]),
    "ShapeError",
    "constant: expected 3 numbers for shape [3], got 2",
  ],
  "an array constant with events": [
    () => tape.constant([1, 2], [2], tape.events()),
    "ShapeError",
    'constant: expected an array constant without events, got one with events "events". Use broadcastEvents',
  ],
});

test("equal nodes are one node", () => {
  assert.is(o.add(x, 1), o.add(x, 1));
});

test.run();
