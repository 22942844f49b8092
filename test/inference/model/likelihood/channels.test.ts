/** Likelihoods of compositions: channels, extended terms, weights, products of scores, and events at the edges. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { type Composition, checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import {
  type Channel,
  type ChannelsLikelihood,
  channelsLikelihood,
} from "../../../../inference/model/likelihood/channels.js";
import type { Parameter } from "../../../../inference/model/parameters/parameter.js";
import { testBackends } from "../../../support/backends.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { logProbOf } from "../densities/evaluate-density.js";
import { parameter } from "../densities/samples.js";

const F64 = tolerances.f64;

/** Exponential on [1, 4] and uniform, by numbers of events; the slope is constrained. */
const composition: Composition = {
  parameters: [
    parameter("signal", 6),
    parameter("background", 9),
    parameter("c", 0.8, { constraint: { kind: "normal", observed: 0.7, sigma: 0.2 } }),
    parameter("fixed", 2, { isFixed: true }),
  ],
  columns: { m: { range: [1, 4] }, t: {}, pass: { values: [0, 1] } },
  functions: { share: { kind: "product", factors: ["t", "c"] } },
  densities: {
    e: { kind: "exponential", x: "m", c: "c" },
    u: { kind: "uniform", x: "m" },
    model: { kind: "mixture", summands: ["e", "u"], coefficients: ["signal", "background"] },
    other: { kind: "exponential", x: "m", c: "fixed" },
    each: { kind: "mixture", summands: ["e", "u"], coefficients: ["share"] },
    one: { kind: "mixture", summands: ["e", "u"], coefficients: [1, 0] },
  },
};
const theta = [6, 9, 0.8];
const m = Float64Array.of(1, 1.3, 2.2, 3.9, 4);
const t = Float64Array.of(0.1, 0.9, 0.4, 0.5, 0.6);

/** Closed forms. */
const exponential = (x: number, c: number) => (c * Math.exp(-c * (x - 1))) / (1 - Math.exp(-3 * c));
const logModel = (x: number, [s, b, c]: readonly number[]) => Math.log((s! * exponential(x, c!) + b! / 3) / (s! + b!));
const penaltyOf = ([, , c]: readonly number[]) => (c! - 0.7) ** 2 / (2 * 0.2 ** 2);
/** N (e^d - 1 - d) = μ - N - N log(μ / N). */
const poissonTerm = ([s, b]: readonly number[], n: number) => s! + b! - n - n * Math.log((s! + b!) / n);

const channel = (name: string, density: string, more: Partial<Channel> = {}): Channel => ({
  name,
  density,
  data: { count: 5, columns: { m, t } },
  isExtended: false,
  ...more,
});

