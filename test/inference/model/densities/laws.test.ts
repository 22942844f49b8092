/** What holds for every kind of density. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import { densityKinds } from "../../../../inference/model/densities/densities.js";
import type { ChannelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { edgesOf, integral, integrals, logProbOf, type Rules, ruleOver, withLikelihood } from "./evaluate-density.js";
import { allSamples, checkedSample, type DensitySample, densitySamples } from "./samples.js";

type Interval = readonly [number, number];

/** Where a column is summed over values, each an interval without width. */
const isValues = (intervals: readonly Interval[]) => intervals.every(([low, high]) => low === high);

/** Of parametric densities, and of flows, whose slopes jump. */
const toleranceOf = ({ isFlow }: DensitySample) => (isFlow ? 5e-4 : 1e-6);

/** Panels for each interval: of two columns fewer, as there are their squares. */
const panelsOf = (columns: number) => (columns > 1 ? 24 : 300);

/** Intervals of the columns that it is of, that hold all of it. */
function boxOf(sample: DensitySample): Record<string, Interval> {
  const composition = checkedSample(sample);
  const { of } = composition.shape(sample.density);
  return Object.fromEntries(of.map((column) => [column, sample.box?.[column] ?? composition.domain(column)]));
}

/** Ends of truncated samples, where the density jumps: no panel goes across. */
function piecesOf(sample: DensitySample, column: string, whole: Interval): readonly Interval[] {
  const values = sample.composition.columns[column]!.values;
  if (values !== undefined) return values.map((value) => [value, value] as const);
  const forms = Object.values(sample.composition.densities);
  const cut = forms.find((form) => form.kind === "truncated");
  return cut?.kind === "truncated" ? (cut.region[column] ?? [whole]) : [whole];
}

const rulesOf = (box: Readonly<Record<string, readonly Interval[]>>) =>
  Object.fromEntries(
    Object.entries(box).map(([column, intervals]) => [column, ruleOf(intervals, panelsOf(Object.keys(box).length))]),
  );

const ruleOf = (intervals: readonly Interval[], panels: number) =>
  isValues(intervals) ? intervals.map(([value]) => [value, 1] as const) : ruleOver(intervals, panels);

const settingsOf = ({ given }: DensitySample) => given ?? [{}];

async function onCpu<T>(use: (backend: Awaited<ReturnType<typeof cpuBackend>>) => Promise<T>): Promise<T> {
  const backend = await cpuBackend({ precision: "f64", threads: 2 });
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}

