/** What operations refuse, by text. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { UsageError } from "../../../engine/errors.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";

const tape = new Tape();
const x = tape.column("x", [2, 3]);
const p = tape.parameter("p", [3]);
const w = tape.parameter("w", [4, 3]);
const other = new Tape();
const stranger = other.parameter("p", [3]);

const refusals: Readonly<
  Record<string, readonly [body: () => unknown, kind: "ShapeError" | "UsageError", text: string]>
> = {
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
};

for (const [title, [body, kind, text]] of Object.entries(refusals)) {
  test(`${title}: ${kind}`, () => {
    try {
      body();
    } catch (error) {
      assert.instance(error, UsageError);
      assert.is((error as Error).name, kind);
      assert.is((error as Error).message, text);
      return;
    }
    assert.unreachable("accepted");
  });
}

test("equal nodes are one node, and a node without influence has the gradient 0", () => {
  assert.is(o.add(x, 1), o.add(x, 1));
  const [g] = gradient(o.sumTo(w, []), [p]);
  assert.equal(g?.operation, { name: "constant", value: 0 });
  assert.equal(g?.shape, [3]);
});

test.run();
