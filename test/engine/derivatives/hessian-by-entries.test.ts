/** Hessians by the numbers that come to the events: those of one pass for each direction, with less work; and what they refuse. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessianByDirections } from "../../../engine/derivatives/gradient.js";
import { hessianByEntries } from "../../../engine/derivatives/hessian-by-entries.js";
import { schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { close } from "../../support/close.js";

const EVENTS = 7;
type Elements = readonly [Var, Var, Var, Var];

/** Of θ [4], a column x [] and one y [3]. */
const losses: Readonly<Record<string, (theta: Elements, x: Var, y: Var) => Var>> = {
  "two densities": ([f, mean, width, slope], x) => {
    const z = o.div(o.sub(x, mean), width);
    const peak = o.div(o.exp(o.mul(o.square(z), -0.5)), width);
    const rest = o.mul(o.exp(o.neg(o.mul(slope, x))), slope);
    return o.neg(o.sumEvents(o.log(o.add(o.mul(f, peak), o.mul(o.sub(1, f), rest)))));
  },
  "entries that bend with two elements each": ([a, b, c, d], x) => {
    const [p, q] = [o.exp(o.mul(a, b)), o.div(o.sin(c), d)];
    return o.sumEvents(o.mul(o.tanh(o.mul(p, x)), o.add(q, o.square(o.mul(o.mul(q, p), x)))));
  },
  "an entry that no event bends, and one twice": ([a, b, c, d], x) =>
    o.sumEvents(o.add(o.add(o.square(a), o.mul(o.square(b), x)), o.mul(o.square(o.mul(c, x)), o.add(d, o.square(d))))),
  "rows of an event, kinks and scaled sums": ([a, b, c, d], x, y) => {
    const chosen = o.where(o.greater(y, a), o.square(o.mul(y, b)), o.mul(y, o.mul(a, c)));
    const inner = o.reshape(o.logSumExp(o.add(chosen, o.maximum(o.mul(x, d), 0.3)), -1), []);
    return o.mul(o.neg(o.add(o.sumEvents(inner), o.sumEvents(o.mul(x, o.exp(d))))), 0.5);
  },
};

function traced(build: (typeof losses)[string]) {
  const tape = new Tape();
  const theta = tape.parameter("theta", [4]);
  const [x, y] = [tape.column("x"), tape.column("y", [3])];
  const element = (k: number) => o.reshape(o.slice(theta, -1, k, k + 1), []);
  return { theta, loss: build([element(0), element(1), element(2), element(3)], x, y) };
}

const eventNodes = (output: Var) =>
  schedule([output])
    .levels.flatMap(({ passes }) => passes)
    .reduce((total, { nodes }) => total + nodes.length, 0);

for (const [name, build] of Object.entries(losses)) {
  test(`${name}: the matrix of one pass for each direction, with less work for the events`, async () => {
    const { theta, loss } = traced(build);
    const found = hessianByEntries(loss, theta) as Var;
    const expected = hessianByDirections(loss, theta);
    assert.equal(found.shape, [4, 4]);
    assert.ok(eventNodes(found) < eventNodes(expected));
    const program = await referenceBackend().compile({ outputs: { found, expected } });
    const numbers = (count: number, shift: number) =>
      Float64Array.from({ length: count }, (_, i) => Math.sin(i + shift));
    await program.bind({ x: numbers(EVENTS, 1), y: numbers(3 * EVENTS, 2) });
    await program.write({ theta: [0.3, 0.2, 0.7, 0.9] });
    const values = await program.run();
    close(values.found!, values.expected!, { absolute: 1e-12, relative: 1e-11 }, name);
    assert.ok(values.found!.some((value) => value !== 0));
  });
}

test("a loss that no event looks at in its second derivatives has none", () => {
  const { theta, loss } = traced(([a], x) => o.sumEvents(o.mul(a, x)));
  const found = hessianByEntries(loss, theta) as Var;
  assert.is(eventNodes(found), 0);
});

/** θ as a whole, linear maps, sums that are bent, and terms beside the sums. */
const refused: Readonly<Record<string, (theta: Var, x: Var) => Var>> = {
  "θ as a whole": (theta, x) => o.sumTo(o.sumEvents(o.square(o.mul(theta, x))), []),
  "a function of sums": (theta, x) => o.log(o.sumEvents(o.exp(o.mul(o.reshape(o.slice(theta, -1, 0, 1), []), x)))),
  "a term beside the sums": (theta, x) => {
    const first = o.reshape(o.slice(theta, -1, 0, 1), []);
    return o.add(o.sumEvents(o.exp(o.mul(first, x))), o.square(first));
  },
  "a linear map": (theta, x) => {
    const moved = o.broadcast(o.reshape(o.mul(o.reshape(o.slice(theta, -1, 0, 1), []), x), [1]), [2]);
    return o.sumTo(o.sumEvents(o.square(o.linear(moved, theta.tape.constant([1, 2, 3, 4], [2, 2])))), []);
  },
};

for (const [name, build] of Object.entries(refused)) {
  test(`${name} is left to the other ways`, () => {
    const tape = new Tape();
    const theta = tape.parameter("theta", [4]);
    const loss = build(theta, tape.column("x"));
    assert.is(hessianByEntries(loss, theta), undefined);
    assert.equal(gradient(loss, [theta])[0]!.shape, [4]);
  });
}

test.run();
