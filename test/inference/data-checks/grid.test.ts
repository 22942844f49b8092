/** Numbers of few different values: counts, labels, coarse rounding; and none of continuous numbers of few digits. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { COARSE_STEP, DOUBTFUL_STEP, valueGrid } from "../../../inference/data-checks/grid.js";
import { strayValues } from "../../../inference/data-checks/stray-values.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(17);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const NONE: ReadonlySet<number> = new Set();
const columnOf = (count: number, draw: () => number) => Float64Array.from({ length: count }, draw);

for (const step of [0.03, 0.06, 0.11, 0.29]) {
  test(`a normal variable rounded to ${step} standard deviations: the step, within one value in the central part`, () => {
    const { step: found } = valueGrid(
      columnOf(20_000, () => Math.round(normal() / step) * step),
      NONE,
    )!;
    // k values in the width W = 2.56: W / (k - 1), and W / step is k within one.
    assert.ok(Math.abs(2.5631 / found - 2.5631 / step) <= 1, `${found}`);
  });
}

test("whole numbers, a charge, a rare flag and a constant are coarse; their values are named", () => {
  const jets = valueGrid(
    columnOf(3000, () => Math.floor(-2 * Math.log(1 - random()))),
    NONE,
  )!;
  assert.ok(jets.step >= COARSE_STEP);
  assert.is(jets.example[1]! - jets.example[0]!, 1);
  const charge = valueGrid(
    columnOf(1000, () => (random() < 0.5 ? -1 : 1)),
    NONE,
  )!;
  assert.equal({ distinct: charge.distinct, example: charge.example }, { distinct: 2, example: [-1, 1] });
  const flag = valueGrid(
    columnOf(1000, () => (random() < 0.01 ? 1 : 0)),
    NONE,
  )!;
  assert.equal({ distinct: flag.distinct, example: flag.example }, { distinct: 1, example: [0] });
  assert.ok(valueGrid(new Float64Array(100).fill(3), NONE)!.step > 1);
});

test("a spike is no grid, nor are sentinels beside one", () => {
  assert.is(
    valueGrid(
      columnOf(4000, () => (random() < 0.34 ? 0 : normal())),
      new Set([0]),
    ),
    undefined,
  );
  const rounded = columnOf(4000, () => (random() < 0.2 ? -999 : Math.round(2 * normal()) / 2));
  assert.ok(valueGrid(rounded, new Set([-999]))!.step > 0.4);
});

test("copies of continuous numbers are no coarse grid", () => {
  const once = columnOf(1000, normal);
  const found = valueGrid(
    Float64Array.from({ length: 10_000 }, (_, i) => once[i % 1000]!),
    NONE,
  );
  assert.ok(found!.step < DOUBTFUL_STEP / 5);
});

test("no events, one and two: nothing to say", () => {
  for (const few of [[], [1], [1, 2]]) assert.is(valueGrid(Float64Array.from(few), NONE), undefined);
});

const DENSITIES: Readonly<Record<string, () => number>> = {
  normal,
  exponential: () => -Math.log(1 - random()),
  "log-normal": () => 30 * Math.exp(0.5 * normal()),
  "x^-3": () => 20 * (1 - random()) ** -0.5,
  "a score up to 1": () => 1 - random() ** 2,
  "a Cauchy variable": () => normal() / normal(),
};

const FORMATS: Readonly<Record<string, (value: number) => number>> = {
  f64: (value) => value,
  f32: Math.fround,
  "3 digits": (value) => Number(value.toPrecision(3)),
  "4 digits": (value) => Number(value.toPrecision(4)),
  "6 digits": (value) => Number(value.toPrecision(6)),
  "3 decimals": (value) => Number(value.toFixed(3)),
};

for (const [name, draw] of Object.entries(DENSITIES)) {
  test(`${name}: 20 to 10^6 events in every format have no spike and no coarse grid (seed 17, 390 samples; no false alarm in 10^4)`, () => {
    for (const [format, round] of Object.entries(FORMATS)) {
      for (const [count, samples] of [
        [20, 20],
        [300, 20],
        [5000, 20],
        [100_000, 4],
        [1_000_000, name === "normal" ? 1 : 0],
      ] as const) {
        for (let sample = 0; sample < samples; sample++) {
          const column = columnOf(count, () => round(draw()));
          const values = format === "f32" ? Float32Array.from(column) : column;
          const spikes = strayValues(values).filter(({ isSpike }) => isSpike);
          assert.equal(spikes, [], `${format}, ${count} events`);
          assert.ok((valueGrid(values, NONE)?.step ?? 0) < DOUBTFUL_STEP, `${format}, ${count} events`);
        }
      }
    }
  });
}

test.run();
