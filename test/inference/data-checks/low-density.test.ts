/** Data of lower density than simulation: probabilities by counting, findings, and none without a cause. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { betaBinomialTail, lowDensityEvents } from "../../../inference/data-checks/low-density.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(41);
const exponential = () => -Math.log(1 - random());
/** log p whose tail falls by e per unit. */
const logProbs = (count: number, shift = 0) => Float64Array.from({ length: count }, () => -exponential() - shift);
const ones = (count: number) => new Float64Array(count).fill(1);

test("the probability is that of ranks, counted over all orders of 3 observed and 4 simulated events", () => {
  const orders = [...Array(128).keys()].filter(
    (bits) => [...bits.toString(2)].filter((bit) => bit === "1").length === 3,
  );
  for (const a of [1, 2, 3]) {
    for (const count of [2, 3]) {
      const isBeyond = (bits: number) => {
        // From the lowest: observed events before the a-th simulated one.
        let [observed, simulated] = [0, 0];
        for (let rank = 0; rank < 7 && simulated < a; rank++) (bits >> rank) & 1 ? observed++ : simulated++;
        return observed >= count;
      };
      const expected = orders.filter(isBeyond).length / orders.length;
      const found = betaBinomialTail(count, 3, a, 4 - a + 1);
      if (count <= (3 * a) / 5) assert.is(found, 1, "below the mean");
      else assert.ok(Math.abs(found - expected) < 1e-12, `${a}, ${count}: ${found}, ${expected}`);
    }
  }
});

test("a probability far below what its complement could hold", () => {
  // Below the lowest of 1000 simulated events lie 500 of 1000: Π (1000 - i) / (2000 - i).
  let expected = 1;
  for (let i = 0; i < 500; i++) expected *= (1000 - i) / (2000 - i);
  const found = betaBinomialTail(500, 1000, 1, 1000);
  assert.ok(Math.abs(found / expected - 1) < 1e-9, `${found}, ${expected}`);
});

test("one density for both, in 400 samples: no finding (expected below 10^-3 in each)", () => {
  for (let sample = 0; sample < 400; sample++) {
    const [n, m] = sample % 2 === 0 ? [3000, 800] : [500, 4000];
    assert.is(lowDensityEvents(logProbs(n), { logProb: logProbs(m), weights: ones(m) }), undefined);
  }
});

test("a tail three times as heavy, in 400 samples: at most 3 findings (0.4 expected, chance of more below 10^-3)", () => {
  let findings = 0;
  for (let sample = 0; sample < 400; sample++) {
    const data = logProbs(3000, Math.log(3));
    if (lowDensityEvents(data, { logProb: logProbs(2000), weights: ones(2000) }) !== undefined) findings++;
  }
  assert.ok(findings <= 3, `${findings}`);
});

test("two in a hundred events below all simulation are found, the lowest first, what is no number before them", () => {
  const data = logProbs(3000);
  for (let i = 0; i < 60; i++) data[50 * i + 7] = -20 - i;
  data[2007] = Number.NaN;
  const found = lowDensityEvents(data, { logProb: logProbs(2000), weights: ones(2000) })!;
  assert.ok(found.count >= 60 && found.count < 80, `${found.count}`);
  assert.ok(found.pValue < 1e-4 && found.simulated <= 0.01);
  assert.equal(found.events.slice(0, 3), [2007, 2957, 2907]);
  assert.is(found.events.length, found.count);
});

test("weights: an event of weight 0 does not hide the others, a heavy process counts by its yield", () => {
  const data = logProbs(3000);
  for (let i = 0; i < 60; i++) data[i] = -30;
  const logProb = logProbs(2001);
  logProb[2000] = -100;
  const without = { logProb, weights: ones(2001).fill(0, 2000) };
  assert.ok(lowDensityEvents(data, without)!.count >= 60);
  // A hundred simulated events that lie there, as two in a hundred of the weight, are a reason for the data to do so.
  const rare = Float64Array.from([...logProbs(2000), ...new Float64Array(100).fill(-30.5)]);
  const weights = ones(2100).fill(0.4, 2000);
  assert.is(lowDensityEvents(data, { logProb: rare, weights }), undefined);
  assert.ok(lowDensityEvents(data, { logProb: rare, weights: ones(2100).fill(1e-4, 2000) }) !== undefined);
});

test("a rare process with many simulated events of low density hides none of the other, in 400 samples", () => {
  // Of each process 2000 simulated events, of the data 20 000 and 200; the rare one has the heavier tail.
  const wide = (count: number) => logProbs(count).map((value) => 2 * value);
  const weights = ones(4000).fill(10, 0, 2000).fill(0.1, 2000);
  for (let sample = 0; sample < 400; sample++) {
    const data = Float64Array.from([...logProbs(20_000), ...wide(200)]);
    const logProb = Float64Array.from([...logProbs(2000), ...wide(2000)]);
    assert.is(lowDensityEvents(data, { logProb, weights }), undefined, `sample ${sample}`);
  }
});

test("few events, and few simulated ones, say nothing", () => {
  assert.is(lowDensityEvents(Float64Array.of(-1e9), { logProb: logProbs(1000), weights: ones(1000) }), undefined);
  assert.is(lowDensityEvents(logProbs(1000, 50), { logProb: logProbs(50), weights: ones(50) }), undefined);
});

test.run();
