/** Orders of elements: permutations, all equally likely, and where each element stands in them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { randomKey } from "../../../engine/random/random.js";
import { fillPositions, fillShuffled, shuffledIndex } from "../../../engine/random/shuffle.js";
import { chiSquareDeviate, DEVIATION } from "./chi-square.js";

function shuffled(seed: number, epoch: number, n: number): Int32Array {
  const order = new Int32Array(n);
  fillShuffled(randomKey(seed, "shuffle"), epoch, n, 0, order);
  return order;
}

test("a shuffle is a permutation for n = 1 … 300 and around powers of two", () => {
  const sizes = Array.from({ length: 300 }, (_, i) => i + 1);
  for (const n of [...sizes, 1023, 1024, 1025, 65_535, 65_537, 100_000, 262_145]) {
    const seen = new Uint8Array(n);
    for (const i of shuffled(n, 2, n)) seen[i] = 1;
    assert.ok(
      seen.every((flag) => flag === 1),
      `n = ${n}`,
    );
  }
});

test("a shuffle resumes anywhere, also among 2^31 elements", () => {
  const whole = shuffled(9, 4, 1000);
  const rest = new Int32Array(300);
  fillShuffled(randomKey(9, "shuffle"), 4, 1000, 700, rest);
  assert.equal(rest, whole.slice(700));
  assert.is(shuffledIndex(randomKey(9, "shuffle"), 4, 1000, 123), whole[123]);
  const tail = new Uint32Array(1000);
  fillShuffled(randomKey(9, "shuffle"), 0, 2 ** 31, 2 ** 31 - 1000, tail);
  assert.is(new Set(tail).size, 1000);
  assert.ok(tail.every((i) => i < 2 ** 31));
});

test("all orders of 2 to 5 elements are equally likely, 50 000 epochs, false-alarm probability 3e-6", () => {
  const epochs = 50_000;
  for (const [n, orders] of [
    [2, 2],
    [3, 6],
    [4, 24],
    [5, 120],
  ] as const) {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffled(n, epoch, n).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.is(counts.size, orders);
    const deviate = chiSquareDeviate([...counts.values()], () => epochs / orders, orders - 1);
    assert.ok(deviate < DEVIATION, `n = ${n}: ${deviate}`);
  }
});

test("every element is as often at every place, n = 6, 20, 50, 20 000 epochs, false-alarm probability 2e-6", () => {
  const epochs = 20_000;
  for (const n of [6, 20, 50]) {
    const places = new Uint32Array(n * n);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffled(n, epoch, n);
      for (let i = 0; i < n; i++) places[i * n + order[i]!]!++;
    }
    // Rows and columns have fixed sums: Σ (count - e)²/e · (n-1)/n follows χ² with (n-1)² degrees of freedom.
    const expected = (epochs / n) * (n / (n - 1));
    const scaled = Float64Array.from(places, (count) => expected + (count - epochs / n));
    const deviate = chiSquareDeviate(scaled, () => expected, (n - 1) ** 2);
    assert.ok(deviate < DEVIATION, `n = ${n}: ${deviate}`);
  }
});

test("successive events of a large shuffle are unrelated, n = 10^6, false-alarm probability 2e-6", () => {
  const n = 1_000_000;
  for (const epoch of [0, 1]) {
    const order = shuffled(1, epoch, n);
    const counts = new Uint32Array(1024);
    for (let i = 1; i < n; i++) {
      const [before, after] = [Math.floor((32 * order[i - 1]!) / n), Math.floor((32 * order[i]!) / n)];
      counts[32 * before + after]!++;
    }
    assert.ok(chiSquareDeviate(counts, () => (n - 1) / 1024, 31 * 31) < DEVIATION);
  }
  const [one, other] = [shuffled(1, 0, n), shuffled(1, 1, n)];
  // Two independent orders of the same elements: correlation 0 ± 1/√n.
  const mean = (n - 1) / 2;
  const covariance = one.reduce((sum, a, i) => sum + (a - mean) * (other[i]! - mean), 0) / n;
  assert.ok(Math.abs(covariance / ((n * n - 1) / 12)) < DEVIATION / Math.sqrt(n));
});

test("positions are the inverse of a shuffle, n = 1 … 300, around powers of two and for a part of 2^31", () => {
  const sizes = Array.from({ length: 300 }, (_, i) => i + 1);
  for (const n of [...sizes, 1023, 1024, 1025, 65_535, 65_537, 262_145]) {
    const order = shuffled(n, 3, n);
    const positions = new Int32Array(n);
    fillPositions(randomKey(n, "shuffle"), 3, n, 0, positions);
    assert.ok(
      order.every((element, i) => positions[element] === i),
      `n = ${n}`,
    );
  }
  const [key, n, part] = [randomKey(9, "shuffle"), 2 ** 31 - 5, new Uint32Array(100)];
  fillPositions(key, 0, n, n - 100, part);
  for (const [i, position] of part.entries()) assert.is(shuffledIndex(key, 0, n, position), n - 100 + i);
});

test("wrong sizes and places are refused with what was expected", () => {
  const out = new Int32Array(4);
  assert.throws(() => fillShuffled(randomKey(1, "a"), 0, 0, 0, out), /n to be an integer in \[1, 2\^31\], got n = 0/);
  assert.throws(() => fillShuffled(randomKey(1, "a"), 0, 6, 3, out), /start \+ 4 <= n = 6, got start = 3/);
  assert.throws(() => fillShuffled(randomKey(1, "a"), -1, 6, 0, out), /epoch to be an integer .* got epoch = -1/);
  assert.throws(() => fillPositions(randomKey(1, "a"), 0, 6, 3, out), /fillPositions: .* start \+ 4 <= n = 6/);
});

test.run();
