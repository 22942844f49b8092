/** Sentinels and defaults among measurements: found wherever they are, and nothing found where there are none. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { copiesOf } from "../../../inference/data-checks/copies.js";
import { strayValues } from "../../../inference/data-checks/stray-values.js";
import { tailProbability } from "../../../inference/data-checks/tail.js";
import { randomNumbers } from "../../support/random-numbers.js";

const COUNT = 2000;
const random = randomNumbers(11);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Columns without a stray value, in both precisions. */
const CLEAN: Readonly<Record<string, () => number>> = {
  normal,
  uniform: random,
  "momentum, GeV": () => 20 - 30 * Math.log(1 - random()),
  "steep power law": () => (1 - random()) ** (-1 / 4),
  "rounded to two digits": () => Math.round(10 * normal()) / 10,
  "whole numbers": () => Math.floor(-3 * Math.log(1 - random())),
  "a flag that is rarely set": () => (random() < 0.01 ? 1 : 0),
  "a few labels": () => Math.floor(5 * random() ** 3),
};

const columnOf = (draw: () => number) => Float64Array.from({ length: COUNT }, draw);

for (const [name, draw] of Object.entries(CLEAN)) {
  test(`no stray value: ${name}, 30 samples of ${COUNT} (chance of one below 1e-3 together)`, () => {
    for (let sample = 0; sample < 30; sample++) {
      const column = columnOf(draw);
      assert.equal(strayValues(column), []);
      assert.equal(strayValues(Float32Array.from(column)), []);
    }
  });
}

const SENTINELS = [-999, -99, -1, 9999, 1e20, 3e38, -3e38];

for (const sentinel of SENTINELS) {
  test(`${sentinel} in 2% of the events of a momentum: found with number and rows`, () => {
    const column = columnOf(CLEAN["momentum, GeV"]!);
    const rows = Array.from({ length: 40 }, (_, i) => 7 + 50 * i).filter((row) => row < COUNT);
    for (const row of rows) column[row] = sentinel;
    for (const values of [column, Float32Array.from(column)]) {
      const [found, ...others] = strayValues(values);
      assert.equal(others, []);
      assert.is(found!.value, Math.fround(sentinel) === found!.value ? found!.value : sentinel);
      assert.is(found!.count, rows.length);
      assert.equal(found!.rows, rows.slice(0, 3));
    }
  });
}

test("six sentinels in 300 events of which no two are alike", () => {
  const column = columnOf(CLEAN["momentum, GeV"]!).subarray(0, 300);
  for (let i = 0; i < 6; i++) column[40 * i + 3] = -1;
  assert.equal(
    strayValues(column).map(({ value, count, rows }) => ({ value, count, rows })),
    [{ value: -1, count: 6, rows: [3, 43, 83] }],
  );
});

for (const [digits, part] of [
  [2, 0.1],
  [3, 0.03],
] as const) {
  test(`an exact 0 in ${100 * part}% of the events, more than beside it, where numbers have ${digits} decimals: a spike`, () => {
    const round = 10 ** digits;
    const column = Float64Array.from({ length: 20_000 }, (_, i) =>
      i % Math.round(1 / part) === 4 ? 0 : Math.round(round * normal()) / round,
    );
    const [found, ...others] = strayValues(column);
    assert.equal(others, []);
    assert.equal(
      { value: found!.value, isFar: found!.isFar, isSpike: found!.isSpike },
      { value: 0, isFar: false, isSpike: true },
    );
    assert.ok(found!.count >= 20_000 * part);
    assert.is(found!.rows[0], column.indexOf(0));
  });
}

test("a spike at either end of rounded numbers is found, where neighbours are on one side alone", () => {
  for (const end of [0, 1]) {
    const column = Float64Array.from({ length: 20_000 }, (_, i) =>
      i % 20 === 3 ? end : Math.round(1000 * random()) / 1000,
    );
    assert.equal(
      strayValues(column).map(({ value, isSpike }) => [value, isSpike]),
      [[end, true]],
    );
  }
});

test("few events with one value are stray, no spike: below one in a thousand, or a single one far away", () => {
  const column = Float64Array.from({ length: 20_000 }, (_, i) => (i < 6 ? 0.25 : normal()));
  assert.equal(
    strayValues(column).map(({ value, isSpike }) => [value, isSpike]),
    [[0.25, false]],
  );
  column[7] = 1e20;
  assert.equal(strayValues(column).find(({ value }) => value === 1e20)?.isSpike, false);
  column.fill(-999, 100, 103);
  assert.equal(strayValues(column).find(({ value }) => value === -999)?.isSpike, true);
});

