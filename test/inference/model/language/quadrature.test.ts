import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { abs, add, mul, neg, square, sub } from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { type Axis, gaussLegendre, logIntegral } from "../../../../inference/model/language/quadrature.js";
import { close } from "../../../support/close.js";

const LAST_DIGITS = { absolute: 1e-14, relative: 1e-14 };

test("Gauss-Legendre nodes and weights of few points are the closed forms", () => {
  close(gaussLegendre(1).nodes, [0], LAST_DIGITS);
  close(gaussLegendre(2).nodes, [-Math.sqrt(1 / 3), Math.sqrt(1 / 3)], LAST_DIGITS);
  close(gaussLegendre(3).nodes, [-Math.sqrt(3 / 5), 0, Math.sqrt(3 / 5)], LAST_DIGITS);
  close(gaussLegendre(3).weights, [5 / 9, 8 / 9, 5 / 9], LAST_DIGITS);
});

test("those of six points are in Abramowitz and Stegun, table 25.4", () => {
  const { nodes, weights } = gaussLegendre(6);
  close(nodes.slice(3), [0.238619186083197, 0.661209386466265, 0.932469514203152], LAST_DIGITS);
  close(weights.slice(3), [0.467913934572691, 0.360761573048139, 0.17132449237917], LAST_DIGITS);
});

for (const n of [5, 48, 64]) {
  test(`${n} nodes integrate polynomials up to degree ${2 * n - 1}`, () => {
    const { nodes, weights } = gaussLegendre(n);
    for (const degree of [0, 2, n, 2 * n - 2, 2 * n - 1]) {
      const found = nodes.reduce((sum, x, i) => sum + weights[i]! * x ** degree, 0);
      close([found], [degree % 2 === 0 ? 2 / (degree + 1) : 0], LAST_DIGITS, `degree ${degree}`);
    }
  });
}

async function integrated(axes: readonly Axis[], logDensity: (x: readonly Var[]) => Var) {
  const tape = new Tape();
  const { log, error } = logIntegral(tape, axes, logDensity);
  const program = await referenceBackend().compile({ outputs: { log, error } });
  const found = await program.run();
  return { log: found.log![0]!, error: found.error![0]! };
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
const logNormal = (x: Var) => sub(mul(square(x), -0.5), HALF_LOG_2PI);
const OPEN = Number.POSITIVE_INFINITY;
const axis = (low: number, high: number, centre = 0, width = 1): Axis => ({ interval: [low, high], centre, width });

test("a normal density over all numbers, from either side of its mean, and between numbers", async () => {
  const cases: readonly [Axis, number][] = [
    [axis(-OPEN, OPEN), 1],
    [axis(-OPEN, OPEN, 0.5, 2), 1],
    [axis(0, OPEN), 0.5],
    [axis(-OPEN, 0), 0.5],
    // Φ(1) - Φ(-1) and 1 - Φ(2): Abramowitz and Stegun, table 26.1.
    [axis(-1, 1), 0.682689492137086],
    [axis(2, OPEN), 0.02275013194817921],
  ];
  for (const [own, wanted] of cases) {
    const { log, error } = await integrated([own], ([x]) => logNormal(x!));
    close([log], [Math.log(wanted)], { absolute: 1e-9, relative: 1e-9 }, `${own.interval}`);
    assert.ok(error < 1e-6, `${error}`);
  }
});

test("a rectangle of a product of normal densities is the product of both", async () => {
  const { log, error } = await integrated([axis(-1, 1), axis(-OPEN, 0)], ([x, y]) => add(logNormal(x!), logNormal(y!)));
  close([log], [Math.log(0.682689492137086 / 2)], { absolute: 1e-9, relative: 0 });
  assert.ok(error < 1e-6);
});

test("ends may be nodes of the tape", async () => {
  const tape = new Tape();
  const high = tape.parameter("high", []);
  const { log } = logIntegral(tape, [{ interval: [-1, high], centre: 0, width: 1 }], ([x]) => logNormal(x!));
  const program = await referenceBackend().compile({ outputs: { log } });
  await program.write({ high: [1] });
  close((await program.run()).log!, [Math.log(0.682689492137086)], { absolute: 1e-12, relative: 0 });
});

test("where a density has a peak that nodes miss, the estimate says so", async () => {
  // Laplace's density of width 0.01 about 0.3: 2 · 0.01 in all.
  const { log, error } = await integrated([axis(-1, 1)], ([x]) => neg(mul(abs(sub(x!, 0.3)), 100)));
  const actual = Math.abs(log - Math.log(0.02));
  assert.ok(actual > 1e-3 && error > 1e-3, `error ${actual}, estimate ${error}`);
});

test.run();
