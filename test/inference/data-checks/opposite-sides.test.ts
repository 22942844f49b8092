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

test("opposite sides are not named, or are nearly opposite: shifts, widths, of unequal size, of unequal samples", () => {
  for (const [up, down] of [
    [sample([1], 0.3), sample([-1], -0.3)],
    [sample([1], 0.3), sample([-1], -0.1)],
    [sample([1], 0, 1.2), sample([-1], 0, 1 / 1.2)],
    [sample([1], 0.3), sample([-1], -0.3, 1, 5000)],
  ] as const) {
    const cosine = cosineOf(up, down) ?? -1;
    assert.ok(cosine < -0.9, `${cosine}`);
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
    const [found] = oppositeSides([nominal, ...pair], [0]);
    assert.ok(found === undefined || found.cosine < -0.5, `${shift}: ${found?.cosine}`);
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
