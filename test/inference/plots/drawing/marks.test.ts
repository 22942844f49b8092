/** Marks in pixels: outlines of histograms, error bars, and styles that repeat. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  errorPoints,
  filledSteps,
  line,
  offScale,
  seriesStyle,
  star,
  steps,
  verticalError,
} from "../../../../inference/plots/drawing/marks.js";
import { requireWellFormed } from "../well-formed.js";

const to = { x: (x: number) => 10 * x, y: (y: number) => 100 - y, width: 100, height: 100 };

test("a histogram's outline runs along every bin at its value", () => {
  assert.equal(steps(to, [0, 1, 3], [20, 50]), [
    [0, 80],
    [10, 80],
    [10, 50],
    [30, 50],
  ]);
});

test("the area between two histograms is as large as they differ", () => {
  const markup = filledSteps(to, [0, 1, 3], [20, 50], [30, 90], 0.5);
  const points = [...markup.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  // The shoelace formula: Σ width × (upper - lower) = 10 × 10 + 20 × 40 square pixels.
  const doubled = points.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = points[(i + 1) % points.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
  assert.is(Math.abs(doubled) / 2, 900);
});

test("one point is a dot, several are a line", () => {
  assert.match(line([[3, 4]], 2), '<circle cx="3" cy="4" r="3"');
  assert.match(
    line(
      [
        [0, 0],
        [3, 4],
      ],
      2,
    ),
    'd="M0,0L3,4"',
  );
});

test("error bars reach from their lower to their upper end; without points nothing is drawn", () => {
  assert.is(errorPoints([], 3), "");
  assert.match(errorPoints([verticalError(5, 10, 12, 7)], 3), 'd="M5,12L5,7"');
});

test("series have styles without end", () => {
  const styles = Array.from({ length: 20 }, (_, i) => seriesStyle(i));
  const period = styles.findIndex((style, i) => i > 0 && style === styles[0]);
  assert.ok(period >= 4, `${period}`);
  assert.is(new Set(styles.slice(0, period).map(({ colour }) => colour)).size, period);
});

test("marks are well-formed, and an arrow off scale points outwards", () => {
  for (const markup of [star(5, 5, 3), offScale(5, 5, "up"), offScale(5, 5, "down")]) requireWellFormed(markup.trim());
  assert.match(offScale(5, 20, "up"), "L5,13Z");
  assert.match(offScale(5, 20, "down"), "L5,27Z");
});

test.run();
