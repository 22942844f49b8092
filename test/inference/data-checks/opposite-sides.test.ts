/** Both sides of a nuisance: opposite, alike, of different kinds, and too small to say. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { oppositeSides } from "../../../inference/data-checks/opposite-sides.js";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import { randomNumbers } from "../../support/random-numbers.js";

const random = randomNumbers(23);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const COUNT = 8000;

function sample(at: readonly number[], shift = 0, width = 1, count = COUNT): SimulatedEvents {
  const x = new Float64Array(2 * count);
  for (let i = 0; i < x.length; i++) x[i] = i < count ? shift + width * normal() : normal();
  return { process: 0, at, count, x };
}

const cosineOf = (...varied: readonly SimulatedEvents[]) => oppositeSides([sample([0]), ...varied], [0])[0]?.cosine;

test("opposite sides are not named: shifts, widths, of unequal size, of unequal samples", () => {
  for (const [up, down] of [
    [sample([1], 0.3), sample([-1], -0.3)],
    [sample([1], 0.3), sample([-1], -0.1)],
    [sample([1], 0, 1.2), sample([-1], 0, 1 / 1.2)],
    [sample([1], 0.3), sample([-1], -0.3, 1, 5000)],
  ] as const) {
    assert.is(cosineOf(up, down), undefined);
  }
});

test("the same on both sides is 1, effects of different kinds are about 0", () => {
  const same = cosineOf(sample([1], 0.3), sample([-1], 0.3))!;
  assert.ok(Math.abs(same - 1) < 0.1, `${same}`);
  const unlike = cosineOf(sample([1], 0, 1.2), sample([-1], -0.3))!;
  assert.ok(Math.abs(unlike) < 0.3, `${unlike}`);
});

test("no false alarm in 300 pairs of opposite effects of any size, events of their own or moved (a probability of 3e-3)", () => {
  for (let i = 0; i < 300; i++) {
    const shift = 0.001 * i;
    const nominal = sample([0], 0, 1, 1000);
    const moved = (at: number): SimulatedEvents => ({
      ...nominal,
      at: [at],
      x: nominal.x.map((value, e) => (e < 1000 ? value + at * shift : value)),
    });
    const pair = i % 2 === 0 ? [sample([1], shift, 1, 1000), sample([-1], -shift, 1, 1000)] : [moved(1), moved(-1)];
    assert.equal(oppositeSides([nominal, ...pair], [0]), [], `a shift of ${shift}`);
  }
});

test("the order of the events does not matter: sides of different kinds, each sorted", () => {
  const sorted = (own: SimulatedEvents): SimulatedEvents => {
    const order = Array.from({ length: own.count }, (_, i) => i).sort((a, b) => own.x[a]! - own.x[b]!);
    const x = Float64Array.from(own.x, (_, i) => own.x[order[i % own.count]! + (i < own.count ? 0 : own.count)]!);
    return { ...own, x };
  };
  const found = oppositeSides([sample([0]), sample([1], 0, 1.15), sample([-1], -0.15)].map(sorted), [0]);
  assert.is(found.length, 1);
});

/** Features with a correlation of 0.99, all shifted and made wider. */
function correlated(features: number, at: number, shift: number, width = 1, count = 1000): SimulatedEvents {
  const x = new Float64Array(features * count);
  for (let i = 0; i < count; i++) {
    const common = Math.sqrt(0.99) * normal();
    for (let j = 0; j < features; j++) {
      const own = common + Math.sqrt(0.01) * normal();
      x[j * count + i] = shift + width * own;
    }
  }
  return { process: 0, at: [at], count, x };
}

test("no false alarm in 400 pairs of features with a correlation of 0.99, without an effect or opposite (a probability of 4e-3)", () => {
  for (let i = 0; i < 400; i++) {
    const features = i % 2 === 0 ? 2 : 6;
    // Without an effect, and with one of up to one standard error of a mean.
    const shift = i % 4 < 2 ? 0 : (i / 400) * 0.045;
    const samples = [0, 1, -1].map((at) => correlated(features, at, at * shift));
    assert.equal(oppositeSides(samples, [0]), [], `pair ${i}: ${features} features, a shift of ${shift}`);
  }
});

test("one of two correlated features moved by more than what they differ by is opposite on both sides", () => {
  // Not in the mean of (x_0 - x_1)², which rises on both: only to second order in what they differ by is that the larger effect.
  const nominal = correlated(2, 0, 0, 1, 8000);
  const moved = (at: number) => ({ ...nominal, at: [at], x: nominal.x.map((x, i) => (i < 8000 ? x + 0.3 * at : x)) });
  const drawn = (at: number) => {
    const own = correlated(2, at, 0, 1, 8000);
    return { ...own, x: own.x.map((x, i) => (i < 8000 ? x + 0.3 * at : x)) };
  };
  assert.equal(oppositeSides([nominal, moved(1), moved(-1)], [0]), []);
  assert.equal(oppositeSides([nominal, drawn(1), drawn(-1)], [0]), []);
});

test("effects of different kinds are named among correlated features, of events of their own and of moved ones", () => {
  for (const features of [2, 6, 12]) {
    const nominal = correlated(features, 0, 0, 1, 4000);
    const own = [nominal, correlated(features, 1, 0, 1.3, 4000), correlated(features, -1, -0.4, 1, 4000)];
    const moved = [
      nominal,
      { ...nominal, at: [1], x: nominal.x.map((value) => 1.02 * value) },
      { ...nominal, at: [-1], x: nominal.x.map((value) => value - 0.02) },
    ];
    for (const samples of [own, moved]) {
      const found = oppositeSides(samples, [0]);
      assert.is(found.length, 1, `${features} features`);
      // A shift by 0.4 makes the mean of the products larger, as more width does: 1 would be the same effect.
      assert.ok(Math.abs(found[0]!.cosine) < 0.6, `${features} features: ${found[0]!.cosine}`);
    }
  }
});

test("nothing is said of small effects, of one side, and of samples that move others too", () => {
  assert.is(cosineOf(sample([1], 0.02), sample([-1], 0.02)), undefined);
  assert.is(cosineOf(sample([1], 0.3)), undefined);
  const two = [sample([0, 0]), sample([1, 1], 0.3), sample([-1, 0], 0.3)];
  assert.equal(oppositeSides(two, [0, 0]), []);
  assert.equal(oppositeSides([sample([1], 0.3), sample([-1], 0.3)], [0]), []);
  const [found] = oppositeSides([sample([0, 2]), sample([0, 4], 0.3), sample([0, 1], 0.3)], [0, 2]);
  assert.equal([found!.nuisance, found!.at], [1, [4, 1]]);
});

test.run();
