/** Probabilities of bins: by closed forms, in regions, and of drawn events where densities are conditional. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import {
  binSource,
  type DensityBins,
  type DrawnSource,
  densityInBins,
} from "../../../../inference/model/predictions/density-in-bins.js";
import { close } from "../../../support/close.js";

const composition = checkedComposition({
  columns: { m: { range: [0, 10] }, t: { range: [0.1, 0.5] } },
  parameters: [
    { name: "share", start: 0.3 },
    { name: "c", start: 0.2 },
    { name: "fixed", start: 3, isFixed: true },
  ],
  densities: {
    flat: { kind: "uniform", x: "m" },
    falling: { kind: "exponential", x: "m", c: "c" },
    model: { kind: "mixture", summands: ["flat", "falling"], coefficients: ["share"] },
    sides: {
      kind: "truncated",
      density: "model",
      region: {
        m: [
          [0, 3],
          [5, 10],
        ],
      },
    },
    inner: { kind: "truncated", density: "sides", region: { m: [[1, 9]] } },
    rate: { kind: "uniform", x: "t" },
    conditional: { kind: "exponential", x: "m", c: "t" },
    both: { kind: "product", factors: ["conditional", "rate"] },
  },
});

const SHARE = 0.4;
const C = 0.3;
const source: DrawnSource = { theta: [SHARE, C], data: { count: 1, columns: {} }, seed: 1 };

/** Of the exponential over [0, 10]. */
const decay = (c: number, low: number, high: number) =>
  (Math.exp(-c * low) - Math.exp(-c * high)) / -Math.expm1(-10 * c);
const flat = (low: number, high: number) => SHARE * ((high - low) / 10);
const falling = (low: number, high: number) => (1 - SHARE) * decay(C, low, high);

const inBins = (bins: DensityBins, of: DrawnSource) => densityInBins(bins, binSource(bins, of));

const exact = { absolute: 1e-14, relative: 1e-12 };
const summandsOf = (found: { summands: readonly { name: string; values: readonly number[] }[] }) =>
  Object.fromEntries(found.summands.map(({ name, values }) => [name, values]));

test("a mixture in bins is the sum of its summands in closed form", async () => {
  const found = await inBins({ composition, density: "model", column: "m", edges: [0, 1, 4, 10] }, source);
  const bins = [
    [0, 1],
    [1, 4],
    [4, 10],
  ] as const;
  assert.is(found.method, "integral");
  close(
    found.total,
    bins.map(([a, b]) => flat(a, b) + falling(a, b)),
    exact,
  );
  const summands = summandsOf(found);
  close(
    summands.flat!,
    bins.map(([a, b]) => flat(a, b)),
    exact,
  );
  close(
    summands.falling!,
    bins.map(([a, b]) => falling(a, b)),
    exact,
  );
});

test("bins have what regions leave of them; the outer ones reach to the ends of the range", async () => {
  // Both truncations: 1 to 3 and 5 to 9.
  const found = await inBins({ composition, density: "inner", column: "m", edges: [2, 2.5, 4, 4.5, 6, 8] }, source);
  const parts = [[[1, 2.5]], [[2.5, 3]], [], [[5, 6]], [[6, 9]]] as const;
  const all = parts.map((own) => own.reduce((sum, [a, b]) => sum + flat(a!, b!) + falling(a!, b!), 0));
  const whole = all.reduce((a, b) => a + b, 0);
  close(
    found.total,
    all.map((value) => value / whole),
    exact,
  );
  assert.is(summandsOf(found).flat![2], 0);
});

test("a density alone has no summands", async () => {
  const found = await inBins({ composition, density: "falling", column: "m", edges: [0, 2, 10] }, source);
  close(found.total, [decay(C, 0, 2), decay(C, 2, 10)], exact);
  assert.equal(found.summands, []);
});

test("conditional densities: events are drawn at the given columns of the data, weights with them (5 sigma, 1e-6)", async () => {
  const t = Float64Array.from([0.1, 0.4]);
  const bins = { composition, density: "conditional", column: "m", edges: [0, 2, 10] };
  const found = await inBins(bins, { ...source, data: { count: 2, columns: { t } } });
  assert.is(found.method, "drawn events");
  const [a, b] = [decay(0.1, 0, 2), decay(0.4, 0, 2)];
  const error = 5 * Math.sqrt(0.25 / found.drawn!);
  close([found.total[0]!], [(a + b) / 2], { absolute: error, relative: 0 });
  const weights = Float64Array.from([1, 3]);
  const weighted = await inBins(bins, { ...source, data: { count: 2, columns: { t }, weights } });
  close([weighted.total[0]!], [(a + 3 * b) / 4], { absolute: error, relative: 0 });
});

test("a product whose factors depend on each other is drawn (5 sigma, 1e-6)", async () => {
  const rate = await inBins({ composition, density: "both", column: "t", edges: [0.1, 0.2, 0.5] }, source);
  assert.is(rate.method, "drawn events");
  close([rate.total[0]!], [0.25], { absolute: 5 * Math.sqrt(0.25 / rate.drawn!), relative: 0 });
  const found = await inBins({ composition, density: "both", column: "m", edges: [0, 2, 10] }, source);
  assert.is(found.method, "drawn events");
  // Simpson's rule over t, good to 1e-8 for so smooth a function.
  const n = 200;
  const mean = Array.from(
    { length: n + 1 },
    (_, i) => decay(0.1 + (0.4 * i) / n, 0, 2) * (i === 0 || i === n ? 1 : i % 2 ? 4 : 2),
  );
  const expected = mean.reduce((x, y) => x + y, 0) / (3 * n);
  close([found.total[0]!], [expected], { absolute: 5 * Math.sqrt(0.25 / found.drawn!), relative: 0 });
});

test.run();