async function withChannels<T>(
  channels: readonly Channel[],
  use: (likelihood: ChannelsLikelihood) => Promise<T>,
  backend = referenceBackend(),
  own = composition,
): Promise<T> {
  const likelihood = await channelsLikelihood({ backend, composition: checkedComposition(own), channels });
  try {
    return await use(likelihood);
  } finally {
    await likelihood.close();
  }
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

for (const backend of testBackends()) {
  test(`an extended channel has the closed form of -ln L on ${backend.name}`, async () => {
    const own = await backend.create();
    await withChannels(
      [channel("all", "model", { isExtended: true })],
      async (likelihood) => {
        assert.equal(likelihood.names, ["signal", "background", "c"]);
        for (const at of [theta, [-1.2, 20, -0.3], [0, 5, 0.8]]) {
          const { total, penalty, channels } = await likelihood.evaluateParts(Float64Array.from(at), 0);
          const events = -sum(m.map((x) => logModel(x, at)));
          close([channels.all!.nll], [events], tolerances[backend.precision]);
          close([penalty.nll], [penaltyOf(at) + poissonTerm(at, 5)], F64);
          close([total.nll], [channels.all!.nll + penalty.nll], F64);
        }
        const places = [theta, [1, 2, 0.8], [7, 0.5, -0.3]];
        const expected = await Promise.all(places.map((at) => likelihood.expected(at)));
        close(
          expected.map(({ all }) => all!),
          places.map(([s, b]) => s! + b!),
          F64,
          "asked for at once, each of its own parameters",
        );
      },
      own,
    );
    await own.close();
  });
}

test("two channels are the sum of both, with the constraints once", async () => {
  const channels = [
    channel("first", "model", { isExtended: true }),
    channel("second", "e", { data: { count: 2, columns: { m: m.slice(1, 3) } } }),
    channel("third", "other"),
  ];
  const at = Float64Array.from(theta);
  const evaluated = (own: readonly Channel[]) => withChannels(own, (likelihood) => likelihood.evaluateParts(at, 2));
  const all = await evaluated(channels);
  const parts = await Promise.all(channels.map((own) => evaluated([own])));
  const flat = ({ nll, gradient, hessian }: typeof all.total) => [nll, ...gradient!, ...hessian!];
  const constraint = flat(parts[1]!.penalty);
  const wanted = flat(all.total).map((_, i) => sum(parts.map(({ total }) => flat(total)[i]!)) - 2 * constraint[i]!);
  close(flat(all.total), wanted, F64);
  assert.equal(Object.keys(all.channels), ["first", "second", "third"]);
  // The third depends on no free parameter.
  assert.equal([...all.channels.third!.gradient!], [0, 0, 0]);
});

test("a channel without events that is extended is its expected number", () =>
  withChannels(
    [channel("none", "model", { isExtended: true, data: { count: 0, columns: { m: new Float64Array(0) } } })],
    async (likelihood) => {
      const { nll, gradient } = await likelihood.evaluate(Float64Array.from(theta), 1);
      close([nll], [15 + penaltyOf(theta)], F64);
      close(gradient!, [1, 1, (0.8 - 0.7) / 0.04], F64);
      assert.is(likelihood.effectiveEvents, 0);
    },
  ));

test("a single event", () =>
  withChannels(
    [channel("one", "e", { data: { count: 1, columns: { m: Float64Array.of(2) } } })],
    async (likelihood) => {
      const { nll } = await likelihood.evaluate(Float64Array.from(theta), 0);
      close([nll], [penaltyOf(theta) - Math.log(exponential(2, 0.8))], F64);
    },
  ));

test("fractions of each event, from a column and a parameter", () =>
  withChannels([channel("each", "each")], async (likelihood) => {
    const wanted = m.map((x, i) => Math.log(0.8 * t[i]! * exponential(x, 0.8) + (1 - 0.8 * t[i]!) / 3));
    close(await likelihood.logProb("each", theta), wanted, F64);
  }));

test("an event of weight 2 counts as two of them, one of weight 0 not at all", async () => {
  const at = Float64Array.from(theta);
  const weighted = channel("w", "model", {
    isExtended: true,
    data: { count: 5, columns: { m }, weights: Float64Array.of(2, 1, 0, 1, 3) },
  });
  const repeated = channel("w", "model", {
    isExtended: true,
    data: { count: 7, columns: { m: Float64Array.from([0, 0, 1, 3, 4, 4, 4], (i) => m[i]!) } },
  });
  const flat = (own: Channel) =>
    withChannels([own], async (likelihood) => {
      const { nll, gradient, hessian } = await likelihood.evaluate(at, 2);
      return [nll, ...gradient!, ...hessian!];
    });
  close(await flat(weighted), await flat(repeated), F64);
  await withChannels([weighted], async (likelihood) => {
    assert.ok(likelihood.isWeighted);
    // (Σw)² / Σw².
    close([likelihood.effectiveEvents], [49 / 15], F64);
  });
});

test("products of scores are those of each event's gradient, weighted once for BHHH, twice for the sandwich", async () => {
  const weights = Float64Array.of(2, 1, -0.5, 1, 3);
  const channels = [
    channel("w", "model", { isExtended: true, data: { count: 5, columns: { m }, weights } }),
    channel("v", "each"),
  ];
  await withChannels(channels, async (likelihood) => {
    // Scores by differences of closed forms, with that of log μ where the number of events counts.
    const h = 1e-6;
    const logs = [
      (x: number, _: number, at: readonly number[]) => logModel(x, at) + Math.log(at[0]! + at[1]!),
      (x: number, own: number, at: readonly number[]) =>
        Math.log(at[2]! * own * exponential(x, at[2]!) + (1 - at[2]! * own) / 3),
    ];
    const score = (which: number, i: number, k: number) => {
      const at = (by: number) =>
        logs[which]!(
          m[i]!,
          t[i]!,
          theta.map((value, l) => (l === k ? value + by : value)),
        );
      return (at(h) - at(-h)) / (2 * h);
    };
    const found = await likelihood.eventScores("w", theta);
    const wanted = [0, 1, 2].flatMap((k) => [...m.keys()].map((i) => score(0, i, k)));
    // Differences of numbers of order one over 2e-6.
    const differences = { absolute: 1e-8, relative: 1e-8 };
    close(found, wanted, differences);
    const product = (power: 1 | 2) =>
      [0, 1, 2].flatMap((k) =>
        [0, 1, 2].map((l) => {
          const curvature = k === 2 && l === 2 ? 1 / 0.04 : 0;
          const first = [...weights].map((w, i) => (power === 2 ? w * w : w) * score(0, i, k) * score(0, i, l));
          return curvature + sum(first) + sum([...m.keys()].map((i) => score(1, i, k) * score(1, i, l)));
        }),
      );
    const size = { absolute: 1e-6, relative: 1e-7 };
    close(await likelihood.scoreProduct(theta), product(2), size);
    const { matrix, scatter } = await likelihood.outerProduct(theta);
    close(matrix, product(1), size);
    const fourth = [0, 1, 2].map((k) =>
      Math.sqrt(
        sum([...weights].map((w, i) => w * w * score(0, i, k) ** 4)) +
          sum([...m.keys()].map((i) => score(1, i, k) ** 4)),
      ),
    );
    close(scatter, fourth, size);
  });
});

/** log p at values of m, of one density with these parameters. */
const logsAt = (form: DensityForm, values: readonly number[], parameters: readonly Parameter[] = []) =>
  logProbOf(
    referenceBackend(),
    checkedComposition({
      parameters: [...parameters, parameter("unused", 1)],
      columns: { m: { range: [1, 4] } },
      densities: { u: { kind: "uniform", x: "m" }, e: { kind: "exponential", x: "m", c: 0.8 }, own: form },
    }),
    "own",
    { m: Float64Array.from(values) },
  );

test("exponential: c = 0 is uniform, events at the ends included", async () => {
  close(await logsAt({ kind: "exponential", x: "m", c: 0 }, [1, 2, 4]), new Array(3).fill(-Math.log(3)), F64);
});

test("exponential: c negative rises", async () => {
  const wanted = [1, 2, 4].map((x) => Math.log(exponential(x, -0.8)));
  close(await logsAt({ kind: "exponential", x: "m", c: -0.8 }, [1, 2, 4]), wanted, F64);
});

for (const sign of [1, -1]) {
  test(`exponential: c · width = ${sign}e4 is finite at both ends`, async () => {
    const c = 1e4 / 3;
    const end = sign > 0 ? 1 : 4;
    // All of the density lies at one end: log c - c |x - end|, 1 - e^-10000 being 1.
    const wanted = [1, 1.0001, 4].map((x) => Math.log(c) - c * Math.abs(x - end));
    close(await logsAt({ kind: "exponential", x: "m", c: sign * c }, [1, 1.0001, 4]), wanted, F64);
  });
}

test("exponential: both formulas of the normalisation meet where one takes over from the other", async () => {
  for (const c of [0.02 / 3, -0.02 / 3]) {
    for (const by of [1 - 1e-12, 1 + 1e-12]) {
      const wanted = Math.log((c * by) / -Math.expm1(-3 * c * by)) - c * by;
      close(await logsAt({ kind: "exponential", x: "m", c: c * by }, [2]), [wanted], {
        absolute: 1e-14,
        relative: 1e-14,
      });
    }
  }
});

test("fractions 0 and 1 leave one summand", async () => {
  const mixed = (fraction: number): DensityForm => ({
    kind: "mixture",
    summands: ["e", "u"],
    coefficients: [fraction],
  });
  const at = [1, 2.5, 4];
  close(
    await logsAt(mixed(0), at),
    at.map(() => -Math.log(3)),
    F64,
  );
  close(
    await logsAt(mixed(1), at),
    at.map((x) => Math.log(exponential(x, 0.8))),
    F64,
  );
});

test("a negative yield is a mixture for as long as the sum is positive", async () => {
  const mixed = (signal: number): DensityForm => ({
    kind: "mixture",
    summands: ["e", "u"],
    coefficients: [signal, 10],
  });
  close(
    await logsAt(mixed(-2), [1, 3]),
    [1, 3].map((x) => logModel(x, [-2, 10, 0.8])),
    F64,
  );
  const [low, high] = await logsAt(mixed(-9), [1, 4]);
  assert.ok(Number.isNaN(low!) && Number.isFinite(high!));
});

test("events outside of a truncated region have probability 0, those on its ends do not", async () => {
  const side: DensityForm = {
    kind: "truncated",
    density: "u",
    region: {
      m: [
        [1, 2],
        [3, 4],
      ],
    },
  };
  const inside = -Math.log(2);
  close(await logsAt(side, [1, 2, 2.5, 3, 4]), [inside, inside, Number.NEGATIVE_INFINITY, inside, inside], F64);
});

test("an empty region has probability 0: a truncated mixture expects nothing there", async () => {
  const own: Composition = {
    ...composition,
    densities: {
      ...composition.densities,
      low: { kind: "truncated", density: "e", region: { m: [[1, 2]] } },
      bottom: { kind: "truncated", density: "u", region: { m: [[1, 1.5]] } },
      both: { kind: "mixture", summands: ["low", "bottom"], coefficients: ["signal", "background"] },
      none: { kind: "truncated", density: "both", region: { m: [[3, 4]] } },
    },
  };
  await withChannels(
    [channel("none", "none", { isExtended: true, data: { count: 0, columns: { m: new Float64Array(0) } } })],
    async (likelihood) => close([(await likelihood.expected(theta)).none!], [0], F64),
    referenceBackend(),
    own,
  );
});

test("a truncated mixture expects the part of its events that lies in the region", () =>
  withChannels(
    [channel("low", "low", { isExtended: true, data: { count: 1, columns: { m: Float64Array.of(1.5) } } })],
    async (likelihood) => {
      const part = (1 - Math.exp(-0.8)) / (1 - Math.exp(-2.4));
      close([(await likelihood.expected(theta)).low!], [6 * part + 9 / 3], F64);
    },
    referenceBackend(),
    {
      ...composition,
      densities: {
        ...composition.densities,
        low: { kind: "truncated", density: "model", region: { m: [[1, 2]] } },
      },
    },
  ));

/** The slope of the falling part is 0.5 where the column `pass` is 0, and 2 where it is 1. */
const byCategory: Composition = {
  ...composition,
  functions: { slope: { kind: "choice", column: "pass", choices: [0.5, 2] } },
  densities: {
    e: { kind: "exponential", x: "m", c: "slope" },
    u: { kind: "uniform", x: "m" },
    model: { kind: "mixture", summands: ["e", "u"], coefficients: ["signal", "background"] },
    low: { kind: "truncated", density: "model", region: { m: [[1, 2]] } },
  },
};

test("an extended mixture of densities that look at a column has the closed form", () => {
  const pass = Float64Array.of(0, 1, 1, 0, 1);
  return withChannels(
    [channel("all", "model", { isExtended: true, data: { count: 5, columns: { m, pass } } })],
    async (likelihood) => {
      const logs = m.map((x, i) => logModel(x, [6, 9, pass[i] === 0 ? 0.5 : 2]));
      const { nll } = await likelihood.evaluate(Float64Array.from(theta), 0);
      close([nll], [poissonTerm(theta, 5) + penaltyOf(theta) - sum(logs)], F64);
      close([(await likelihood.expected(theta)).all!], [15], F64);
    },
    referenceBackend(),
    byCategory,
  );
});

test("an extended channel of a region whose part differs from event to event is refused", () => {
  const data = { count: 1, columns: { m: Float64Array.of(1.5), pass: Float64Array.of(1) } };
  const low = [channel("low", "low", { isExtended: true, data })];
  return rejects(
    withChannels(low, async () => {}, referenceBackend(), byCategory),
    /numbers of events of low that look at no column, got numbers that do. .*set extended to false/,
  );
});

test("the same channel, not extended, is a likelihood, without an expected number", () => {
  const data = { count: 1, columns: { m: Float64Array.of(1.5), pass: Float64Array.of(1) } };
  return withChannels(
    [channel("low", "low", { data })],
    async (likelihood) => {
      const [found] = await likelihood.logProb("low", theta);
      // Of the exponential with slope 2 and of the flat part, the shares below 2.
      const part = (6 * (1 - Math.exp(-2))) / (1 - Math.exp(-6)) + 9 / 3;
      close([found!], [logModel(1.5, [6, 9, 2]) + Math.log(15 / part)], F64);
      assert.equal(await likelihood.expected(theta), {});
    },
    referenceBackend(),
    byCategory,
  );
});

test("channels that do not fit are refused in one sentence", async () => {
  const wrong: readonly [readonly Channel[], RegExp][] = [
    [[], /expected a channel, got "?none/],
    [[channel("a", "e"), channel("a", "u")], /different names, got "?a twice/],
    [[channel("a", "none")], /channel a: expected a density \(e, u/],
    [[channel("a", "e", { isExtended: true })], /numbers of events in e, as the channel is extended/],
    [[channel("a", "each", { isExtended: true })], /numbers of events in each/],
    [[channel("a", "e", { data: { count: 0, columns: { m: new Float64Array(0) } } })], /at least one event, unless/],
    [[channel("a", "e", { data: { count: 5, columns: {} } })], /5 numbers of the column m/],
    [[channel("a", "e", { data: { count: 5, columns: { m: m.slice(1) } } })], /5 numbers of the column m, got "?4/],
    [
      [channel("a", "e", { data: { count: 5, columns: { m: m.map((x) => x + 0.2) } } })],
      /m within \[1, 4\], got "?4\.1\d* in row 3 .*2 such events of 5/,
    ],
    [[channel("a", "e", { data: { count: 5, columns: { m }, weights: m.slice(1) } })], /5 weights, got "?4/],
  ];
  for (const [channels, message] of wrong)
    await rejects(
      withChannels(channels, async () => {}),
      message,
    );
  const category: Composition = {
    ...composition,
    functions: { share: { kind: "choice", column: "pass", choices: [0.2, "c"] } },
  };
  const data = { count: 5, columns: { m, pass: Float64Array.of(0, 1, 1, 2, 0) } };
  await rejects(
    withChannels([channel("a", "each", { data })], async () => {}, referenceBackend(), category),
    /pass of 0, 1, got "?2 in row 3/,
  );
  const frozen = { ...composition, parameters: composition.parameters.map((own) => ({ ...own, isFixed: true })) };
  await rejects(
    withChannels([channel("a", "e")], async () => {}, referenceBackend(), frozen),
    /at least one free/,
  );
});

test.run();
