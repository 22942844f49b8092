/** Same bits for any number of threads, for repeated runs, and for steps taken together or one by one. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend, Program, ProgramRequest } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

const EVENTS = 1000;
const BATCH = 150;
type Result = Record<string, Float64Array>;

const sizes = { w: [32, 3], b: [32], v: [2, 32], c: [2] } as const;
const names = Object.keys(sizes) as (keyof typeof sizes)[];

/**
 * A small network whose loss takes its mean over the batch up again (two passes), trained with momentum and a rate that
 * changes every step: some arrays are large enough for the update stage, some are not, and one only counts.
 */
function training(): ProgramRequest {
  const tape = new Tape();
  const x = tape.column("x", [3]);
  const parameters = names.map((name) => tape.parameter(name, sizes[name]));
  const [w, b, v, c] = parameters as [Var, Var, Var, Var];
  const rate = tape.parameter("rate");
  const count = tape.parameter("count");
  const y = o.add(o.linear(o.tanh(o.add(o.linear(x, w), b)), v), c);
  const centred = o.sub(y, o.mul(o.sumEvents(y), 1 / BATCH));
  const target = o.sin(o.mul(o.slice(x, 0, 0, 2), 2));
  const loss = o.mul(o.sumTo(o.sumEvents(o.square(o.sub(centred, target))), []), 1 / BATCH);
  const updates: Record<string, Var> = { count: o.add(count, 1) };
  gradient(loss, parameters).forEach((g, i) => {
    const name = names[i] as string;
    const moment = tape.parameter(`${name}.moment`, g.shape);
    const next = o.add(o.mul(moment, 0.9), g);
    updates[`${name}.moment`] = next;
    updates[name] = o.sub(parameters[i] as Var, o.mul(next, rate));
  });
  return { outputs: { loss, y }, updates };
}

const random = randomNumbers(11);
const x = Float32Array.from({ length: 3 * EVENTS }, () => 2 * random() - 1);
const start: Result = { rate: Float64Array.of(0), count: Float64Array.of(0) };
for (const name of names) {
  start[name] = Float64Array.from({ length: sizeOf(sizes[name]) }, () => Math.fround(random() - 0.5));
  start[`${name}.moment`] = new Float64Array(sizeOf(sizes[name]));
}
const STEPS = 12;
const events = Int32Array.from({ length: STEPS * BATCH }, () => Math.floor(random() * EVENTS));
const rate = Float64Array.from({ length: STEPS }, (_, step) => 0.05 / (1 + step));

/** Steps `first` to `first + count` of the training. */
const part = (first: number, count: number) => ({
  count,
  indices: { events: events.subarray(first * BATCH, (first + count) * BATCH) },
  schedule: { rate: rate.subarray(first, first + count) },
});

async function begin(backend: Backend): Promise<Program> {
  const program = await backend.compile(training());
  await program.bind({ x });
  await program.write(start);
  return program;
}

/** All that a training leaves behind. */
async function train(backend: Backend, parts: readonly number[]): Promise<Result> {
  const program = await begin(backend);
  const losses: number[] = [];
  for (const count of parts) losses.push(...((await program.steps(part(losses.length, count))).loss as Float64Array));
  return { losses: Float64Array.from(losses), ...(await program.read(Object.keys(start))), ...(await program.run()) };
}

function sameBits(got: Result, wanted: Result, where: string): void {
  assert.equal(Object.keys(got), Object.keys(wanted));
  for (const [name, values] of Object.entries(wanted)) {
    const at = values.findIndex((value, i) => !Object.is(value, got[name]?.[i]));
    assert.ok(at < 0, `${where}: ${name}[${at}] is ${got[name]?.[at]}, not ${values[at]}`);
  }
}

for (const precision of ["f32", "f64"] as const) {
  test(`training has the same bits for 1 to 8 threads on cpu ${precision}`, async () => {
    let wanted: Result | undefined;
    for (let threads = 1; threads <= 8; threads++) {
      const backend = await cpuBackend({ precision, threads });
      const got = await train(backend, [STEPS]);
      wanted ??= got;
      sameBits(got, wanted, `${threads} threads`);
      if (threads === 3) sameBits(await train(backend, [STEPS]), wanted, "once more");
      await backend.close();
    }
  });
}

