/** Events of the data beyond the simulated range: probabilities by counting, findings, and none without a cause. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { beyondProbability, eventsOutside } from "../../../inference/data-checks/support.js";
import { dominantWeight } from "../../../inference/data-checks/weights.js";
import { checkRange, simulatedRange } from "../../../inference/model/simulated-range.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(5);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const columnOf = (count: number, draw: () => number) => Float64Array.from({ length: count }, draw);
const NO_STRAYS: ReadonlySet<number> = new Set();

test("the probability is that of the outermost ranks, counted over all orders of 3 observed and 4 simulated events", () => {
  // All ways in which 3 of 7 ranks are the observed ones.
  const choices = [...Array(128).keys()].filter(
    (bits) => [...bits.toString(2)].filter((bit) => bit === "1").length === 3,
  );
  for (const count of [0, 1, 2, 3]) {
    const mask = 2 ** count - 1;
    const expected = choices.filter((bits) => (bits & mask) === mask).length / choices.length;
    assert.ok(Math.abs(beyondProbability(count, 3, 4) - expected) < 1e-14, `${count}`);
  }
});

test("events below the simulated range are named, those of the other side are not there", () => {
  const data = columnOf(1000, () => 100 + 20 * random());
  for (let i = 0; i < 100; i++) data[9 * i + 4] = 80 + 0.1 * i;
  const [found, ...others] = eventsOutside(data, [100, 120], 5000, 2, NO_STRAYS);
  assert.equal(others, []);
  const { side, count, rows, interval, pValue } = found!;
  assert.equal({ side, count, rows }, { side: "below", count: 100, rows: [4, 13, 22] });
  assert.equal(interval, [80, 80 + 0.1 * 99]);
  assert.ok(pValue < 1e-12);
  const strays = new Set(data.filter((value) => value < 100));
  assert.equal(eventsOutside(data, [100, 120], 5000, 2, strays), []);
});

test("data of the density of simulation, and of one moved by half its width: no finding in 200 samples each", () => {
  for (let sample = 0; sample < 200; sample++) {
    const simulated = columnOf(2000, normal);
    const range = [Math.min(...simulated), Math.max(...simulated)] as const;
    const shift = sample % 2 === 0 ? 0 : 0.5;
    const data = columnOf(sample % 4 < 2 ? 1000 : 8000, () => shift + normal());
    assert.equal(eventsOutside(data, range, 2000, 1, NO_STRAYS), []);
  }
});

test("no events, one and two: nothing to find inside", () => {
  for (const data of [[], [1], [1, 2]])
    assert.equal(eventsOutside(Float64Array.from(data), [0, 3], 100, 1, NO_STRAYS), []);
});

test("the range of samples: over processes and points, without events of weight 0; as many events as the scarcest process has", () => {
  const at = [0];
  const samples = [
    { process: 0, at, count: 3, x: Float64Array.of(1, 2, 50, 4, 5, 6), weights: Float64Array.of(1, 1, 0) },
    { process: 0, at: [1], count: 1, x: Float64Array.of(-7, 9) },
    { process: 1, at, count: 4, x: Float64Array.of(0, 0, 0, 3, 5, 5, 5, 5) },
  ];
  assert.equal(simulatedRange(samples), {
    // (1 + 1 + 1)² / 3
    events: 3,
    x: [
      [-7, 3],
      [4, 9],
    ],
  });
});

test("a range from a file is checked", () => {
  const range = { events: 10, x: [[0, 1]] as const };
  checkRange("file", range);
  const wrong = [
    { ...range, events: 0 },
    { ...range, x: [[1, 0]] },
    { events: 3 },
    { ...range, y: [[0, null]] },
    { ...range, x: 5 },
  ];
  for (const one of wrong) {
    assert.throws(() => checkRange("file", one as never), /file: expected the least and the largest simulated value/);
  }
});

test("one weight that outweighs all others, of either sign and beyond what squares hold", () => {
  const weights = columnOf(100, () => 1 + random());
  assert.is(dominantWeight(weights), undefined);
  for (const heavy of [1e30, -1e200, 30]) {
    const own = weights.slice();
    own[17] = heavy;
    assert.equal(dominantWeight(own), { row: 17, weight: heavy });
  }
  assert.is(dominantWeight(Float64Array.of(1, 1e6)), undefined, "two events");
});

test("the effective number of simulated events does not depend on the unit of their weights", () => {
  const of = (unit: number) =>
    simulatedRange([
      { process: 0, at: [], count: 3, x: Float64Array.of(1, 2, 3), weights: Float64Array.of(unit, 2 * unit, -unit) },
    ]).events;
  // (1 + 2 - 1)² / (1 + 4 + 1)
  for (const unit of [1, 1e300, 1e-300]) assert.ok(Math.abs(of(unit) - 2 / 3) < 1e-12, `${unit}: ${of(unit)}`);
});

test.run();
