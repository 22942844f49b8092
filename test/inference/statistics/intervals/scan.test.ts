import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FitResult } from "../../../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { CONTOUR_LEVELS, hessianEllipse, scanContours } from "../../../../inference/statistics/intervals/contours.js";
import { INTERVAL_LEVELS, intervals, scan1d, scan2d } from "../../../../inference/statistics/intervals/scan.js";
import { rejects } from "../../../support/rejects.js";
import { answers, close, objectiveOf, peakOnExponential, quadratic } from "../objectives.js";

const grid = (from: number, to: number, n: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

/** σ = 0.2 and 0.3, correlation 0.3. */
const determinant = 0.04 * 0.09 - 0.018 ** 2;
const correlated = quadratic(
  [0.09 / determinant, -0.018 / determinant, -0.018 / determinant, 0.04 / determinant],
  [0.5, -0.5],
  123,
);
const fitOf = (objective: typeof correlated, start: number[]): Promise<FitResult> => minimise(objective, { start });

test("profiled and fixed scans of a quadratic: σ and σ√(1 - ρ²)", async () => {
  const bestFit = await fitOf(correlated, [0, 0]);
  const values = grid(-0.4, 1.4, 37);
  const profiled = await scan1d(correlated, "nu0", values, { bestFit, profile: true });
  const fixed = await scan1d(correlated, "nu0", values, { bestFit, profile: false });
  assert.is(profiled.isProfiled, true);
  assert.equal(profiled.problems, []);
  for (const [i, x] of values.entries()) {
    close(profiled.deltaTwoNll[i], ((x - 0.5) / 0.2) ** 2, { absolute: 1e-5 });
    close(fixed.deltaTwoNll[i], ((x - 0.5) / 0.2) ** 2 / (1 - 0.09), { absolute: 1e-5 });
    close(profiled.nuisances[i]![1], -0.5 + (0.3 * 0.3 * (x - 0.5)) / 0.2, { absolute: 1e-3 }, "the other nuisance");
  }
  for (const [k, level] of INTERVAL_LEVELS.entries()) {
    const found = intervals(profiled, level);
    assert.is(found.length, 1);
    close(found[0]!.lower, 0.5 - 0.2 * (k + 1), { absolute: 1e-5 });
    close(found[0]!.upper, 0.5 + 0.2 * (k + 1), { absolute: 1e-5 });
  }
});

test("profiles agree with iminuit's, crossings at 1 with MINOS", async () => {
  const reference = answers("iminuit-mixture.json");
  const objective = peakOnExponential(reference.events);
  const bestFit = await minimise(objective, { start: reference.start });
  for (const [i, name] of (reference.names as string[]).entries()) {
    const points = reference.profiles[name];
    const scan = await scan1d(
      objective,
      name,
      points.map(({ at }: { at: number }) => at),
      { bestFit, profile: true },
    );
    for (const [k, point] of points.entries()) {
      close(scan.deltaTwoNll[k], point.delta_two_nll, { absolute: 1e-4 }, `${name} at ${point.at}`);
      for (let j = 0; j < 4; j++) {
        close(scan.nuisances[k]![j], point.values[j], { absolute: 5e-3 * bestFit.covariance!.sigma[j]! });
      }
    }
    const [low, high] = reference.minos[name];
    const fine = grid(reference.values[i] + 1.5 * low, reference.values[i] + 1.5 * high, 25);
    const [interval] = intervals(await scan1d(objective, name, fine, { bestFit, profile: true }), 1);
    close(interval!.lower, reference.values[i] + low, { absolute: 0.01 * -low }, `${name} lower`);
    close(interval!.upper, reference.values[i] + high, { absolute: 0.01 * high }, `${name} upper`);
  }
});

test("a profiled contour passes through iminuit's contour points", async () => {
  const reference = answers("iminuit-mixture.json");
  const objective = peakOnExponential(reference.events);
  const bestFit = await minimise(objective, { start: reference.start });
  const [fraction, width] = [bestFit.estimate.values[0]!, bestFit.estimate.values[2]!];
  const scan = await scan2d(
    objective,
    ["fraction", "width"],
    [grid(fraction - 0.1, fraction + 0.1, 21), grid(width - 0.15, width + 0.18, 21)],
    { bestFit, profile: true },
  );
  assert.equal(scan.problems, []);
  for (const level of CONTOUR_LEVELS.slice(0, 2)) {
    const lines = scanContours(scan, level);
    assert.is(lines.length, 1);
    assert.ok(lines[0]!.isClosed);
    for (const [x, y] of reference.contours_fraction_width[String(level)]) {
      const there = await scan2d(objective, ["fraction", "width"], [[x], [y]], { bestFit, profile: true });
      // MnContours searches its points to a tolerance of its own, here 0.1%.
      close(there.deltaTwoNll[0]![0], level, { relative: 0.002 }, `profile at (${x}, ${y})`);
      // Cells are 0.3 σ wide: chords and interpolation on them leave some hundredths of σ.
      const scale = (p: readonly [number, number]): [number, number] => [p[0] / 0.034, p[1] / 0.05];
      const closest = Math.min(
        ...lines[0]!.points.map((point, k, all) =>
          distanceToSegment(scale([x, y]), scale(point), scale(all[(k + 1) % all.length]!)),
        ),
      );
      assert.ok(closest < 0.03, `${closest} σ from iminuit's point (${x}, ${y}) at ${level}`);
    }
  }
});

function distanceToSegment(p: [number, number], a: [number, number], b: [number, number]): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const t = Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

test("contours of a correlated Gaussian are its Hessian ellipse", async () => {
  const bestFit = await fitOf(correlated, [0, 0]);
  const scan = await scan2d(correlated, ["nu0", "nu1"], [grid(-0.4, 1.41, 41), grid(-1.8, 0.81, 41)], {
    bestFit,
    profile: true,
  });
  for (const level of CONTOUR_LEVELS) {
    const [line, ...others] = scanContours(scan, level);
    assert.is(others.length, 0);
    for (const [x, y] of line!.points) {
      const [a, b] = [(x - 0.5) / 0.2, (y + 0.5) / 0.3];
      close((a * a + b * b - 0.6 * a * b) / (1 - 0.09), level, { relative: 0.02 });
    }
    for (const [x, y] of hessianEllipse(bestFit.covariance!, ["nu0", "nu1"], [0.5, -0.5], level).points) {
      const [a, b] = [(x - 0.5) / 0.2, (y + 0.5) / 0.3];
      close((a * a + b * b - 0.6 * a * b) / (1 - 0.09), level, { relative: 1e-9 });
    }
  }
});

test("two minima give two intervals; one cut by the end of the scan is open there", async () => {
  const wells = objectiveOf(["a"], ([a]) => ({ nll: 5 * (a! * a! - 1) ** 2, gradient: [], hessian: [] }));
  const bestFit = { estimate: { names: ["a"], values: [1] }, nll: 0 };
  const scan = await scan1d(wells, "a", grid(-1.01, 1.5, 400), { bestFit, profile: true });
  const [left, right, ...rest] = intervals(scan, 1);
  assert.is(rest.length, 0);
  assert.is(left!.lower, undefined);
  // 10 (a² - 1)² = 1
  close(left!.upper, -Math.sqrt(1 - Math.sqrt(0.1)), { absolute: 1e-4 });
  close(right!.lower, Math.sqrt(1 - Math.sqrt(0.1)), { absolute: 1e-4 });
  close(right!.upper, Math.sqrt(1 + Math.sqrt(0.1)), { absolute: 1e-4 });
});

test("points without a finite NLL are missing and listed, a scan below the best fit says how far", async () => {
  const objective = objectiveOf(["a"], ([a]) => ({ nll: a! > 0 ? a! - Math.log(a!) : NaN, gradient: [], hessian: [] }));
  const scan = await scan1d(objective, "a", [-1, 0.5, 1, 2], {
    bestFit: { estimate: { names: ["a"], values: [2] }, nll: 2 - Math.log(2) },
    profile: false,
  });
  assert.is(scan.deltaTwoNll[0], undefined);
  assert.equal(scan.problems, [{ at: [-1], reason: "The NLL is NaN." }]);
  close(scan.belowBestFit, 2 * (1 - 2 + Math.log(2)), { relative: 1e-12 });
});

test("a profile fit that fails is listed with its verdict", async () => {
  const flat = quadratic([1, 0, 0, 0], [0, 0]);
  const bestFit = { estimate: { names: ["nu0", "nu1"], values: [0, 0] }, nll: 0 };
  const scan = await scan1d(flat, "nu0", [0, 1], { bestFit, profile: true });
  assert.is(scan.problems.length, 2);
  assert.match(scan.problems[0]!.reason, "not-positive-definite: The Hessian is singular: along 1.00 nu1 it is flat");
});

test("an aborted scan keeps what it has", async () => {
  const controller = new AbortController();
  const bestFit = await fitOf(correlated, [0, 0]);
  const scan = await scan1d(correlated, "nu0", grid(0, 1, 5), {
    bestFit,
    profile: true,
    signal: controller.signal,
    onPoint: (done) => {
      if (done === 2) controller.abort();
    },
  });
  assert.is(scan.deltaTwoNll.filter((value) => value !== undefined).length, 2);
  assert.match(scan.problems[0]!.reason, "Aborted after 2 of 5 points");
});

test("bad scans are refused", async () => {
  const bestFit = await fitOf(correlated, [0, 0]);
  const options = { bestFit, profile: true };
  await rejects(scan1d(correlated, "shift", [0], options), /expected one of nu0, nu1, got "shift"/);
  await rejects(
    scan1d(correlated, "nu0", [1, 0], options),
    /expected finite values in ascending order, got 0 at position 1/,
  );
  await rejects(scan1d(correlated, "nu0", [], options), /expected at least one value, got none/);
  await rejects(
    scan2d(correlated, ["nu0", "nu0"], [[0], [0]], options),
    /expected two different nuisances, got nu0 twice/,
  );
  await rejects(
    scan1d(correlated, "nu0", [0], { bestFit: { ...bestFit, nll: undefined }, profile: true }),
    /expected an NLL and 2 nuisances, got NLL undefined/,
  );
  const scan = await scan1d(correlated, "nu0", [0, 1], options);
  assert.throws(() => intervals(scan, 0), /expected a positive -2ΔlnL, got 0/);
});

test.run();
