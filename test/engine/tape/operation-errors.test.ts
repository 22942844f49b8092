/** What operations refuse, by text. */
import { test } from "uvu";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { testRefusals } from "./refusals.js";

const tape = new Tape();
const x = tape.column("x", [2, 3]);
const p = tape.parameter("p", [3]);
const w = tape.parameter("w", [4, 3]);
const other = new Tape();
const stranger = other.parameter("p", [3]);

testRefusals({
  "more zeros than there is memory for": [
    () => o.pad(x, -1, 0, 1e9),
    "ShapeError",
    "pad: expected at most 16777216 elements, got 2000000006, shape [2,1000000003]",
  ],
  "more rows than there is memory for": [
    () => o.broadcast(x, [1e9, 2, 3]),
    "ShapeError",
    "broadcast: expected at most 16777216 elements, got 6000000000, shape [1000000000,2,3]",
  ],
  "an outer sum beyond memory": [
    () => o.add(tape.constant(1, [1e5, 1]), tape.constant(2, [1e5])),
    "ShapeError",
    "add: expected at most 16777216 elements, got 10000000000, shape [100000,100000]",
  ],
  "an outer product of weights beyond memory": [
    () => o.weightGradient(tape.constant(1, [1e5]), tape.constant(1, [1e5]), undefined, false),
    "ShapeError",
    "weightGradient: expected at most 16777216 elements, got 10000000000, shape [100000,100000]",
  ],
  "a selection beyond memory": [
    () => o.select(tape.constant(1, [2 ** 20, 1]), -1, Array<number>(17).fill(0)),
    "ShapeError",
    "select: expected at most 16777216 elements, got 17825792, shape [1048576,17]",
  ],
  "parts beyond memory": [
    () => o.concatenate([tape.constant(1, [2 ** 23]), tape.constant(2, [2 ** 23]), p]),
    "ShapeError",
    "concatenate: expected at most 16777216 elements, got 16777219, shape [16777219]",
  ],
  "a constant beyond memory": [
    () => tape.constant(1, [1e9]),
    "ShapeError",
    "constant: expected at most 16777216 elements, got 1000000000, shape [1000000000]",
  ],
  "a column beyond memory": [
    () => tape.column("huge", [1e200, 1e200]),
    "ShapeError",
    "tape.column: expected at most 16777216 elements, got Infinity, shape [1e+200,1e+200]",
  ],
  "a shape beyond memory": [
    () => o.reshape(x, [1e9]),
    "ShapeError",
    "reshape: expected at most 16777216 elements, got 1000000000, shape [1000000000]",
  ],
  "operands of two tapes": [
    () => o.add(x, stranger),
    "UsageError",
    "add: expected operands of one tape, got operands of two tapes",
  ],
  "weights of another tape": [
    () => o.linear(p, other.parameter("v", [4, 3])),
    "UsageError",
    "linear: expected operands of one tape, got operands of two tapes",
  ],
  "moments of two tapes": [
    () => o.weightGradient(p, stranger, undefined, false),
    "UsageError",
    "weightGradient: expected operands of one tape, got operands of two tapes",
  ],
  "numbers only": [() => o.add(1, 2), "UsageError", "add: expected at least one operand on a tape, got numbers only"],
  "shapes that do not broadcast": [
    () => o.mul(x, tape.parameter("four", [4])),
    "ShapeError",
    "mul: expected shapes that broadcast (equal sizes or 1), got [2,3] and [4]",
  ],
  "a broadcast to fewer axes": [
    () => o.broadcast(x, [3]),
    "ShapeError",
    'broadcast: expected a shape that broadcasts to [3], got [2,3] over "events"',
  ],
  "a reshape to another size": [
    () => o.reshape(x, [4]),
    "ShapeError",
    'reshape: expected 6 elements as in [2,3] over "events", got [4]',
  ],
  "too few indices": [
    () => o.take(p, [2], Int32Array.of(0)),
    "ShapeError",
    "take: expected 2 indices for shape [2], got 1",
  ],
  "an index twice": [
    () => o.take(p, [2], Int32Array.of(1, 1)),
    "ShapeError",
    "take: expected indices in [-1, 3), none twice, got 1 twice",
  ],
  "an index outside": [
    () => o.take(p, [1], Int32Array.of(3)),
    "ShapeError",
    "take: expected indices in [-1, 3), none twice, got 3",
  ],
  "an axis that is not there": [() => o.sum(p, 1), "ShapeError", "sum: expected an axis of [3], got 1"],
  "a slice beyond the end": [
    () => o.slice(p, 0, 1, 4),
    "ShapeError",
    "slice: expected 0 <= start < stop <= 3 on axis 0 of [3], got 1 to 4",
  ],
  "a slice by halves": [
    () => o.slice(p, 0, 0.5, 2),
    "ShapeError",
    "slice: expected 0 <= start < stop <= 3 on axis 0 of [3], got 0.5 to 2",
  ],
  "negative padding": [
    () => o.pad(p, 0, -1, 0),
    "ShapeError",
    "pad: expected whole numbers of zeros before and after, got -1 and 0",
  ],
  "a selection outside": [
    () => o.select(x, 1, [0, 3]),
    "ShapeError",
    "select: expected positions in [0, 3) on axis 1, got 3",
  ],
  "a negative selection": [
    () => o.select(x, 1, [-1]),
    "ShapeError",
    "select: expected positions in [0, 3) on axis 1, got -1",
  ],
  "an empty selection": [
    () => o.select(x, 1, []),
    "ShapeError",
    "select: expected positions in [0, 3) on axis 1, got none",
  ],
  "no parts": [() => o.concatenate([]), "UsageError", "concatenate: expected at least one part, got none"],
  "parts joined along no axis": [
    () => o.concatenate([p, p], 1),
    "ShapeError",
    "concatenate: expected an axis of parts with 1 axes, got 1",
  ],
  "weights that do not fit": [
    () => o.linear(x, w, { transposed: true }),
    "ShapeError",
    'linear: expected weights [in, out] fitting x [..., out], got weights [4,3] and x [2,3] over "events"',
  ],
  "weights of one axis": [
    () => o.linear(p, p, { transposed: true }),
    "ShapeError",
    "linear: expected weights [in, out] fitting x [..., out], got weights [3] and x [3]",
  ],
  "weights with events": [
    () => o.linear(x, tape.column("weights", [4, 3])),
    "ShapeError",
    'linear: expected weights without events, got [4,3] over "events"',
  ],
  "a prefix mask of the wrong length": [
    () => o.linear(x, w, { prefix: Int32Array.of(1, 2) }),
    "ShapeError",
    "linear: expected 4 prefix lengths between 0 and 3, got [1,2] (2)",
  ],
  "a step beyond the inputs": [
    () => o.linear(x, w, { prefix: Int32Array.of(1, 2, 3, 4) }),
    "ShapeError",
    "linear: expected 4 prefix lengths between 0 and 3, got [1,2,3,4] (4)",
  ],
  "moments with other leading axes": [
    () => o.weightGradient(x, p, undefined, false),
    "ShapeError",
    'weightGradient: expected g [..., out] and x [..., in] with equal leading axes, got [2,3] over "events" and [3]',
  ],
  "moments of scalars": [
    () => o.weightGradient(tape.column("s"), tape.parameter("t"), undefined, false),
    "ShapeError",
    'weightGradient: expected g [..., out] and x [..., in] with equal leading axes, got [] over "events" and []',
  ],
  "moments with a prefix mask of the wrong length": [
    () => o.weightGradient(p, p, Int32Array.of(3), false),
    "ShapeError",
    "weightGradient: expected 3 prefix lengths between 0 and 3, got [3] (1)",
  ],
  "events summed where there are none": [
    () => o.sumEvents(p),
    "ShapeError",
    "sumEvents: expected a node with events, got [3]",
  ],
});

test.run();
