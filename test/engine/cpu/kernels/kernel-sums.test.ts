/** Event sums in the kernels that compute their terms: every event once, whatever their number, and the last vector without its neighbours. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { joinSums } from "../../../../engine/passes/kernel-sums.js";
import { lower } from "../../../../engine/passes/lowering.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { close } from "../../../support/close.js";

/** Of vectors, steps, blocks, tiles and groups: the last one whole, of one event, and of all but one. */
const COUNTS = [1, 2, 3, 4, 5, 63, 64, 65, 255, 257, 1023, 1024, 1025, 5000, 33_333];

function program() {
  const tape = new Tape();
  const [x, y, p] = [tape.column("x", [3]), tape.column("y"), tape.parameter("p", [3])];
  const shifted = o.sub(x, p);
  return {
    // Rows, one number, a truth, a reduction, a term that an output has too, a term twice, and a column itself.
    rows: o.sumEvents(o.square(shifted)),
    one: o.sumEvents(o.exp(y)),
    truths: o.sumEvents(o.greater(y, 0.25)),
    reduced: o.sumEvents(o.sum(o.mul(shifted, p), 0)),
    kept: o.mul(shifted, 2),
    ofKept: o.sumEvents(o.mul(shifted, 2)),
    again: o.mul(o.sumEvents(o.exp(y)), 2),
    column: o.sumEvents(y),
    count: o.sumEvents(tape.constant(1, [], tape.events())),
    reordered: o.sumEvents(o.select(o.square(shifted), 0, [2, 0])),
  };
}

/** Products that are added over events, and whose only other reader is a sum that multiplies and adds at once. */
function products() {
  const tape = new Tape();
  const [x, y, p] = [tape.column("x", [3]), tape.column("y"), tape.parameter("p", [3])];
  const term = o.sumEvents;
  const [first, second, third] = [o.mul(y, y), o.mul(y, o.exp(y)), o.mul(o.exp(y), o.sin(y))];
  const [rows, others] = [o.mul(x, p), o.mul(o.exp(x), p)];
  return {
    ...{ first: term(first), added: term(o.add(first, o.cos(y))) },
    ...{ second: term(second), subtracted: term(o.sub(y, second)) },
    ...{ third: term(third), both: term(o.add(o.add(o.cos(y), third), third)) },
    ...{ rows: term(rows), reduced: term(o.sum(rows, 0)) },
    ...{ others: term(others), running: term(o.cumulativeSum(others, 0)) },
  };
}

for (const [of, make] of Object.entries({ sums: program, products })) {
  for (const precision of ["f64", "f32"] as const) areThoseOfTheReference(of, make(), precision);
}

function areThoseOfTheReference(of: string, outputs: Record<string, Var>, precision: "f64" | "f32") {
  test(`${of} of any number of events are those of the reference in ${precision}, the same bits on any number of threads`, async () => {
    const parameters = { p: [0.5, -0.25, 0.125] };
    const backends = [
      referenceBackend(),
      ...(await Promise.all([1, 2, 3].map((threads) => cpuBackend({ precision, threads })))),
    ];
    const programs = await Promise.all(backends.map((backend) => backend.compile({ outputs })));
    for (const count of COUNTS) {
      // What follows the last event is not finite: it must not be looked at.
      const values = (rows: number) =>
        Float64Array.from({ length: rows * (count + 1) }, (_, i) =>
          i % (count + 1) === count ? Number.NaN : Math.fround(Math.sin(i + 1)),
        );
      const answers = [];
      for (const own of programs) {
        await own.bind({ x: values(3), y: values(1) });
        await own.write(parameters);
        answers.push(await own.run({ range: { events: [0, count] } }));
      }
      const [expected, ...found] = answers;
      const unit = precision === "f64" ? 2 ** -52 : 2 ** -23;
      for (const [name, value] of Object.entries(expected!)) {
        const size = 4 * Math.sqrt(value.reduce((most, own) => Math.max(most, Math.abs(own)), count));
        close(found[0]![name]!, value, { absolute: 8 * unit * size, relative: 64 * unit }, `${name}, ${count} events`);
        for (const other of found.slice(1)) assert.equal(other[name], found[0]![name], `${name}, ${count} events`);
      }
    }
    await Promise.all(backends.map((backend) => backend.close()));
  });
}

test("a term that nothing else reads is not stored; what is no item row by row keeps its sum", () => {
  const [pass] = schedule(Object.values(program())).levels.flatMap(({ passes }) => passes);
  const before = lower(pass!);
  const after = joinSums(before);
  const stored = (own: typeof before) =>
    own.kernels.flatMap((kernel) => (kernel.kind === "fused" ? [...kernel.stored] : [])).length;
  const inKernels = after.kernels.flatMap((kernel) => (kernel.kind === "fused" ? (kernel.sums ?? []) : []));
  assert.is(inKernels.length + after.sums.length, before.sums.length);
  // The column, the constant, the rows in another order.
  assert.is(after.sums.length, 3);
  // The output that is kept, the squares, which are read in another order, and what the reduction over another axis reads.
  assert.is(stored(after), 3);
  assert.ok(stored(before) > 3);
});

test.run();
