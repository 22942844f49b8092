/** p(y | x) of sums of products: Bayes' fractions, and what no conditional density can be made of. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { close } from "../../../support/close.js";
import { erf } from "../../../support/error-functions.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

const DENSITIES: Readonly<Record<string, DensityForm>> = {
  m1: { kind: "gaussian", x: "m", mean: 1, sigma: 0.5 },
  m2: { kind: "uniform", x: "m" },
  t1: { kind: "exponential", x: "t", c: 2 },
  t2: { kind: "exponential", x: "t", c: 0.5 },
  s: { kind: "product", factors: ["m1", "t1"] },
  b: { kind: "product", factors: ["t2", "m2"] },
  both: { kind: "mixture", summands: ["s", "b"], coefficients: ["fraction"] },
};

const compositionWith = (more: Readonly<Record<string, DensityForm>>): Composition => ({
  parameters: [parameter("fraction", 0.3)],
  columns: { m: { range: [0, 4] }, t: { range: [0, Number.POSITIVE_INFINITY] } },
  densities: { ...DENSITIES, ...more },
});

test("fractions follow from what the given columns say", async () => {
  const given = (density: string): DensityForm => ({ kind: "conditional", density, given: ["t"] });
  const composition = checkedComposition(compositionWith({ own: given("both"), one: given("s") }));
  assert.equal([composition.shape("own").of, composition.shape("own").given], [["m"], ["t"]]);
  const [m, t] = [Float64Array.of(0.5, 1, 3), Float64Array.of(0.1, 1, 4)];
  const logProb = (density: string) => logProbOf(referenceBackend(), composition, density, { m, t });
  // Φ from 0 to 4 of the normal density 1 ± 0.5 (scipy.stats.norm).
  const peak = (x: number) => Math.exp(-2 * (x - 1) ** 2) / (0.5 * Math.sqrt(2 * Math.PI) * 0.9772498670652331);
  const wanted = m.map((x, i) => {
    const [a, b] = [0.3 * 2 * Math.exp(-2 * t[i]!), 0.7 * 0.5 * Math.exp(-0.5 * t[i]!)];
    return Math.log((a * peak(x) + b / 4) / (a + b));
  });
  close(await logProb("own"), wanted, { absolute: 1e-7, relative: 0 });
  // Of a product whose factors do not look at each other, nothing but the other factor is left.
  close(await logProb("one"), await logProb("m1"), { absolute: 1e-12, relative: 0 });
});

/** Φ. */
const below = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;

test("in a region, the density is normalised over what is left of the other column at every value of the given one", async () => {
  const region = {
    m: [
      [0, 0.8],
      [2, 3],
    ],
    t: [[0.2, 5]],
  } as const;
  const composition = checkedComposition(
    compositionWith({
      cut: { kind: "truncated", density: "both", region },
      own: { kind: "conditional", density: "cut", given: ["t"] },
      ofT: { kind: "conditional", density: "cut", given: ["m"] },
      again: { kind: "truncated", density: "own", region: { m: [[0.5, 2.5]] } },
    }),
  );
  const [m, t] = [Float64Array.of(0.5, 2.2, 1, 0.7, 2.5), Float64Array.of(0.3, 1, 1, 4, 6)];
  const logProb = (density: string) => logProbOf(referenceBackend(), composition, density, { m, t });
  const peak = (from: number, to: number) => (below((to - 1) / 0.5) - below((from - 1) / 0.5)) / (below(6) - below(-2));
  const at = (x: number) => Math.exp(-2 * (x - 1) ** 2) / (0.5 * Math.sqrt(2 * Math.PI) * (below(6) - below(-2)));
  const early = (x: number) => [0.3 * 2 * Math.exp(-2 * x), 0.7 * 0.5 * Math.exp(-0.5 * x)] as const;
  const given = (x: number, y: number, ofPeak: number, ofFlat: number) => {
    const [a, b] = early(y);
    return Math.log((a * at(x) + b / 4) / (a * ofPeak + (b * ofFlat) / 4));
  };
  const all = peak(0, 0.8) + peak(2, 3);
  const wanted = m.slice(0, 2).map((x, i) => given(x, t[i]!, all, 1.8));
  const found = await logProb("own");
  close(found.slice(0, 2), wanted, { absolute: 1e-7, relative: 0 });
  // Outside of the region of m it is 0; at a value of t that the region leaves out there is no density.
  assert.equal([found[2], found[4]], [Number.NEGATIVE_INFINITY, Number.NaN]);
  // A region of the conditional density, within that of the joint one.
  const part = peak(0.5, 0.8) + peak(2, 2.5);
  const again = m.slice(0, 2).map((x, i) => given(x, t[i]!, part, 0.8));
  close((await logProb("again")).slice(0, 2), again, { absolute: 1e-7, relative: 0 });
  const within = (from: number, to: number, c: number) => Math.exp(-c * from) - Math.exp(-c * to);
  const ofT = m.slice(0, 2).map((x, i) => {
    const [a, b] = early(t[i]!);
    const whole = 0.3 * at(x) * within(0.2, 5, 2) + (0.7 / 4) * within(0.2, 5, 0.5);
    return Math.log((a * at(x) + b / 4) / whole);
  });
  close((await logProb("ofT")).slice(0, 2), ofT, { absolute: 1e-7, relative: 0 });
});

test("a region of a conditional density that its joint density has nothing in is refused", () => {
  const densities: Readonly<Record<string, DensityForm>> = {
    cut: { kind: "truncated", density: "both", region: { m: [[0, 1]] } },
    own: { kind: "conditional", density: "cut", given: ["t"] },
    none: { kind: "truncated", density: "own", region: { m: [[2, 3]] } },
  };
  assert.throws(
    () => checkedComposition(compositionWith(densities)),
    /^density none, m: expected intervals that overlap those of own, \[0, 1\], got \[2, 3\]/,
  );
});

test("what has no density of the given columns alone is refused in one sentence", () => {
  const said = (given: readonly string[], density: string, more: Readonly<Record<string, DensityForm>> = {}) => {
    try {
      checkedComposition(compositionWith({ ...more, own: { kind: "conditional", density, given } }));
      return "nothing";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const some = /^density own: expected some of the columns that both is of \(m, t\), and not all, got/;
  for (const given of [[], ["m", "t"], ["x"]]) assert.match(said(given, "both"), some);
  assert.match(said(["m"], "m1"), /expected some of the columns that m1 is of \(m\)/);
  const on: Readonly<Record<string, DensityForm>> = {
    moving: { kind: "gaussian", x: "m", mean: "t", sigma: 1 },
    p: { kind: "product", factors: ["moving", "t1"] },
    sum: { kind: "mixture", summands: ["p", "b"], coefficients: ["fraction"] },
    cut: { kind: "truncated", density: "s", region: { t: [[0, 1]] } },
  };
  assert.is(said(["t"], "p", on), "nothing");
  assert.is(said(["t"], "sum", on), "nothing");
  const refused =
    /expected columns of \w+ whose density alone is known, got "?m of a density of m given t; t\. Make it a product/;
  assert.match(said(["m"], "p", on), refused);
  assert.match(said(["m"], "sum", on), refused);
  assert.is(said(["t"], "cut", on), "nothing");
});

test.run();
