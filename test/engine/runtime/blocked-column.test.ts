/** A blocked column is the array of the same numbers, on every backend, to the bit. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wantsWide } from "../../../cli/command/wide.js";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import type { Backend, ColumnData, ColumnSource, Program } from "../../../engine/runtime/backend.js";
import { BLOCK, BlockedColumn } from "../../../engine/runtime/blocked-column.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { refusal } from "../../support/rejects.js";

const ROWS = 3;
/** None, and around the edges of blocks. */
const SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 1000];
const precisions = ["f32", "f64"] as const;

function randomArray(length: number, precision: "f32" | "f64"): ColumnData {
  const next = randomNumbers(length + 1);
  const numbers = Float64Array.from({ length }, () => 2 * next() - 1);
  return precision === "f32" ? Float32Array.from(numbers) : numbers;
}

/** The array's events from `start` to `stop`, as [rows][events]. */
const eventsOf = (array: ColumnData, start: number, stop: number) => {
  const events = array.length / ROWS;
  return Float64Array.from([0, 1, 2].flatMap((row) => [...array.subarray(row * events + start, row * events + stop)]));
};

function blocked(array: ColumnData, precision: "f32" | "f64"): BlockedColumn {
  const column = new BlockedColumn(ROWS, array.length / ROWS, precision);
  column.write(0, array);
  return column;
}

for (const precision of precisions) {
  test(`what is written in portions is the array in ${precision}`, () => {
    for (const events of SIZES) {
      const array = randomArray(ROWS * events, precision);
      for (const portion of [1, BLOCK - 1, BLOCK, BLOCK + 1, 300, 1000]) {
        const column = new BlockedColumn(ROWS, events, precision);
        assert.is(column.length, array.length);
        for (let start = 0; start < events; start += portion) {
          column.write(start, eventsOf(array, start, Math.min(events, start + portion)));
        }
        const got = column.toArray();
        assert.is(got.constructor, array.constructor);
        assert.equal(Array.from(got), Array.from(array), `${events} events in portions of ${portion}`);
      }
    }
  });
}

test("an event lies with the others of its block, row after row", () => {
  const column = new BlockedColumn(2, BLOCK + 1, "f64");
  column.write(
    0,
    Float64Array.from({ length: 2 * (BLOCK + 1) }, (_, i) => i),
  );
  assert.is(column.numbers.length, 2 * 2 * BLOCK);
  const at = [0, BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK];
  assert.equal(
    at.map((place) => column.numbers[place]),
    [0, BLOCK - 1, BLOCK + 1, BLOCK, 0, 2 * BLOCK + 1],
  );
});

const backends: readonly Pick<TestBackend, "name" | "create">[] = [
  ...testBackends(),
  { name: "cpu f32 on one thread", create: () => cpuBackend({ threads: 1, wide: wantsWide() }) },
];

/** What comes of a column in values, sums, and sums that weigh every event differently. */
async function openProgram(backend: Backend): Promise<Program> {
  const tape = new Tape();
  const [x, weight, p] = [tape.column("x", [ROWS]), tape.column("weight"), tape.parameter("p", [ROWS])];
  const y = o.exp(o.mul(x, p));
  const sum = o.sumEvents(o.mul(y, weight));
  const moments = o.weightGradient(y, x, undefined, false);
  const program = await backend.compile({ outputs: { x, y, sum, moments }, updates: { p: o.add(p, 0.1) } });
  await program.write({ p: [0.3, -0.4, 0.7] });
  return program;
}

async function answersOf(program: Program, x: ColumnSource): Promise<Record<string, number[]>> {
  const events = x.length / ROWS;
  await program.bind({ x, weight: Float32Array.from({ length: events }, (_, i) => 1 + (i % 7)) });
  const answers: Record<string, number[]> = {};
  const add = (what: string, result: Record<string, Float64Array>) => {
    for (const [name, values] of Object.entries(result)) answers[`${name} ${what}`] = Array.from(values);
  };
  add("whole", await program.run());
  for (const [from, to] of [
    [0, 63],
    [1, 65],
    [63, 200],
    [64, 192],
    [128, 1000],
    [300, 431],
    [17, 17],
  ]) {
    const range = [Math.min(from!, events), Math.min(to!, events)] as const;
    add(`${range}`, await program.run({ range: { events: range } }));
  }
  if (events > 0) {
    const index = Int32Array.from({ length: 2 * 100 }, (_, i) => (i * 37) % events);
    await program.write({ p: [0.3, -0.4, 0.7] });
    add("steps", await program.steps({ count: 2, indices: { events: index } }));
    await program.write({ p: [0.3, -0.4, 0.7] });
  }
  return answers;
}