for (const { name, precision, create } of testBackends()) {
  test(`steps together, in parts and one by one leave the same bits on ${name}`, async () => {
    const backend = await create();
    const wanted = await train(backend, [STEPS]);
    assert.equal([...(wanted.count as Float64Array)], [STEPS]);
    assert.ok((wanted.losses?.at(-1) as number) < (wanted.losses?.[0] as number), "the training makes progress");
    sameBits(await train(backend, Array(STEPS).fill(1)), wanted, "one by one");
    sameBits(await train(backend, [5, 0, 7]), wanted, "in parts");
    await backend.close();
    close(
      (await train(referenceBackend(), [STEPS])).losses as Float64Array,
      wanted.losses as Float64Array,
      tolerances[precision],
    );
  });

  test(`a training read out and written into a new program goes on to the same bits on ${name}`, async () => {
    const backend = await create();
    const wanted = await train(backend, [STEPS]);
    const first = await begin(backend);
    await first.steps(part(0, 5));
    const saved = await first.read(Object.keys(start));
    // What happens to the first program from here on is no concern of the second.
    await first.write(start);
    const second = await begin(backend);
    await second.write(saved);
    await second.steps(part(5, STEPS - 5));
    sameBits(
      { losses: wanted.losses as Float64Array, ...(await second.read(Object.keys(start))), ...(await second.run()) },
      wanted,
      "resumed",
    );
    await backend.close();
  });

  test(`runs in between, with other data and parameters, leave no trace on ${name}`, async () => {
    const backend = await create();
    const program = await begin(backend);
    const wanted = await program.run();
    await program.bind({ x: x.slice(0, 3 * 70).fill(9) });
    await program.write({ b: (start.b as Float64Array).map(() => Number.NaN) });
    assert.ok((await program.run()).y?.every(Number.isNaN));
    await program.bind({ x });
    await program.write({ b: start.b as Float64Array });
    sameBits(await program.run(), wanted, "afterwards");
    const [once, again] = await Promise.all([program.run(), program.run()]);
    sameBits(once, wanted, "first of two at once");
    sameBits(again, wanted, "second of two at once");
    await backend.close();
  });

  test(`data and results belong to the caller: changing them changes no state on ${name}`, async () => {
    const backend = await create();
    const program = await begin(backend);
    const wanted = await program.run();
    const values = Float64Array.from(start.w as Float64Array);
    await program.write({ w: values });
    values.fill(7);
    ((await program.read(["w"])).w as Float64Array).fill(7);
    ((await program.run()).loss as Float64Array).fill(7);
    sameBits(await program.run(), wanted, "afterwards");
    await backend.close();
  });

  test(`a range is those events alone, an empty one makes sums of zero, on ${name}`, async () => {
    const backend = await create();
    const tape = new Tape();
    const column = tape.column("x", [3]);
    const p = tape.parameter("p", [3]);
    const y = o.mul(column, p);
    const program = await backend.compile({
      outputs: {
        y,
        sum: o.sumEvents(y),
        moments: o.weightGradient(y, column, undefined, false),
        count: o.sumEvents(o.broadcastEvents(p, tape.events())),
        later: o.sumEvents(o.mul(y, o.exp(o.mul(o.sumEvents(y), 0.01)))),
      },
    });
    await program.write({ p: [1, 2, 3] });
    for (const [from, to] of [
      [0, 1],
      [63, 65],
      [100, 431],
      [999, 1000],
      [0, 1000],
    ] as const) {
      await program.bind({ x });
      const got = await program.run({ range: { events: [from, to] } });
      const rows = [0, 1, 2].map((r) => x.subarray(r * EVENTS + from, r * EVENTS + to));
      await program.bind({ x: Float32Array.from(rows.flatMap((row) => [...row])) });
      sameBits(got, await program.run(), `events ${from} to ${to}`);
    }
    await program.bind({ x });
    for (const parameters of [
      [1, 2, 3],
      [Number.NaN, Number.POSITIVE_INFINITY, 1],
    ]) {
      await program.write({ p: parameters });
      const { y: none, ...sums } = await program.run({ range: { events: [17, 17] } });
      assert.is(none?.length, 0);
      for (const [key, values] of Object.entries(sums))
        assert.ok(
          values.every((value) => value === 0),
          key,
        );
    }
    await program.bind({ x: new Float32Array(0) });
    await program.write({ p: [1, 2, 3] });
    const { y: none, ...sums } = await program.run();
    assert.is(none?.length, 0);
    for (const [key, values] of Object.entries(sums))
      assert.ok(
        values.every((value) => value === 0),
        `no data: ${key}`,
      );
    await backend.close();
  });

  test(`updates all start from the old values: two parameters change places on ${name}`, async () => {
    const backend = await create();
    for (const size of [2, 100]) {
      const tape = new Tape();
      const [a, b] = [tape.parameter("a", [size]), tape.parameter("b", [size])];
      const sum = o.sumEvents(o.mul(tape.column("x"), o.add(o.mul(a, 2), b)));
      const shifted = await backend.compile({ outputs: { sum }, updates: { a: b, b: o.add(a, 1) } });
      await shifted.bind({ x: Float32Array.of(1) });
      await shifted.write({ a: new Float64Array(size).fill(10), b: new Float64Array(size).fill(20) });
      const { sum: sums } = await shifted.steps({ count: 3, indices: { events: new Int32Array(3) } });
      assert.equal(
        [0, 1, 2].map((step) => sums?.[step * size]),
        [40, 51, 43],
      );
      const now = await shifted.read(["a", "b"]);
      assert.equal([now.a?.[size - 1], now.b?.[size - 1]], [21, 12]);
    }
    await backend.close();
  });
}

test.run();
