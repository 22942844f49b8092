/** Each law against its S(d) in closed form: P(Z > z(d)) = S(d) P(Z > z(0)). */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { logNormalTail } from "../../../../inference/model/features/normal-tail.js";
import { slopeAtKnot, type Tail, type TailLaw, tailLaw } from "../../../../inference/model/features/tails.js";

const KNOT = 7;
const Z = 1.4;
const SLOPE = 0.3;

interface Sample {
  readonly tail: Tail;
  /** Undefined where the law is one of z, not of S. */
  readonly logTail?: (d: number) => number;
  readonly distances: readonly number[];
}

const samples: { readonly [K in Tail["kind"]]: readonly Sample[] } = {
  linear: [{ tail: { kind: "linear" }, distances: [0, 0.3, 2, 40] }],
  pareto: [
    {
      tail: { kind: "pareto", index: 0.4, scale: 2 },
      logTail: (d) => -2.5 * Math.log(1 + 0.2 * d),
      distances: [0, 0.3, 5, 1e4, 1e60],
    },
    { tail: { kind: "pareto", index: 0, scale: 2 }, logTail: (d) => -d / 2, distances: [0, 0.3, 5, 900] },
  ],
  power: [
    {
      tail: { kind: "power", index: 0.25, linear: 0.6, quadratic: 0.3 },
      logTail: (d) => -2 * Math.log(1 + 0.6 * d + 0.3 * d * d),
      distances: [0, 0.3, 5, 1e4, 1e60],
    },
  ],
  stretched: [
    {
      tail: { kind: "stretched", factor: 1.5, scale: 2, power: 0.7 },
      logTail: (d) => 1.5 - 1.5 * (1 + d / 2) ** 0.7,
      distances: [0, 0.3, 5, 300],
    },
  ],
  "box-cox": [
    { tail: { kind: "box-cox", factor: 1.5, scale: 2, power: 0.4 }, distances: [0, 0.3, 5, 1e4, 1e60] },
    { tail: { kind: "box-cox", factor: 0.8, scale: 2, power: 1.3 }, distances: [0, 0.3, 5, 1e4] },
  ],
  edge: [
    {
      tail: { kind: "edge", end: 12, power: 1, bend: 0 },
      logTail: (d) => Math.log(1 - d / 5),
      distances: [0, 0.3, 4, 4.999],
    },
    {
      tail: { kind: "edge", end: 12, power: 0.6, bend: 0.3 },
      logTail: (d) => {
        const v = (1 - d / 5) ** 0.6;
        return Math.log(1.3 * v - 0.3 * v * v);
      },
      distances: [0, 0.3, 4, 4.999],
    },
  ],
};

const close = (found: number, wanted: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(found - wanted) <= tolerance * (1 + Math.abs(wanted)), `${what}: ${found}, expected ${wanted}`);

/** Central difference with a step in which the third derivative is seen by less than 1e-7. */
function difference(law: TailLaw, d: number, width: number): number {
  const step = 1e-5 * Math.min(1 + d, 1.0002 * width - d);
  return (law.forward(d + step) - law.forward(d - step)) / (2 * step);
}

test("the tail of a cube of a normal variable is that of the variable", () => {
  const knot = 1.4 ** 3;
  const law = tailLaw({ kind: "box-cox", factor: 1.4, scale: knot, power: 1 / 3 }, knot, 1.4, SLOPE);
  for (const z of [1.4, 2, 5, 30]) close(law.forward(z ** 3 - knot), z, 1e-13, `z of ${z}³`);
});

for (const { tail, logTail, distances } of Object.values(samples).flat()) {
  const law = tailLaw(tail, KNOT, Z, SLOPE);
  const name = JSON.stringify(tail);
  const width = tail.kind === "edge" ? tail.end - KNOT : Number.POSITIVE_INFINITY;
  test(`${name} has its probability of larger values`, () => {
    for (const d of distances) {
      const wanted = logTail?.(d);
      const found = logNormalTail(law.forward(d)) - logNormalTail(Z);
      if (wanted !== undefined) close(found, wanted, 1e-12, `log S(${d})`);
    }
  });
  test(`${name} has an inverse`, () => {
    for (const d of distances) close(law.inverse(law.forward(d)), d, 1e-11, `inverse at ${d}`);
  });
  test(`${name} has the slope of its differences`, () => {
    for (const d of distances.filter((own) => own > 0 && own < 1e5))
      close(Math.exp(law.logSlope(d)), difference(law, d, width), 1e-6, `slope at ${d}`);
  });
  test(`${name} begins with the slope of its knot`, () => {
    close(Math.log(slopeAtKnot(tail, KNOT, Z) ?? SLOPE), law.logSlope(0), 1e-13, "log slope");
  });
}

test("an event at an edge has a density, one beyond has none, both a finite z", () => {
  const law = tailLaw({ kind: "edge", end: 12, power: 1, bend: 0 }, KNOT, Z, SLOPE);
  const [at, beyond] = [law.logSlope(5), law.logSlope(5.0001)];
  assert.ok(Number.isFinite(at));
  assert.is(beyond, Number.NEGATIVE_INFINITY);
  for (const d of [5, 5.0001, 1e9]) assert.ok(Number.isFinite(law.forward(d)), `z at ${d}`);
  // The density is constant up to the edge: log f = log φ(z) + log slope.
  const logDensity = (d: number) => -0.5 * law.forward(d) ** 2 + law.logSlope(d);
  close(logDensity(5), logDensity(0), 1e-9, "log density at the edge");
});

test.run();
