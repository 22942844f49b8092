/** Shapes of programs that lowering once got wrong, or could: each by name, against the reference. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { close, tolerances } from "../../support/close.js";
import { kernelRows } from "../../support/kernel-names.js";
import { randomNumbers } from "../../support/random-numbers.js";

/** 130 events: two whole tiles and a tail of two. */
const EVENTS = 130;

/** Columns x [3], z [2, 3] and parameters p [3], q []; what the builder gives back must agree on all backends. */
type Build = (inputs: { x: Var; z: Var; p: Var; q: Var; tape: Tape }) => Record<string, Var>;

function agrees(name: string, build: Build): void {
  test(name, async () => {
    const tape = new Tape();
    const inputs = {
      tape,
      x: tape.column("x", [3]),
      z: tape.column("z", [2, 3]),
      p: tape.parameter("p", [3]),
      q: tape.parameter("q"),
    };
    const outputs = build(inputs);
    const random = randomNumbers(7);
    const draw = (n: number) => Float64Array.from({ length: n }, () => 2 * random() - 1);
    const columns = { x: draw(3 * EVENTS), z: draw(6 * EVENTS) };
    const parameters = { p: draw(3), q: draw(1) };
    const results: Record<string, Float64Array>[] = [];
    for (const backend of [
      referenceBackend(),
      await cpuBackend({ precision: "f64", threads: 2 }),
      await cpuBackend({ precision: "f32", threads: 1 }),
    ]) {
      const program = await backend.compile({ outputs });
      await program.bind(columns);
      await program.write(parameters);
      results.push(await program.run());
      await backend.close();
    }
    const [wanted, ...rest] = results;
    for (const key of Object.keys(outputs)) {
      (["f64", "f32"] as const).forEach((precision, i) => {
        close(
          rest[i]?.[key] as Float64Array,
          wanted?.[key] as Float64Array,
          tolerances[precision],
          `${key} ${precision}`,
        );
      });
    }
  });
}

const total = (x: Var) => o.sumTo(x.events === undefined ? x : o.sumEvents(x), []);

agrees("a view of a number that is not whole keeps its fraction", ({ x, tape }) => {
  const half = tape.constant(0.5, [2], tape.events());
  return { part: o.slice(half, 0, 0, 1), padded: o.add(o.pad(half, 0, 0, 1), x), joined: o.concatenate([x, half]) };
});

agrees("weights that are one number, also as the cotangent of a weight gradient", ({ x, z, tape }) => {
  const loss = total(o.weightGradient(o.exp(x), x, undefined, false));
  return { y: o.linear(z, tape.constant(0.5, [4, 3])), gradient: gradient(loss, [x])[0] as Var };
});

agrees("running sums along an axis of size 1", ({ x, p }) => {
  const column = o.reshape(x, [3, 1]);
  const running = [{}, { exclusive: true }, { reverse: true }].map((options) =>
    o.cumulativeSum(o.exp(column), 1, options),
  );
  return Object.fromEntries([...running.entries(), ["p", o.cumulativeSum(o.reshape(p, [3, 1]), 1)]]);
});

agrees("passes with weight gradients of different sizes, and other sums beside them", ({ x, z }) => {
  const first = o.weightGradient(z, o.broadcast(x, [2, 3]), undefined, false);
  const scaled = o.linear(x, o.tanh(o.mul(first, 0.01)));
  const second = o.weightGradient(o.slice(scaled, 0, 0, 1), o.slice(x, 0, 0, 1), undefined, false);
  const third = o.mul(x, o.tanh(o.mul(second, 0.01)));
  return { first, second, sum: o.sumEvents(scaled), last: o.sumEvents(o.reshape(third, [3])) };
});

agrees("running sums of both directions in one kernel, reductions of each", ({ z }) => {
  const up = o.cumulativeSum(o.exp(z), 1);
  const down = o.cumulativeSum(o.mul(z, up), 1, { reverse: true, exclusive: true });
  const again = o.cumulativeSum(o.sub(down, up), 1, { exclusive: true });
  return { up, down, again, sum: o.sum(o.mul(again, down), 1), largest: o.max(o.add(again, up), 1) };
});

agrees("reductions over both axes of one node", ({ z }) => {
  const e = o.exp(z);
  const softmax = o.div(e, o.sum(e, 0));
  return { softmax, both: o.mul(o.sum(softmax, 1), o.max(softmax, 0)), total: total(o.logSumExp(softmax, 1)) };
});

agrees("a square axis pair: rows and inner positions of equal number", ({ x }) => {
  const square = o.mul(o.reshape(x, [3, 1]), o.reshape(o.sin(x), [1, 3]));
  const sums = o.sum(square, 1);
  return {
    mixed: o.add(square, o.reshape(sums, [1, 3])),
    other: o.add(square, sums),
    rows: o.mul(sums, o.sum(square, 0)),
  };
});

