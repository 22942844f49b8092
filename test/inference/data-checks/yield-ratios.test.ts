/** Ratios of sums of weights, and their errors against sums on paper and repeated draws. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { yieldRatios } from "../../../inference/data-checks/yield-ratios.js";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

const exact = { absolute: 1e-13, relative: 1e-13 };

function sample(at: readonly number[], x: readonly number[], weights?: readonly number[]): SimulatedEvents {
  const own = { process: 2, at, count: x.length, x: Float64Array.from(x) };
  return weights === undefined ? own : { ...own, weights: Float64Array.from(weights) };
}

test("independent samples: sums, ratio and error by hand; several files of a point add up; pairs are not looked at", () => {
  const samples = [
    sample([0, 0.5], [1, 2], [2, 3]),
    sample([0, 0.5], [3], [5]),
    sample([1, 0.5], [7, 8, 9], [2, 4, 6]),
    sample([0, -0.5], [1, 2], [1, 4]),
    sample([1, 1.5], [1], [100]),
  ];
  const [up, down, ...rest] = yieldRatios(samples, [0, 0.5]);
  assert.equal(rest, []);
  const { error, ...found } = up!;
  assert.equal(found, { process: 2, nuisance: 0, value: 1, sum: 12, nominalSum: 10, hasWeights: true, ratio: 1.2 });
  close([error], [Math.sqrt(4 + 16 + 36 + 1.2 ** 2 * (4 + 9 + 25)) / 10], exact);
  assert.equal([down!.nuisance, down!.value, down!.sum], [1, -0.5, 5]);
});

test("the same events with other weights: what they have in common cancels in the error", () => {
  const [found] = yieldRatios([sample([0], [1, 2], [1, 3]), sample([1], [1, 2], [2, 3])], [0]);
  close([found!.ratio, found!.error], [1.25, Math.sqrt(0.75 ** 2 + 0.75 ** 2) / 4], exact);
  const [scaled] = yieldRatios([sample([0], [1, 2], [1, 3]), sample([1], [1, 2], [1.5, 4.5])], [0]);
  assert.equal([scaled!.ratio, scaled!.error], [1.5, 0]);
});

test("the same events with shifted columns: their yield changes by their weights alone, which one of the two may have", () => {
  const varied = (nominal: SimulatedEvents, x: readonly number[], weights?: readonly number[]) => ({
    ...sample([1], x, weights),
    nominal,
  });
  const weighted = sample([0], [1, 2], [1, 3]);
  const [shifted] = yieldRatios([weighted, varied(weighted, [1.1, 2.1], [1, 3])], [0]);
  assert.equal([shifted!.ratio, shifted!.error, shifted!.hasWeights], [1, 0, true]);
  const plain = sample([0], [1, 2, 3, 4]);
  const [found] = yieldRatios([plain, varied(plain, [1, 2, 3, 4], [1, 1, 1, 2])], [0]);
  assert.equal([found!.ratio, found!.hasWeights], [1.25, true]);
  close([found!.error], [Math.sqrt(3 * 0.25 ** 2 + 0.75 ** 2) / 4], exact);
  const [unweighted] = yieldRatios([plain, varied(plain, [2, 3, 4, 5])], [0]);
  assert.equal([unweighted!.ratio, unweighted!.error, unweighted!.hasWeights], [1, 0, false]);
});

test("a variation of one of two nominal samples is compared with this one", () => {
  const [first, second] = [sample([0], [1, 2], [1, 3]), sample([0], [3], [5])];
  const [found] = yieldRatios([first, second, { ...sample([1], [3], [6]), nominal: second }], [0]);
  assert.equal([found!.sum, found!.nominalSum, found!.ratio, found!.error], [6, 5, 1.2, 0]);
});

test("without weights numbers of events are compared, and that is said", () => {
  const [found] = yieldRatios([sample([0], [1, 2, 3, 4]), sample([1], [5, 6])], [0]);
  assert.equal([found!.ratio, found!.hasWeights], [0.5, false]);
  close([found!.error], [Math.sqrt(2 + 0.25 * 4) / 4], exact);
  const [mixed] = yieldRatios([sample([0], [1, 2]), sample([1], [5, 6], [1, 1])], [0]);
  assert.is(mixed!.hasWeights, false);
});

test("without a nominal sample there is nothing to compare with", () => {
  assert.equal(yieldRatios([sample([1], [1])], [0]), []);
});

test("the error is the scatter of repetitions with Poisson numbers of events (400 draws, 4 σ of the scatter)", () => {
  const random = randomNumbers(41);
  const draws = 400;
  /** Of 600 candidates a part passes, so that sums fluctuate; weights from 0.5 to 1.5. */
  const draw = (at: number, part: number) => {
    const kept = Array.from({ length: 600 }, () => random()).filter((u) => u < part);
    const weights = kept.map(() => 0.5 + random());
    return sample([at], kept, weights);
  };
  let [sum, squares, variance] = [0, 0, 0];
  for (let i = 0; i < draws; i++) {
    // Few of many candidates: their number is nearly Poisson, its variance smaller by 5 %.
    const [found] = yieldRatios([draw(0, 0.05), draw(1, 0.05)], [0]);
    sum += Math.log(found!.ratio);
    squares += Math.log(found!.ratio) ** 2;
    variance += (found!.error / found!.ratio) ** 2;
  }
  const scatter = squares / draws - (sum / draws) ** 2;
  // The scatter of a variance of 400 numbers is 7 %.
  assert.ok(Math.abs(scatter / (variance / draws) - 1) < 0.05 + 4 * 0.07, `${scatter} ${variance / draws}`);
});

test.run();