for (const sample of allSamples) {
  const { name, density, region } = sample;

  test(`${name}: integrates to 1 over its domain`, () =>
    onCpu(async (backend) => {
      const composition = checkedSample(sample);
      const box = Object.entries(boxOf(sample)).map(
        ([column, own]) => [column, piecesOf(sample, column, own)] as const,
      );
      for (const given of settingsOf(sample)) {
        const found = await integral(rulesOf(Object.fromEntries(box)), given, (columns) =>
          logProbOf(backend, composition, density, columns),
        );
        assert.ok(Math.abs(found - 1) < toleranceOf(sample), `${found} at ${JSON.stringify(given)}`);
      }
    }));

  if (Object.keys(region).length > 0) {
    test(`${name}: truncated, it is the density over its integral in the region`, () =>
      onCpu(async (backend) => {
        const cut = { ...sample.composition.densities, cut: { kind: "truncated", density, region } as const };
        const composition = checkedComposition({ ...sample.composition, densities: cut });
        const box = Object.entries(boxOf(sample)).map(
          ([column, own]) => [column, region[column] ?? piecesOf(sample, column, own)] as const,
        );
        const inBoth = box.map(
          ([column, intervals]) =>
            [column, within(intervals, piecesOf(sample, column, boxOf(sample)[column]!))] as const,
        );
        for (const given of settingsOf(sample)) {
          const over = (of: string) =>
            integral(rulesOf(Object.fromEntries(inBoth)), given, (columns) =>
              logProbOf(backend, composition, of, columns),
            );
          const whole = await over("cut");
          assert.ok(Math.abs(whole - 1) < toleranceOf(sample), `${whole} at ${JSON.stringify(given)}`);
          const part = await over(density);
          const point = Object.fromEntries(
            [
              ...inBoth.map(([column, [first]]) => [column, first![0] + 0.3 * (first![1] - first![0])] as const),
              ...Object.entries(given),
            ].map(([column, value]) => [column, Float64Array.of(value)]),
          );
          const [inside] = await logProbOf(backend, composition, "cut", point);
          const [free] = await logProbOf(backend, composition, density, point);
          close([inside!], [free! - Math.log(part)], { absolute: toleranceOf(sample), relative: 0 });
        }
      }));
  }

  test(`${name}: 4000 events agree with the density in a χ² test (seed 11, false alarms 1 in 10⁵)`, () =>
    onCpu(async (backend) => {
      const composition = checkedSample(sample);
      for (const given of settingsOf(sample)) {
        const columns = Object.fromEntries(
          Object.entries(given).map(([key, value]) => [key, new Float64Array(4000).fill(value)]),
        );
        const drawn = await drawEvents({ composition, density, count: 4000, given: columns, seed: 11, purpose: name });
        const { chiSquared, degrees } = await chiSquareTest(sample, drawn, (all) =>
          integrals(all, given, (at) => logProbOf(backend, composition, density, at)),
        );
        const isOfValues = Object.keys(boxOf(sample)).every((column) => composition.classes(column) !== undefined);
        assert.ok(degrees >= (isOfValues ? 1 : 5), `only ${degrees} degrees of freedom`);
        const limit = quantile(degrees);
        assert.ok(chiSquared < limit, `χ² of ${chiSquared} with ${degrees} degrees of freedom, limit ${limit}`);
      }
    }));

  test(`${name}: first and second derivatives agree with differences`, async () => {
    const composition = checkedSample(sample);
    const columns = await someEvents(sample);
    await withLikelihood(
      referenceBackend(),
      composition,
      density,
      columns,
      (likelihood, theta) => checkDerivatives(likelihood, theta),
      sample.isExtended,
    );
  });

  for (const backend of testBackends()) {
    if (backend.name === "reference") continue;
    test(`${name}: ${backend.name} has the values and derivatives of the reference`, async () => {
      const composition = checkedSample(sample);
      const columns = await someEvents(sample);
      const evaluated = (own: ReturnType<typeof referenceBackend>) =>
        withLikelihood(
          own,
          composition,
          density,
          columns,
          async (likelihood, theta) => [
            ...(await likelihood.logProb("events", theta)),
            ...Object.values(await likelihood.evaluate(Float64Array.from(theta), 2)).flatMap((part) =>
              typeof part === "number" ? [part] : [...part],
            ),
          ],
          sample.isExtended,
        );
      const wanted = await evaluated(referenceBackend());
      const own = await backend.create();
      try {
        const found = await evaluated(own);
        // Sums over 12 events of terms up to the largest of them.
        const size = Math.max(1, ...wanted.map(Math.abs));
        const unit = backend.precision === "f64" ? 1e-10 : 2e-4;
        close(found, wanted, { absolute: unit * size, relative: unit });
      } finally {
        await own.close();
      }
    });
  }
}

/** The parts of the first that lie in the second. */
const within = (a: readonly Interval[], b: readonly Interval[]): Interval[] =>
  a.flatMap(([low, high]) =>
    b.flatMap(([from, to]): Interval[] => {
      const both = [Math.max(low, from), Math.min(high, to)] as const;
      return both[0] < both[1] || (both[0] === both[1] && low === high) ? [both] : [];
    }),
  );

/** Events of the density at all settings. */
async function someEvents(sample: DensitySample): Promise<Record<string, Float64Array>> {
  const settings = settingsOf(sample);
  const count = 12;
  const given = Object.fromEntries(
    Object.keys(settings[0]!).map((key) => [
      key,
      Float64Array.from({ length: count }, (_, i) => (settings[i % settings.length] as Record<string, number>)[key]!),
    ]),
  );
  const composition = checkedSample(sample);
  const drawn = await drawEvents({ composition, density: sample.density, count, given, seed: 3, purpose: "events" });
  return { ...drawn, ...given };
}