agrees("views of views, with holes, as outputs, operands of maps and of sums", ({ z, x, p }) => {
  const holes = o.take(o.reshape(z, [6]), [2, 2], Int32Array.of(5, -1, 0, 3));
  const spread = o.broadcast(o.reshape(holes, [2, 1, 2]), [2, 3, 2]);
  const weights = o.reshape(o.concatenate([p, p]), [3, 2]);
  return {
    holes,
    spread,
    mapped: o.linear(spread, weights),
    moments: o.weightGradient(holes, o.reshape(o.slice(o.reshape(z, [6]), 0, 1, 5), [2, 2]), undefined, true),
    sums: o.sumEvents(spread),
    reversed: o.select(x, 0, [2, 1, 0]),
  };
});

agrees("outputs that are leaves, constants, and one node under several names", ({ x, p, q, tape }) => {
  const y = o.mul(x, p);
  return {
    x,
    p,
    q,
    y,
    again: y,
    sum: o.sumEvents(y),
    three: tape.constant(3, [2]),
    each: tape.constant(3, [2], tape.events()),
    spread: o.broadcastEvents(p, tape.events()),
    array: tape.constant([1, 2.5]),
    count: o.sumEvents(tape.constant(1, [], tape.events())),
    sumOfParameter: o.sumEvents(o.broadcastEvents(o.exp(p), tape.events())),
  };
});

agrees("sums that feed back into events, three passes deep", ({ x, q }) => {
  const mean = (v: Var) => o.mul(o.sumEvents(v), 1 / EVENTS);
  const centred = o.sub(x, mean(x));
  const scaled = o.div(centred, o.sqrt(mean(o.square(centred))));
  const loss = total(o.exp(o.mul(scaled, q)));
  return { scaled, loss, gradient: gradient(loss, [q])[0] as Var, perEvent: gradient(loss, [x])[0] as Var };
});

agrees("a kernel of more nodes than one function may have", ({ x }) => {
  let y = x;
  for (let i = 0; i < 700; i++) y = o.add(o.mul(y, 0.875), o.mul(x, (i % 7) / 8));
  return { y, gradient: gradient(total(o.square(y)), [x])[0] as Var };
});

agrees("weight gradients whose tail of zeros others read afterwards", ({ x, tape }) => {
  // g is made for the map, its tail is cleared for the first sum; the logarithm of what is left must not reach the second.
  const g = o.add(o.square(x), 0.5);
  const mapped = o.linear(g, tape.constant([1, 0, 2, -1, 0.5, 1, 0, 0, 1], [3, 3]));
  const first = o.weightGradient(g, x, undefined, false);
  const second = o.weightGradient(x, o.mul(mapped, o.log(g)), undefined, false);
  return { first, second };
});

agrees("batches of odd size: rows of one matrix beside those of the next", ({ z, x, tape }) => {
  const weights = tape.constant(
    Array.from({ length: 2 * 5 * 3 }, (_, i) => Math.sin(i)),
    [2, 5, 3],
  );
  const y = o.linear(z, weights, { prefix: Int32Array.of(0, 1, 2, 3, 3) });
  const back = o.linear(o.tanh(y), weights, { prefix: Int32Array.of(3, 1, 0, 2, 3), transposed: true });
  const moments = o.weightGradient(y, back, Int32Array.of(1, 0, 3, 2, 2), true);
  return { y, back, moments, size: tape.constant(sizeOf(moments.shape)), x };
});

test("rows that repeat an item of few rows stay rows, and the item stays where it comes from", () => {
  const z = new Tape().column("z", [2, 3]);
  const scaled = o.mul(o.sum(o.exp(z), 1), 0.5);
  assert.equal(kernelRows([o.add(z, scaled)]), ["2 rows, inner axis 3: exp sum MUL", "6 rows: ADD"]);
  const tape = new Tape();
  const [few, many] = [tape.column("few", [2, 1]), tape.column("many", [2, 3])];
  assert.equal(kernelRows([o.add(many, o.mul(few, 0.5))]), ["2 rows: MUL", "6 rows: ADD"]);
});

test("a reduction or a running sum gives the kernel of what reads it an inner axis", () => {
  const z = new Tape().column("z", [2, 3]);
  const size = o.log(o.sum(o.exp(z), 1));
  assert.equal(kernelRows([o.mul(size, 2)]), ["2 rows, inner axis 3: exp sum log MUL"]);
  const above = o.sum(o.mul(z, o.greater(size, o.cumulativeSum(z, 1))), 1);
  assert.equal(kernelRows([above]), ["2 rows, inner axis 3: exp sum log cumulativeSum greater mul SUM"]);
});

test.run();