for (const { name, create } of backends) {
  for (const precision of precisions) {
    test(`a program gives the same bits for a ${precision} column in blocks on ${name}`, async () => {
      const backend = await create();
      try {
        const program = await openProgram(backend);
        for (const events of SIZES) {
          const array = randomArray(ROWS * events, precision);
          const wanted = await answersOf(program, array);
          const got = await answersOf(program, blocked(array, precision));
          assert.equal(Object.keys(got), Object.keys(wanted));
          for (const [what, values] of Object.entries(wanted)) {
            const at = values.findIndex((value, i) => !Object.is(value, got[what]![i]));
            assert.is(at, -1, `${what} of ${events} events: [${at}] is ${got[what]![at]}, not ${values[at]}`);
          }
          assert.equal(wanted["x whole"], Array.from(backend.precision === "f32" ? Float32Array.from(array) : array));
        }
      } finally {
        await backend.close();
      }
    });
  }

  for (const precision of precisions) {
    test(`outputs written to ${precision} columns in blocks are those given back on ${name}`, async () => {
      const backend = await create();
      try {
        const tape = new Tape();
        const [x, weight] = [tape.column("x", [ROWS]), tape.column("weight")];
        const y = o.exp(x);
        const outputs = { y, twice: o.mul(y, 2), again: y, weight, sum: o.sumEvents(y) };
        const program = await backend.compile({ outputs });
        for (const events of SIZES) {
          await program.bind({ x: randomArray(ROWS * events, precision), weight: randomArray(events, precision) });
          const wanted = await program.run();
          for (const portion of [1000, 3 * BLOCK, 100]) {
            const into = Object.fromEntries(
              Object.entries({ y: ROWS, twice: ROWS, weight: 1 }).map(([own, rows]) => {
                // Longer than what is written: the rest stays as it was.
                return [own, new BlockedColumn(rows, events + 1, precision)];
              }),
            );
            for (let start = 0; start < events; start += portion) {
              const range = [start, Math.min(events, start + portion)] as const;
              const rest = await program.run({ range: { events: range }, into });
              assert.equal(Object.keys(rest).sort(), ["again", "sum"]);
              assert.equal(Array.from(rest.again!), Array.from(eventsOf(wanted.y!, ...range)));
            }
            for (const [own, column] of Object.entries(into)) {
              const rows = Array.from({ length: column.rows }, (_, row) => [
                ...wanted[own]!.subarray(row * events, (row + 1) * events),
                0,
              ]).flat();
              const rounded = precision === "f32" ? rows.map(Math.fround) : rows;
              assert.equal(
                Array.from(column.toArray()),
                rounded,
                `${own} of ${events} events in portions of ${portion}`,
              );
            }
          }
        }
      } finally {
        await backend.close();
      }
    });
  }

  test(`columns that do not fit what is written to them are refused on ${name}`, async () => {
    const backend = await create();
    const program = await openProgram(backend);
    await program.bind({ x: new BlockedColumn(3, 6, "f32"), weight: new Float32Array(6) });
    const intoRefused = async (into: Record<string, BlockedColumn>) =>
      refusal(program.run({ range: { events: [2, 6] }, into }));
    const fits = 'run: expected a column of 3 rows and at least 6 events to write output "y" to';
    assert.is(await intoRefused({ y: new BlockedColumn(2, 6, "f32") }), `${fits}, got 2 rows and 6 events`);
    assert.is(await intoRefused({ y: new BlockedColumn(3, 5, "f32") }), `${fits}, got 3 rows and 5 events`);
    for (const other of ["sum", "z"]) {
      assert.is(
        await intoRefused({ [other]: new BlockedColumn(3, 6, "f32") }),
        `run: expected columns to write to for outputs with events, got one for "${other}"`,
      );
    }
    await backend.close();
  });

  test(`blocked columns that do not fit are refused on ${name}`, async () => {
    const backend = await create();
    const program = await openProgram(backend);
    assert.is(
      await refusal(program.bind({ x: new BlockedColumn(2, 4, "f32") })),
      'bind: expected column "x" [3] to hold a multiple of 3 numbers, got 8',
    );
    assert.is(
      await refusal(program.bind({ x: new BlockedColumn(2, 6, "f32") })),
      'bind: expected column "x" [3] to have 3 rows, got a BlockedColumn of 2',
    );
    await program.bind({ x: new BlockedColumn(3, 6, "f32"), weight: Float32Array.of(1, 2) });
    assert.is(
      await refusal(program.run()),
      'run: expected columns of "events" with equally many events, got 6 in "x" and 2 in "weight"',
    );
    await backend.close();
  });
}

test("numbers that do not fit into a blocked column are refused", () => {
  const column = new BlockedColumn(3, 10, "f32");
  const refuses = (start: number, length: number) =>
    assert.throws(
      () => column.write(start, new Float64Array(length)),
      ({ message }: Error) =>
        message ===
        `BlockedColumn.write: expected 3 rows of events within the column's 10, got ${length} numbers from event ${start} on`,
    );
  refuses(0, 7);
  refuses(0, 33);
  refuses(9, 6);
  refuses(-1, 3);
  refuses(0.5, 3);
  column.write(10, []);
  assert.throws(
    () => new BlockedColumn(1.5, 10, "f32"),
    /^BlockedColumn: expected rows to be an integer in \[0, 4294967296\)/,
  );
  assert.throws(
    () => new BlockedColumn(1, -1, "f32"),
    /^BlockedColumn: expected events to be an integer in \[0, 4294967296\)/,
  );
});

test.run();
