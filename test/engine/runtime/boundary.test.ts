/** Wrong input at the boundary of every backend has its message, and leaves the program as it was. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Backend, Program } from "../../../engine/runtime/backend.js";
import { BlockedColumn } from "../../../engine/runtime/blocked-column.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { rejects } from "../../support/rejects.js";
import { numbers, simple } from "./simple-program.js";

for (const { name, create, start } of testBackends()) {
  const inProgram = (title: string, body: (program: Program, backend: Backend) => Promise<void>) =>
    test(`${title} on ${name}`, async () => {
      const backend = await create();
      try {
        const program = await backend.compile(simple().request);
        await program.bind({ x: numbers(1, 2, 3, 10, 20, 30) });
        await program.write({ p: [2], rate: [0] });
        await body(program, backend);
        // Whatever was refused: the program still works.
        assert.equal([...((await program.run()).sum as Float64Array)], [132]);
      } finally {
        await backend.close();
      }
    });

  test(`a column without data, a parameter without a value on ${name}`, async () => {
    const backend = await create();
    const program = await backend.compile(simple().request);
    await rejects(() => program.run(), /^run: expected a value for parameter "p", got none\. Call write first$/);
    await rejects(() => program.read(["p"]), /^read: expected a value for parameter "p", got none\. Call write first$/);
    await program.write({ p: [1], rate: [1] });
    await rejects(() => program.run(), /^run: expected data bound to column "x", got none\. Call bind first$/);
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0) } }),
      /^steps: expected data bound to column "x", got none/,
    );
    await backend.close();
  });

  inProgram("wrong columns and parameters", async (program) => {
    await rejects(
      () => program.bind({ x: numbers(1, 2, 3) }),
      /^bind: expected column "x" \[2\] to hold a multiple of 2 numbers, got 3$/,
    );
    await rejects(
      () => program.bind({ x: [1, 2] as never }),
      /^bind: expected column "x" to be a Float32Array, Float64Array, BlockedColumn or RandomColumn, got \[1, 2\]$/,
    );
    await rejects(
      () => program.write({ q: [1] }),
      /^write: expected a parameter of this program \(p, rate\), got "q"$/,
    );
    await rejects(() => program.read(["q"]), /^read: expected a parameter of this program \(p, rate\), got "q"$/);
    await rejects(() => program.write({ p: [1, 2] }), /^write: expected 1 numbers for parameter "p" \[\], got 2$/);
  });

  inProgram("names that nobody knows", async (program) => {
    await rejects(
      () => program.bind({ X: numbers(1, 2) }),
      /^bind: expected a column of this program \(x\), got "X"\. Did you mean x\?$/,
    );
    await rejects(
      () => program.bind({ x: numbers(1, 2), weights: numbers(1) }),
      /^bind: expected a column of this program \(x\), got "weights"$/,
    );
    await rejects(
      () => program.write({ Rate: [1] }),
      /^write: expected a parameter of this program \(p, rate\), got "Rate"\. Did you mean rate\?$/,
    );
    await rejects(
      () => program.run({ range: { evnts: [0, 1] } }),
      /^run: expected an event set of this program \(events\), got "evnts"\. Did you mean events\?$/,
    );
    await rejects(
      () => program.run({ into: { Y: new BlockedColumn(2, 3, "f64") } }),
      /^run: expected columns to write to for outputs with events, got one for "Y"\. Did you mean y\?$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0), evnts: Int32Array.of(0) } }),
      /^steps: expected an event set of this program \(events\), got "evnts"\. Did you mean events\?$/,
    );
  });

  inProgram("values that are none, though JavaScript would make some of them", async (program) => {
    const never = (value: unknown) => value as never;
    for (const [given, text] of [
      ["2", '"2"'],
      [["2"], '"2" at [0]'],
      [[[2]], "[2] at [0]"],
      [[undefined], "undefined at [0]"],
      [new Array(1), "undefined at [0]"],
      [[null], "null at [0]"],
      [[true], "true at [0]"],
      [2, "2"],
      [null, "null"],
      [BigInt64Array.of(2n), "a BigInt64Array"],
    ] as const) {
      const refused = (write: () => Promise<unknown>, what: string) =>
        rejects(write, new RegExp(`expected numbers for ${what}, got ${text.replace(/[[\]]/g, "\\$&")}$`));
      await refused(() => program.write({ p: never(given) }), 'parameter "p" \\[\\]');
      const steps = { count: 1, indices: { events: Int32Array.of(0) }, schedule: { p: never(given) } };
      await refused(() => program.steps(steps), 'the schedule of parameter "p"');
    }
    await program.write({ p: Float32Array.of(3), rate: Int8Array.of(1) });
    await program.write({ p: { length: 1, 0: 2 }, rate: [0] });
    await rejects(() => program.read(never("p")), /^read: expected a list of names of parameters, got "p"$/);
    await rejects(
      () => program.run({ range: { events: never(2) } }),
      /^run: expected a range of "events" within its 3 events, got 2$/,
    );
    await rejects(
      () => program.run({ into: { y: never(new Float64Array(6)) } }),
      /^run: expected a BlockedColumn to write output "y" to, got a Float64Array of \d+ bytes$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: never([0]) } }),
      /^steps: expected indices of "events" as an Int32Array, got \[0\]$/,
    );
  });

  inProgram("ranges outside the events", async (program) => {
    for (const range of [
      [-1, 2],
      [0, 4],
      [2, 1],
      [0.5, 1],
    ] as const) {
      await rejects(
        () => program.run({ range: { events: range } }),
        new RegExp(`^run: expected a range of "events" within its 3 events, got \\[${range[0]}, ${range[1]}\\]$`),
      );
    }
  });

  inProgram("steps that do not fit", async (program) => {
    const events = Int32Array.of(0, 1, 2);
    await rejects(
      () => program.steps({ count: 1, indices: {} }),
      /^steps: expected indices of "events" in 1 equal parts, got none$/,
    );
    await rejects(
      () => program.steps({ count: 2, indices: { events } }),
      /^steps: expected indices of "events" in 2 equal parts, got 3$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0, 3) } }),
      /^steps: expected indices of "events" in \[0, 3\), got 3$/,
    );
    await rejects(
      () => program.steps({ count: -1, indices: { events } }),
      /^steps: expected a whole number of steps, got -1$/,
    );
    await rejects(
      () => program.steps({ count: 3, indices: { events }, schedule: { rate: numbers(1) } }),
      /^steps: expected 3 x 1 numbers for the schedule of parameter "rate", got 1$/,
    );
    await rejects(
      () => program.steps({ count: 3, indices: { events }, schedule: { speed: numbers(1, 1, 1) } }),
      /^steps: expected a parameter of this program \(p, rate\), got "speed"$/,
    );
    const none = await program.steps({ count: 0, indices: { events: new Int32Array() } });
    assert.equal(
      Object.entries(none).map(([key, values]) => [key, values.length]),
      [["sum", 0]],
    );
  });

  test(`programs that no tape describes are refused on ${name}`, async () => {
    const backend = await create();
    const { y, sum, rate } = simple();
    const other = simple();
    await rejects(
      () => backend.compile({ outputs: { sum, other: other.sum } }),
      /^compile: expected outputs and updates of one tape, got nodes of several tapes$/,
    );
    await rejects(
      () => backend.compile({ outputs: { sum }, updates: { q: sum } }),
      /^compile: expected a parameter of this program \(p, rate\), got "q"$/,
    );
    await rejects(
      () => backend.compile({ outputs: { sum }, updates: { p: o.reshape(rate, [1]) } }),
      /^compile: expected an update of parameter "p" to have its shape \[\], and no events, got \[1\]$/,
    );
    await rejects(() => backend.compile({ outputs: {}, updates: { p: y } }), /got \[2\] over "events"$/);
    await backend.close();
  });

  test(`columns of one event set with different numbers of events are refused on ${name}`, async () => {
    const backend = await create();
    const tape = new Tape();
    const program = await backend.compile({ outputs: { y: o.add(tape.column("a"), tape.column("b")) } });
    await program.bind({ a: numbers(1, 2), b: numbers(1, 2, 3) });
    await rejects(
      () => program.run(),
      /^run: expected columns of "events" with equally many events, got 2 in "a" and 3 in "b"$/,
    );
    await program.bind({ b: numbers(1, 2) });
    assert.equal([...((await program.run()).y as Float64Array)], [2, 4]);
    await backend.close();
  });

  test(`a program that only counts events takes their number from any column, else from a range, on ${name}`, async () => {
    const backend = await create();
    const tape = new Tape();
    tape.column("x");
    const count = o.sumEvents(tape.constant(1, [], tape.events()));
    const program = await backend.compile({ outputs: { count } });
    await rejects(
      () => program.run(),
      /^run: expected a number of events for "events", got none, as no column of it is bound\. Bind one/,
    );
    assert.equal([...((await program.run({ range: { events: [3, 8] } })).count as Float64Array)], [5]);
    await program.bind({ x: new Float32Array(7) });
    assert.equal([...((await program.run()).count as Float64Array)], [7]);
    await backend.close();
  });

  test(`closed programs and backends say so on ${name}`, async () => {
    const backend = await start();
    const program = await backend.compile(simple().request);
    const other = await backend.compile(simple().request);
    await other.write({ p: [1], rate: [1] });
    await program.close();
    await program.close();
    for (const use of [
      () => program.run(),
      () => program.read(["p"]),
      () => program.write({ p: [1] }),
      () => program.bind({}),
      () => program.steps({ count: 0, indices: {} }),
    ]) {
      await rejects(use, /: expected an open program, got one that was closed$/);
    }
    await other.bind({ x: numbers(1, 2) });
    assert.equal([...((await other.run()).sum as Float64Array)], [3]);
    await backend.close();
    await backend.close();
    const closed = /: expected an open (backend|program), got one that was closed$/;
    await rejects(
      () => backend.compile(simple().request),
      /^(cpu|reference|webgpu) backend: expected an open backend, got/,
    );
    await rejects(() => other.run(), closed);
    await rejects(() => other.read(["p"]), closed);
    await rejects(() => other.write({ p: [1] }), closed);
    await other.close();
  });

  test(`an aborted signal refuses runs and steps before they begin on ${name}`, async () => {
    const backend = await create();
    const program = await backend.compile(simple().request);
    await program.bind({ x: numbers(1, 2) });
    await program.write({ p: [1], rate: [1] });
    const signal = AbortSignal.abort();
    await rejects(() => program.run({ signal }), /abort/);
    await rejects(() => program.steps({ count: 1, indices: { events: Int32Array.of(0) }, signal }), /abort/);
    assert.equal([...((await program.read(["p"])).p as Float64Array)], [1]);
    await backend.close();
  });
}

test.run();
