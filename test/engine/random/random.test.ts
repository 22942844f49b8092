import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  fillNormal,
  fillPoissonOne,
  fillUniform,
  fillWords,
  normal,
  normalQuantile,
  philox4x32,
  poissonOne,
  randomKey,
  uniform,
  word,
} from "../../../engine/random/random.js";
import { chiSquareDeviate, DEVIATION } from "./chi-square.js";

// Known answers published with the authors' library Random123 (file kat_vectors, lines "philox4x32 10").
const knownAnswers = [
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
] as const;

const fromHex = (text: string) => text.split(" ").map((digits) => Number.parseInt(digits, 16));

test("Philox-4x32-10 gives the published known answers", () => {
  for (const [counter, key, expected] of knownAnswers) {
    assert.equal(Array.from(philox4x32(fromHex(counter), fromHex(key))), fromHex(expected));
  }
});

test("Philox-4x32-10 agrees with rounds written in big integers", () => {
  const mask = 0xffffffffn;
  const byBigInt = (counter: readonly number[], key: readonly number[]) => {
    let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
    let [k0, k1] = key.map(BigInt) as [bigint, bigint];
    for (let round = 0; round < 10; round++) {
      const product0 = c0 * 0xd2511f53n;
      const product1 = c2 * 0xcd9e8d57n;
      [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
      k0 = (k0 + 0x9e3779b9n) & mask;
      k1 = (k1 + 0xbb67ae85n) & mask;
    }
    return [c0, c1, c2, c3].map(Number);
  };
  const words = (n: number) => fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: n, maxLength: n });
  fc.assert(
    fc.property(words(4), words(2), (counter, key) => {
      assert.equal(Array.from(philox4x32(counter, key)), byBigInt(counter, key));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("words are those of Philox at (index / 4, 0, replica, 0), also beyond 2^34", () => {
  const key = randomKey(7, "layout", 3);
  for (const index of [0, 1, 6, 2 ** 34 - 1, 2 ** 34, 2 ** 40 + 5]) {
    const block = BigInt(index) >> 2n;
    const counter = [Number(block & 0xffffffffn), Number(block >> 32n), 3, 0];
    assert.is(word(key, index), philox4x32(counter, [key.keyWord0, key.keyWord1])[index % 4]);
  }
});

test("any stretch of a stream is the same however it is cut", () => {
  const key = randomKey(5, "stretch");
  const n = 10_000;
  const [words, uniforms, normals, weights] = [
    new Uint32Array(n),
    new Float64Array(n),
    new Float64Array(n),
    new Int32Array(n),
  ];
  fillWords(key, 0, words);
  fillUniform(key, 0, uniforms);
  fillNormal(key, 0, normals);
  fillPoissonOne(key, 0, weights);
  for (const [start, count] of [
    [0, 1],
    [1, 5],
    [3, 4093],
    [4095, 4098],
    [9_999, 1],
  ] as const) {
    const part = new Uint32Array(count);
    fillWords(key, start, part);
    assert.equal(part, words.slice(start, start + count));
  }
  for (const index of [0, 2, 4_096, 9_999]) {
    assert.is(word(key, index), words[index]);
    assert.is(uniform(key, index), uniforms[index]);
    assert.is(normal(key, index), normals[index]);
    assert.is(poissonOne(key, index), weights[index]);
  }
  const single = new Float32Array(n);
  fillNormal(key, 0, single);
  assert.equal(single, Float32Array.from(normals));
  fillUniform(key, 0, single);
  for (let i = 0; i < n; i++) assert.ok(Math.abs(single[i]! - uniforms[i]!) <= 2 ** -23);
});

test("the normal quantile agrees with scipy.special.ndtri 1.10.1 to 2e-15", () => {
  // python3 -c "from scipy.special import ndtri; [print(p, repr(ndtri(p))) for p in (2**-33, 1e-6, .01, .074, .076, .3, .55, .93, 1 - 2**-33)]"
  const expected = new Map([
    [2 ** -33, -6.3379577545537895],
    [1e-6, -4.753424308822899],
    [0.01, -2.3263478740408408],
    [0.074, -1.4466320671589785],
    [0.076, -1.4325027208258116],
    [0.3, -0.5244005127080409],
    [0.55, 0.12566134685507416],
    [0.93, 1.475791028179171],
    [1 - 2 ** -33, 6.3379577545537895],
  ]);
  for (const [p, z] of expected) assert.ok(Math.abs(normalQuantile(p) - z) <= 2e-15 * Math.abs(z), `at p = ${p}`);
});

test("uniforms fill 1000 cells evenly, seed 1, 10^6 draws, false-alarm probability 6e-7", () => {
  const draws = new Float64Array(1e6);
  fillUniform(randomKey(1, "uniform"), 0, draws);
  const counts = new Uint32Array(1000);
  for (const u of draws) counts[Math.floor(1000 * u)]!++;
  assert.ok(Math.abs(chiSquareDeviate(counts, () => 1000, 999)) < DEVIATION);
  assert.ok(draws.every((u) => u > 0 && u < 1));
});

test("normals have the moments 0, 1, 0, 3, 15 and no serial correlation, seed 2, 10^6 draws, false-alarm probability 4e-6", () => {
  const n = 1e6;
  const draws = new Float64Array(n);
  fillNormal(randomKey(2, "normal"), 0, draws);
  const mean = (f: (z: number, i: number) => number) => draws.reduce((sum, z, i) => sum + f(z, i), 0) / n;
  // Variance of z^k is E z^2k - (E z^k)²: 1, 2, 15, 96, 10170.
  for (const [power, expected, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
    [6, 15, 10_170],
  ] as const) {
    assert.ok(Math.abs(mean((z) => z ** power) - expected) < DEVIATION * Math.sqrt(variance / n), `power ${power}`);
  }
  assert.ok(Math.abs(mean((z, i) => z * draws[(i + 1) % n]!)) < DEVIATION / Math.sqrt(n));
});

test("Poisson(1) weights follow e^-1 / k!, seed 3, 10^6 draws, false-alarm probability 6e-7", () => {
  const draws = new Uint8Array(1e6);
  fillPoissonOne(randomKey(3, "bootstrap", 4), 0, draws);
  const counts = new Uint32Array(8);
  for (const k of draws) counts[Math.min(k, 7)]!++;
  const factorials = [1, 1, 2, 6, 24, 120, 720];
  const probability = factorials.map((factorial) => Math.exp(-1) / factorial);
  probability.push(1 - probability.reduce((sum, p) => sum + p, 0));
  assert.ok(Math.abs(chiSquareDeviate(counts, (k) => 1e6 * probability[k]!, 7)) < DEVIATION);
});

test("streams of other seeds, purposes and replicas are uncorrelated, 10^5 draws, false-alarm probability 4e-6", () => {
  const n = 1e5;
  const keys = [randomKey(1, "a"), randomKey(2, "a"), randomKey(1, "b"), randomKey(1, "a", 1)];
  const streams = keys.map((key) => {
    const draws = new Float64Array(n);
    fillNormal(key, 0, draws);
    return draws;
  });
  for (let i = 0; i < streams.length; i++) {
    for (let j = 0; j < i; j++) {
      const correlation = streams[i]!.reduce((sum, z, event) => sum + z * streams[j]![event]!, 0) / n;
      assert.ok(Math.abs(correlation) < DEVIATION / Math.sqrt(n), `streams ${i} and ${j}`);
    }
  }
});

test("wrong seeds, indices and sizes are refused with what was expected", () => {
  assert.throws(
    () => randomKey(-1, "a"),
    /randomKey: expected seed to be an integer in \[0, 4294967296\), got seed = -1/,
  );
  assert.throws(() => randomKey(1, "a", 0.5), /replica to be an integer .* got replica = 0.5/);
});

test.run();
