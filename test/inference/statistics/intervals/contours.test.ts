import { test } from "uvu";
import * as assert from "uvu/assert";
import { covariance } from "../../../../inference/statistics/fit/covariance.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { CONTOUR_LEVELS, contours, hessianEllipse } from "../../../../inference/statistics/intervals/contours.js";
import { close } from "../objectives.js";

const axis = (n: number) => Array.from({ length: n }, (_, i) => -2 + (4 * i) / (n - 1));
const fieldOf = (x: number[], y: number[], f: (x: number, y: number) => number | undefined) =>
  x.map((a) => y.map((b) => f(a, b)));

test("the levels hold 68.27, 95.45 and 99.73 percent in two dimensions", () => {
  for (const [k, level] of CONTOUR_LEVELS.entries()) {
    close(level, -2 * Math.log(chiSquarePValue((k + 1) ** 2, 1)), { absolute: 0.005 });
  }
});

test("a circle: one closed line of the right length, on the circle", () => {
  const [x, y] = [axis(81), axis(61)];
  const lines = contours(
    x,
    y,
    fieldOf(x, y, (a, b) => Math.hypot(a, b)),
    1.3,
  );
  assert.is(lines.length, 1);
  const { points, isClosed } = lines[0]!;
  assert.ok(isClosed);
  let length = 0;
  for (const [k, [a, b]] of points.entries()) {
    close(Math.hypot(a, b), 1.3, { relative: 1e-3 });
    const [c, d] = points[(k + 1) % points.length]!;
    length += Math.hypot(a - c, b - d);
  }
  close(length, 2 * Math.PI * 1.3, { relative: 1e-3 });
});

test("a plane: one open line from rim to rim, exact", () => {
  const [x, y] = [axis(7), axis(5)];
  const lines = contours(
    x,
    y,
    fieldOf(x, y, (a, b) => a + 0.3 * b),
    0.25,
  );
  assert.is(lines.length, 1);
  assert.is(lines[0]!.isClosed, false);
  for (const [a, b] of lines[0]!.points) close(a + 0.3 * b, 0.25, { absolute: 1e-14 });
  assert.equal([lines[0]!.points[0]![1], lines[0]!.points.at(-1)![1]].map(Math.abs), [2, 2]);
});

test("two islands give two closed lines, one cut by the rim an open one", () => {
  const [x, y] = [axis(41), axis(41)];
  const well = (a: number, b: number) => Math.min(Math.hypot(a - 1, b), Math.hypot(a + 1, b));
  assert.equal(
    contours(x, y, fieldOf(x, y, well), 0.5).map(({ isClosed }) => isClosed),
    [true, true],
  );
  const cut = contours(
    x,
    y,
    fieldOf(x, y, (a, b) => Math.hypot(a - 2, b)),
    0.7,
  );
  assert.equal(
    cut.map(({ isClosed }) => isClosed),
    [false],
  );
});

test("a saddle cell joins the corners its centre belongs to", () => {
  const cell = (low: number, high: number) => [
    [high, low],
    [low, high],
  ];
  // Mean above the level: the high corners (0, 0) and (1, 1) are joined, both lines cut off a low corner.
  for (const { field, joinsDiagonal } of [
    { field: cell(0.4, 2), joinsDiagonal: true },
    { field: cell(-2, 1.2), joinsDiagonal: false },
  ]) {
    const lines = contours([0, 1], [0, 1], field, 1);
    assert.is(lines.length, 2);
    for (const { points } of lines) {
      assert.is(points.length, 2);
      const onDiagonalSide = points.map(([a, b]) => Math.sign(a - b));
      // Lines around (1, 0) or (0, 1) stay on one side of the diagonal a = b; lines around (0, 0) or (1, 1) cross it.
      assert.is(onDiagonalSide[0] === onDiagonalSide[1], joinsDiagonal);
    }
  }
});

test("missing values hold no line and open those around them", () => {
  const [x, y] = [axis(41), axis(41)];
  const field = fieldOf(x, y, (a, b) => (a > 1 && Math.abs(b) < 0.3 ? undefined : Math.hypot(a, b)));
  const lines = contours(x, y, field, 1.3);
  assert.is(lines.length, 1);
  assert.is(lines[0]!.isClosed, false);
});

test("a level nowhere met gives no line", () => {
  const [x, y] = [axis(5), axis(5)];
  assert.equal(
    contours(
      x,
      y,
      fieldOf(x, y, (a, b) => Math.hypot(a, b)),
      50,
    ),
    [],
  );
});

test("wrong shapes, levels and names are refused", () => {
  assert.throws(
    () =>
      contours(
        [0, 1],
        [0, 1, 2],
        [
          [0, 0],
          [0, 0],
        ],
        1,
      ),
    /expected a field of \[2, 3\] values, got 2 rows of 2/,
  );
  const unit = covariance([1, 0, 0, 1], ["a", "b"]);
  assert.is(unit.status, "positive-definite");
  if (unit.status !== "positive-definite") return;
  assert.throws(() => hessianEllipse(unit, ["a", "c"], [0, 0], 1), /hessianEllipse: expected one of a, b, got "c"/);
  assert.throws(() => hessianEllipse(unit, ["a", "b"], [0, 0], -1), /expected a positive -2ΔlnL, got -1/);
});

test.run();
