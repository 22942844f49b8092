/** Single events that decide ν: found by their scores, however far they are, and not found where none is. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { InfluenceCheck } from "../../../inference/data-checks/influence.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(3);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Scores of a mean and of a width, each moved by a tenth of the width per unit of its nuisance. */
const scoresOf = (z: readonly number[]) =>
  Float64Array.from([...z.map((value) => 0.1 * value), ...z.map((value) => 0.1 * (value * value - 1))]);

function dominantOf(z: readonly number[]) {
  const check = new InfluenceCheck(z.length, 2);
  const half = Math.floor(z.length / 2);
  check.add(scoresOf(z.slice(0, half)), 0);
  check.add(scoresOf(z.slice(half)), half);
  return check.dominant();
}

const sample = (count: number) => Array.from({ length: count }, normal);

test("no finding in 3000 samples of 20 to 2000 events (chance of one below 0.1 by the simulation in influence.ts)", () => {
  for (const [count, samples] of [
    [1, 10],
    [2, 10],
    [20, 1500],
    [100, 1000],
    [300, 400],
    [2000, 80],
  ] as const) {
    for (let i = 0; i < samples; i++) assert.equal(dominantOf(sample(count)), [], `${count} events`);
  }
});

for (const far of [20, 50, 1e3, 1e4, 1e8, 1e30]) {
  test(`an event at ${far} σ among 2000 moves the width, by its score over the error that the others leave`, () => {
    const z = sample(2000);
    z[1234] = -far;
    const [found, ...others] = dominantOf(z);
    assert.equal(others, []);
    assert.is(found!.row, 1234);
    assert.is(found!.nuisance, 1);
    const squares = z.reduce((sum, value, row) => sum + (row === 1234 ? 0 : (0.1 * (value * value - 1)) ** 2), 0);
    // Leaves out the next largest score as well: a thousandth of the events, rounded up, is two.
    const expected = (0.1 * (far * far - 1)) / Math.sqrt(1 + squares);
    assert.ok(Math.abs(found!.shift / expected - 1) < 0.1, `${found!.shift}, ${expected}`);
  });
}

test("two events that dominate together do not hide one another", () => {
  const z = sample(2000);
  z[3] = 1e4;
  z[1700] = 1e4;
  assert.equal(
    dominantOf(z)
      .map(({ row }) => row)
      .sort((a, b) => a - b),
    [3, 1700],
  );
});

test("a score that is no number is beyond all others", () => {
  const check = new InfluenceCheck(50, 1);
  const scores = Float64Array.from({ length: 50 }, normal);
  scores[20] = Number.NaN;
  check.add(scores, 0);
  assert.equal(check.dominant(), [{ row: 20, nuisance: 0, shift: Number.POSITIVE_INFINITY }]);
});

test.run();