async function checkDerivatives(likelihood: ChannelsLikelihood, theta: readonly number[]): Promise<void> {
  const { gradient, hessian } = await likelihood.evaluate(Float64Array.from(theta), 2);
  // Central differences: their error is of the order of h², and of rounding over h.
  const h = 1e-5;
  const moved = (k: number, by: number) => Float64Array.from(theta, (value, l) => (l === k ? value + by : value));
  for (const k of theta.keys()) {
    const [above, below] = [await likelihood.evaluate(moved(k, h), 1), await likelihood.evaluate(moved(k, -h), 1)];
    const scale = Math.max(1, Math.abs(gradient![k]!));
    const slope = (above.nll - below.nll) / (2 * h);
    close([gradient![k]!], [slope], { absolute: 1e-7 * scale, relative: 0 }, `gradient of parameter ${k}`);
    const row = Array.from(above.gradient!, (value, l) => (value - below.gradient![l]!) / (2 * h));
    const own = Array.from(hessian!.slice(k * theta.length, (k + 1) * theta.length));
    const size = Math.max(1, ...own.map(Math.abs));
    close(own, row, { absolute: 1e-6 * size, relative: 0 }, `row ${k} of the Hessian`);
  }
}

/** Of events against integrals of the density over bins; those with fewer than 10 events expected count together. */
async function chiSquareTest(
  sample: DensitySample,
  drawn: Readonly<Record<string, Float64Array>>,
  probabilities: (rules: readonly Rules[]) => Promise<readonly number[]>,
) {
  const box = Object.entries(boxOf(sample));
  const parts = box.length > 1 ? 14 : 60;
  const edges = box.map(([column, own]) => {
    const pieces = piecesOf(sample, column, own);
    if (isValues(pieces)) return { column, bins: pieces };
    const ends = pieces.map((piece) => edgesOf(piece, parts));
    return { column, bins: ends.flatMap((all) => all.slice(1).map((high, i) => [all[i]!, high] as const)) };
  });
  const [first, second] = edges as [(typeof edges)[0], (typeof edges)[0] | undefined];
  const cells = first.bins.flatMap((own) => (second?.bins ?? [undefined]).map((other) => [own, other] as const));
  const rules = cells.map(
    ([own, other]): Rules => ({
      [first.column]: ruleOf([own], other ? 3 : 6),
      ...(second && other && { [second.column]: ruleOf([other], 3) }),
    }),
  );
  const expected = await probabilities(rules);
  const isIn = ([low, high]: Interval, value: number) => value === low || (low < value && value < high);
  const count = drawn[first.column]!.length;
  const bins = cells.map(([own, other], k) => ({
    expected: count * expected[k]!,
    observed: drawn[first.column]!.filter(
      (value, i) => isIn(own, value) && (!second || !other || isIn(other, drawn[second.column]![i]!)),
    ).length,
  }));
  const large = bins.filter((bin) => bin.expected >= 10);
  const rest = bins
    .filter((bin) => bin.expected < 10)
    .reduce((a, b) => ({ expected: a.expected + b.expected, observed: a.observed + b.observed }), {
      expected: 0,
      observed: 0,
    });
  // A sum that stays small has too few events for χ²: it counts with the first bin.
  const sum = { expected: rest.expected + large[0]!.expected, observed: rest.observed + large[0]!.observed };
  const joined = rest.expected >= 10 ? [...large, rest] : [sum, ...large.slice(1)];
  const chiSquared = joined.reduce((total, own) => {
    const distance = own.observed - own.expected;
    return total + (distance * distance) / own.expected;
  }, 0);
  return { chiSquared, degrees: joined.length - 1 };
}

/** χ² that is exceeded once in 10⁵ times: Wilson and Hilferty 1931, with the normal quantile 4.265. */
function quantile(degrees: number): number {
  const spread = 2 / (9 * degrees);
  const root = 1 - spread + 4.265 * Math.sqrt(spread);
  return degrees * root * root * root;
}

test("every kind has a sample", () => {
  assert.equal(Object.keys(densitySamples).sort(), [...densityKinds].sort());
  for (const [kind, samples] of Object.entries(densitySamples)) {
    for (const { composition, density } of samples) assert.is(composition.densities[density]!.kind as string, kind);
  }
});

test.run();
