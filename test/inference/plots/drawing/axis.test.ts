import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { domainAround, horizontalAxis, linearAxis } from "../../../../inference/plots/drawing/axis.js";
import {
  fixed,
  footerLine,
  goodnessText,
  measurement,
  powerOfTen,
  pValueText,
  significant,
} from "../../../../inference/plots/drawing/numbers.js";
import { smoothPath } from "../../../../inference/plots/drawing/svg.js";

const texts = (low: number, high: number, n: number) => linearAxis("a", [low, high], n).ticks.map((tick) => tick.text);

test("ticks stand at multiples of 1, 2 or 5, with true minus signs and as many decimals as the step", () => {
  assert.equal(texts(0, 10, 5), ["0", "2", "4", "6", "8", "10"]);
  assert.equal(texts(-0.55, 0.55, 5), ["−0.4", "−0.2", "0.0", "0.2", "0.4"]);
  assert.equal(texts(0.98, 1.02, 4), ["0.98", "0.99", "1.00", "1.01", "1.02"]);
  assert.equal(texts(0, 40_000, 4), ["0", "10\u202f000", "20\u202f000", "30\u202f000", "40\u202f000"]);
});

test("axes of very large or small numbers divide by a power of a thousand, named in the label", () => {
  const large = linearAxis("events", [0, 2.4e6], 4);
  assert.is(large.label, "events / 10⁶");
  assert.equal(
    large.ticks.map((tick) => tick.text),
    ["0.0", "0.5", "1.0", "1.5", "2.0"],
  );
  const small = linearAxis("Δ", [-3e-5, 3e-5], 3);
  assert.is(small.label, "Δ / 10⁻⁶");
  assert.equal(
    small.ticks.map((tick) => tick.text),
    ["−20", "0", "20"],
  );
});

test("axes far from 0 say the difference from a round number, named in the label", () => {
  const axis = linearAxis("x", [1e7 - 2.2, 1e7 + 4.1], 4);
  assert.is(axis.label, "x − 1.000000 × 10⁷");
  assert.equal(
    axis.ticks.map(({ at, text }) => [at, text]),
    [
      [9_999_998, "−2"],
      [10_000_000, "0"],
      [10_000_002, "2"],
      [10_000_004, "4"],
    ],
  );
  assert.equal(axis.domain, [1e7 - 2.2, 1e7 + 4.1]);
  const below = linearAxis("x", [-123_456.2, -123_455.9], 3);
  assert.is(below.label, "x + 123\u202f456");
  assert.equal(
    below.ticks.map(({ text }) => text),
    ["−0.2", "−0.1", "0.0", "0.1"],
  );
});

test("for any domain there are 2 to 12 ticks inside it, all labelled differently", () => {
  const mantissa = fc.double({ min: -1, max: 1, noNaN: true });
  const scale = fc.integer({ min: -8, max: 8 }).map((exponent) => 10 ** exponent);
  fc.assert(
    fc.property(mantissa, fc.double({ min: 0.01, max: 1, noNaN: true }), scale, (low, width, unit) => {
      const domain = [low * unit, (low + width) * unit] as const;
      const { ticks } = linearAxis("a", domain, 5);
      assert.ok(ticks.length >= 2 && ticks.length <= 12);
      assert.ok(
        ticks.every(({ at }) => at >= domain[0] - 1e-5 * width * unit && at <= domain[1] + 1e-5 * width * unit),
      );
      assert.is(new Set(ticks.map((tick) => tick.text)).size, ticks.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("a narrow axis has fewer labels than a wide one", () => {
  const count = (width: number) => horizontalAxis("a", [0, 60_000], width).ticks.length;
  assert.ok(count(120) < count(400));
});

test("a domain is never empty, not even around a single value", () => {
  assert.equal(domainAround([1, 3], 0.1), [0.8, 3.2]);
  for (const value of [0, 5, -1e6]) {
    const [low, high] = domainAround([value], 0.1);
    assert.ok(low < value && value < high);
  }
});

test("numbers are written as in print", () => {
  assert.is(fixed(-12_345.67, 1), "−12\u202f345.7");
  assert.is(fixed(-0.0001, 2), "0.00");
  assert.is(fixed(9999, 0), "9999");
  assert.is(significant(0.0093456, 3), "0.00935");
  assert.is(significant(1234.4, 2), "1234");
  assert.is(significant(-2.5e-7, 2), "−2.5 × 10⁻⁷");
  assert.is(significant(9.99e6, 2), "1.0 × 10⁷");
  assert.is(measurement(0.48623, 0.00897), "0.4862 ± 0.0090");
  assert.is(measurement(-1234.4, 56.7), "−1234 ± 57");
  assert.is(powerOfTen(-12), "10⁻¹²");
  assert.is(pValueText(0.0312), "p = 0.031");
  assert.is(pValueText(1e-90), "p < 10⁻⁶");
  assert.is(goodnessText({ chi2: 27.31, ndf: 28, pValue: 0.503 }), "χ²/ndf = 27.3 / 28, p = 0.50");
  assert.is(footerLine({ nEvents: 50_000, seed: 1, version: "0.1.0" }), "N = 50\u202f000 · seed 1 · unbinned 0.1.0");
});

test("a smooth path through points of a parabola is that parabola", () => {
  const parabola = (x: number) => 3 + 0.5 * (x - 40) ** 2;
  const xs = [10, 20, 45, 50, 80];
  const pieces = smoothPath(xs.map((x) => [x, parabola(x)])).matchAll(/C([^C]+)/g);
  for (const [i, [, numbers]] of [...pieces].entries()) {
    const [, y1, , y2, x3, y3] = numbers!.split(",").map(Number) as [number, number, number, number, number, number];
    assert.is(x3, xs[i + 1]);
    // A cubic Bézier piece is (P0 + 3 P1 + 3 P2 + P3)/8 half-way; coordinates have two decimals.
    const middle = (parabola(xs[i]!) + 3 * y1 + 3 * y2 + y3) / 8;
    assert.ok(Math.abs(middle - parabola((xs[i]! + xs[i + 1]!) / 2)) < 0.01, `piece ${i}: ${middle}`);
  }
});

test.run();
