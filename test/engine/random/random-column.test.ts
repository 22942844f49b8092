/** A column of random numbers is the array of the same numbers, on every backend. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillPoissonOne, fillUniform, type RandomKey, randomKey } from "../../../engine/random/random.js";
import {
  type Distribution,
  normalColumn,
  poissonOneColumn,
  type RandomColumn,
  uniformColumn,
} from "../../../engine/random/random-column.js";
import type { Backend, ColumnSource } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { close } from "../../support/close.js";
import { refusal } from "../../support/rejects.js";

/** More than one workgroup and tile, and not a multiple of a block of four words. */
const EVENTS = 333;
const FEATURES = 3;
const LENGTH = FEATURES * EVENTS;

const samples: {
  readonly [D in Distribution]: {
    readonly column: (key: RandomKey, length: number, start?: number) => RandomColumn;
    readonly fill: (key: RandomKey, start: number, out: Float32Array) => void;
    /** Of a GPU, relative. */
    readonly tolerance: number;
  };
} = {
  uniform: { column: uniformColumn, fill: fillUniform, tolerance: 0 },
  // The quantile's own 1.2e-7, and a dozen roundings of 6e-8.
  normal: { column: normalColumn, fill: fillNormal, tolerance: 1e-6 },
  poissonOne: { column: poissonOneColumn, fill: fillPoissonOne, tolerance: 0 },
};

const index = Int32Array.from({ length: 2 * 100 }, (_, i) => (i * 37) % EVENTS);

/** The column's numbers as outputs, for all events and some, and sums of steps that weigh every event differently. */
async function answers(backend: Backend, r: ColumnSource, length: number): Promise<Record<string, Float64Array>> {
  const tape = new Tape();
  const [node, weight, p] = [tape.column("r", [FEATURES]), tape.column("weight"), tape.parameter("p")];
  const sum = o.sumEvents(o.mul(node, weight));
  const program = await backend.compile({ outputs: { r: node, sum }, updates: { p: o.add(p, 1) } });
  const events = length / FEATURES;
  await program.bind({ r, weight: Float32Array.from({ length: events }, (_, i) => 1 + (i % 7)) });
  await program.write({ p: [0] });
  const { r: whole, sum: total } = await program.run();
  const { r: part } = await program.run({ range: { events: [Math.min(5, events), Math.max(5, events - 70)] } });
  const { sum: sums } = await program.steps({ count: 2, indices: { events: index } });
  return { whole: whole!, total: total!, part: part!, sums: sums! };
}

async function withOpen(create: TestBackend["create"], body: (backend: Backend) => Promise<void>): Promise<void> {
  const backend = await create();
  try {
    await body(backend);
  } finally {
    await backend.close();
  }
}

for (const { name, create } of testBackends()) {
  for (const [distribution, { column, fill, tolerance }] of Object.entries(samples)) {
    test(`bound ${distribution} columns are what bound arrays are on ${name}`, () =>
      withOpen(create, async (backend) => {
        const key = randomKey(4, "random column", 2 ** 32 - 3);
        // Within a block, and where the low word of the block number overflows.
        for (const start of [0, 6, 2 ** 34 - 6]) {
          const numbers = new Float32Array(LENGTH);
          fill(key, start, numbers);
          const wanted = await answers(backend, numbers, LENGTH);
          const got = await answers(backend, column(key, LENGTH, start), LENGTH);
          const relative = name === "webgpu" ? tolerance : 0;
          for (const what of ["whole", "part"]) close(got[what]!, wanted[what]!, { absolute: 0, relative }, what);
          // Of 1000 terms of order ten, in f32 up to 256 at a time.
          const absolute = relative === 0 ? 0 : 1e-2;
          for (const what of ["total", "sums"]) close(got[what]!, wanted[what]!, { absolute, relative: 0 }, what);
          assert.equal(Array.from(wanted.whole!), Array.from(numbers));
        }
      }));
  }

  test(`what is bound can change between an array and random numbers on ${name}`, () =>
    withOpen(create, async (backend) => {
      const program = await backend.compile({ outputs: { r: new Tape().column("r") } });
      const valuesOf = async (r: ColumnSource) => {
        await program.bind({ r });
        return Array.from((await program.run()).r!);
      };
      const key = randomKey(1, "change");
      const weights = new Float32Array(10);
      fillPoissonOne(key, 0, weights);
      assert.equal(await valuesOf(Float32Array.of(1, 2)), [1, 2]);
      assert.equal(await valuesOf(poissonOneColumn(key, 10)), Array.from(weights));
      assert.equal(await valuesOf(poissonOneColumn(key, 0)), []);
      assert.equal(await valuesOf(poissonOneColumn(key, 4, 3)), Array.from(weights.subarray(3, 7)));
      assert.equal(await valuesOf(Float64Array.of(3)), [3]);
    }));

  test(`random columns that do not fit are refused on ${name}`, () =>
    withOpen(create, async (backend) => {
      const tape = new Tape();
      const [r, x] = [tape.column("r", [2]), tape.column("x")];
      const program = await backend.compile({ outputs: { sum: o.sumEvents(o.mul(r, x)) } });
      const key = randomKey(1, "misuse");
      assert.is(
        await refusal(program.bind({ r: normalColumn(key, 5) })),
        'bind: expected column "r" [2] to hold a multiple of 2 numbers, got 5',
      );
      await program.bind({ r: normalColumn(key, 6), x: Float32Array.of(1, 2) });
      assert.is(
        await refusal(program.run()),
        'run: expected columns of "events" with equally many events, got 3 in "r" and 2 in "x"',
      );
    }));
}

test("random columns of impossible lengths and places are refused", () => {
  const key = randomKey(1, "misuse");
  assert.throws(
    () => normalColumn(key, -1),
    /^normalColumn: expected length to be an integer in \[0, 4294967296\), got length = -1$/,
  );
  assert.throws(() => uniformColumn(key, 2.5), /^uniformColumn: expected length to be an integer .* got length = 2.5$/);
  assert.throws(
    () => poissonOneColumn(key, 1, 2 ** 53),
    /^poissonOneColumn: expected start to be an integer in \[0, 9007199254740991\), got start = 9007199254740992$/,
  );
});

test.run();