test("a sample joined with itself, once and twice, rounded or not; others are no copies", () => {
  for (const name of ["normal", "rounded to two digits"]) {
    const [a, b] = [columnOf(CLEAN[name]!), columnOf(CLEAN[name]!)];
    const times = (n: number, column: Float64Array) =>
      Float64Array.from({ length: n * COUNT }, (_, i) => column[i % COUNT]!);
    assert.is(copiesOf([a, b]), 1);
    assert.is(copiesOf([times(2, a), times(2, b)]), 2);
    assert.is(copiesOf([times(3, a).sort()]), 3);
    assert.is(copiesOf([times(2, a), columnOf(normal)]), 1, "one feature is new");
  }
  for (const [name, draw] of Object.entries(CLEAN)) assert.is(copiesOf([columnOf(draw)]), 1, name);
  assert.is(copiesOf([new Float64Array(100).fill(3)]), 1);
  assert.is(copiesOf([Float64Array.of(1, 1)]), 1);
});

test("two sentinels, and a default inside of the range", () => {
  const column = columnOf(normal);
  for (let row = 0; row < 60; row++) column[row] = row < 30 ? -999 : 0;
  assert.equal(
    strayValues(column).map(({ value, count, isFar }) => ({ value, count, isFar })),
    [
      { value: -999, count: 30, isFar: true },
      { value: 0, count: 30, isFar: false },
    ],
  );
});

test("beside the range of simulation: few sentinels, a single wild value, a constant", () => {
  const range = [-4, 4] as const;
  const withValues = (...values: number[]) => {
    const column = columnOf(() => Math.max(-4, Math.min(4, normal())) * 0.99);
    column.set(values);
    return strayValues(column, range).map(({ value, count }) => [value, count]);
  };
  assert.equal(withValues(-99, -99, -99), [[-99, 3]]);
  assert.equal(withValues(1e20), [[1e20, 1]]);
  assert.equal(withValues(-1e30, 3e38), [
    [-1e30, 1],
    [3e38, 1],
  ]);
  // A whole population is the farthest of it, and for the check of the range.
  assert.equal(withValues(1e3, 2e3, 3e3, 4e3, 5e3, 6e3), [[6e3, 1]]);
  // Beyond, but as tails are.
  assert.equal(withValues(5, 6, 7.5, -9), []);
  assert.equal(
    strayValues(new Float64Array(50).fill(-999), range).map(({ value, count, isFar }) => [value, count, isFar]),
    [[-999, 50, true]],
  );
});

test("a single event beyond all simulation is far at 20 σ of a normal tail, not where tails fall like powers", () => {
  const n = 3000;
  const draw = (event: () => number) => Float64Array.from({ length: n }, event);
  const found = (column: Float64Array, value: number, range: readonly [number, number]) => {
    column[7] = value;
    return strayValues(column, range).map((stray) => [stray.value, stray.count]);
  };
  assert.equal(found(draw(normal), 20, [-4.2, 4.3]), [[20, 1]]);
  assert.equal(found(draw(normal), -20, [-4.2, 4.3]), [[-20, 1]]);
  assert.equal(found(draw(normal), 6, [-4.2, 4.3]), [], "not beyond by the whole range");
  const heavy = () => normal() / Math.abs(normal());
  assert.equal(
    found(
      draw(heavy).map((value) => Math.max(-2000, Math.min(2000, value))),
      9000,
      [-2000, 2000],
    ),
    [],
  );
});

test("the largest of 1000 exponential events is never improbable in 300 samples, and 900 events say nothing", () => {
  let alarms = 0;
  for (let toy = 0; toy < 300; toy++) {
    const sorted = Float64Array.from({ length: 1000 }, () => -Math.log(1 - random())).sort();
    if (tailProbability(sorted, -1, 0, sorted.at(-1)!) < 1e-3) alarms++;
  }
  assert.is(alarms, 0);
  assert.is(tailProbability(Float64Array.from({ length: 900 }, normal).sort(), -1, 0, 1e9), 1);
});

test("a single event is no reference for itself, and a constant column repeats one value", () => {
  assert.equal(strayValues(Float64Array.of(3)), []);
  assert.equal(strayValues(Float64Array.of(3, -999)), []);
  assert.equal(strayValues(Float64Array.of(3), [0, 5]), []);
  assert.equal(
    strayValues(new Float64Array(100).fill(2)).map(({ value, count }) => [value, count]),
    [[2, 100]],
  );
});

test.run();
