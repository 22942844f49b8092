import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Scan1d, Scan2d } from "../../../../inference/statistics/intervals/scan.js";
import {
  type NoScanParabola,
  type ScanParabola,
  scanParabola,
  scanParaboloid,
} from "../../../../inference/statistics/intervals/scan-parabola.js";
import { close } from "../objectives.js";

const base = {
  isProfiled: true,
  bestFit: { names: [], values: [] },
  belowBestFit: undefined,
  problems: [],
};

const grid = (from: number, to: number, n: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

function scanOf(values: readonly number[], value: (x: number) => number | undefined): Scan1d {
  return { ...base, name: "shift", values, deltaTwoNll: values.map(value), nuisances: [] };
}

function gridScanOf(
  x: readonly number[],
  y: readonly number[],
  value: (x: number, y: number) => number | undefined,
): Scan2d {
  const deltaTwoNll = x.map((a) => y.map((b) => value(a, b)));
  return { ...base, names: ["shift", "squeeze"], values: [x, y], deltaTwoNll };
}

function found(result: ScanParabola | NoScanParabola): ScanParabola {
  if (result.status !== "found") throw new Error(result.reason);
  return result;
}

test("of a parabola on any grid: its vertex and σ", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -0.9, max: 0.9, noNaN: true }),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      fc.double({ min: -2, max: 5, noNaN: true }),
      (centre, sigma, depth) => {
        // Steps between 0.05 and 0.25.
        const values = grid(-1.5, 1.5, 21).map((x) => x + 0.05 * Math.sin(9 * x));
        const scan = scanOf(values, (x) => ((x - centre) / sigma) ** 2 + depth);
        const { estimate, sigma: errors, deltaTwoNll, correlation, residual, points } = found(scanParabola(scan));
        assert.equal(estimate.names, ["shift"]);
        close(estimate.values[0], centre, { absolute: 1e-9 });
        close(errors[0], sigma, { relative: 1e-9 });
        close(deltaTwoNll, depth, { absolute: 1e-9 });
        close(residual, 0, { absolute: 1e-9 });
        assert.equal(correlation, [[1]]);
        assert.is(points, 5);
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test("of a paraboloid: estimate, σ and correlation", () => {
  // C of σ = 0.01 and 0.02, correlation -0.6.
  const scan = gridScanOf(grid(0.45, 0.55, 21), grid(-0.6, -0.4, 31), (x, y) => {
    const [a, b] = [(x - 0.4873) / 0.01, (y + 0.5211) / 0.02];
    return (a * a + b * b + 1.2 * a * b) / (1 - 0.36) - 0.25;
  });
  const result = found(scanParaboloid(scan));
  close(result.estimate.values[0], 0.4873, { relative: 1e-9 });
  close(result.estimate.values[1], -0.5211, { relative: 1e-9 });
  close(result.sigma[0], 0.01, { relative: 1e-9 });
  close(result.sigma[1], 0.02, { relative: 1e-9 });
  close(result.correlation[0]![1], -0.6, { relative: 1e-9 });
  close(result.deltaTwoNll, -0.25, { absolute: 1e-9 });
  assert.is(result.points, 25);
  assert.ok(Object.isFrozen(result) && Object.isFrozen(result.sigma));
});

test("a skewed scan: vertex of numpy's polyfit through the same five points, and what is left", () => {
  const scan = scanOf([0, 1, 2, 3, 4, 5, 6], (x) => [9, 4.2, 1.1, 0.2, 0.9, 3.4, 8][x]);
  const { estimate, sigma, deltaTwoNll, residual } = found(scanParabola(scan));
  // c, b, a = numpy.polyfit([1, 2, 3, 4, 5], [4.2, 1.1, 0.2, 0.9, 3.4], 2)
  close(estimate.values[0], 3.0984375, { relative: 1e-8 });
  close(sigma[0], 1.045825033, { relative: 1e-8 });
  close(deltaTwoNll, 0.1225691964, { relative: 1e-6 });
  close(residual, 0.07091242083, { relative: 1e-6 });
});

test("why there is no best fit", () => {
  const reasonOf = (result: ScanParabola | NoScanParabola) => {
    if (result.status === "found") throw new Error("found one");
    return `${result.status}: ${result.reason}`;
  };
  const values = grid(0, 1, 11);
  const falling = scanParabola(scanOf(values, (x) => -x));
  assert.match(reasonOf(falling), "at-edge: The lowest point is at the edge of the scan, shift = 1: scan further.");
  const empty = scanParabola(scanOf(values, () => undefined));
  assert.is(reasonOf(empty), "no-values: The scan has no values.");
  const torn = scanParabola(scanOf(values, (x) => (x < 0.45 ? undefined : x)));
  assert.is(reasonOf(torn), "missing-neighbours: Values beside the lowest point, shift = 0.5, are missing.");
  const hat = [0, 5, -1, 5, 0];
  const concave = scanParabola(scanOf([0, 1, 2, 3, 4, 5, 6], (x) => [9, ...hat, 9][x]));
  assert.match(reasonOf(concave), "not-convex: The parabola through the points around the lowest one has no minimum");
  const zigzag = [0.1, 1.4, 0, 2.6, 2];
  const beyond = scanParabola(scanOf([0, 1, 2, 3, 4, 5, 6], (x) => [9, ...zigzag, 9][x]));
  // numpy.polyfit puts its vertex there too.
  assert.is(reasonOf(beyond), "outside: The parabola has its minimum 17.5 steps of the scan off its lowest point.");
  const saddle = scanParaboloid(
    gridScanOf(grid(-1, 1, 9), grid(-1, 1, 9), (x, y) => {
      if (Math.max(Math.abs(x), Math.abs(y)) > 0.6) return 9;
      return x === 0 && y === 0 ? -1.1 : x * x + y * y - 6 * x * y;
    }),
  );
  assert.match(reasonOf(saddle), "not-convex: The paraboloid through");
});

test.run();
