/** Bands of projections, against derivatives by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import type { Matrix } from "../../../../inference/statistics/objective.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import type { ChannelEvents } from "../../../../workflow/events/channel-events.js";
import { bandStep } from "../../../../workflow/steps/composition/bands.js";
import { boundPlan, type StepContext } from "../../../../workflow/steps/composition/context.js";
import type { CompositionFit } from "../../../../workflow/steps/composition/fit.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { close } from "../../../support/close.js";
import { eventsOf } from "../../composition-sample.js";
import { readAs } from "../../configuration/composition/sources.js";

const signal = new AbortController().signal;
const progress = { begin: () => ({ update() {}, done() {} }), note() {} };

/** @param estimate  of the free parameters @param names  of those that have errors */
async function bandsOf(
  source: string,
  events: ChannelEvents,
  estimate: readonly number[],
  errors: { readonly names: readonly string[]; readonly covariance: Matrix | null },
  expected: Readonly<Record<string, number>>,
  backend: Backend = referenceBackend(),
) {
  const analysis = await readAs(source);
  const common = commonOf(analysis, backend);
  const context: StepContext = {
    store: passingSteps(common),
    common,
    backend,
    progress,
    signal,
    warn: () => {},
  };
  const bound = boundPlan(context, analysis.likelihoods[0]!, [events]);
  const names = analysis.composition.parameters.map(({ name }) => name);
  const fit = {
    fit: { estimate: { names, values: estimate } },
    errors: { ...errors, sigma: errors.covariance?.map((row, k) => Math.sqrt(row[k]!)) ?? null },
    expected,
  };
  const done = { name: "fit", key: "", inputs: {}, result: async () => fit as unknown as CompositionFit };
  try {
    return await bandStep(context, bound, done, analysis.configuration.report).result();
  } finally {
    await bound.close();
  }
}

const deviation = (jacobian: readonly number[], covariance: Matrix) =>
  Math.sqrt(
    jacobian.reduce((sum, a, i) => sum + jacobian.reduce((own, b, j) => own + a * covariance[i]![j]! * b, 0), 0),
  );

const EXTENDED = `columns: { m: { range: [0, 4] } }
samples: { data: data.npz }
parameters: { nflat: { start: 100, range: [0, 1000] }, nfall: 200, c: 0.5 }
densities: { flat: { uniform: m }, falling: { exponential: { x: m, c: c } }, model: { mixture: { flat: nflat, falling: nfall } } }
likelihoods: { fit: { density: model, sample: data } }
report: { bins: 4 }
`;
const COVARIANCE = [
  [900, -300, 2],
  [-300, 1600, -1],
  [2, -1, 0.01],
];
const [NFLAT, NFALL, C] = [120, 230, 0.4];
const events = eventsOf({ m: [0.5, 1.5, 2.5, 3.5] });

/** The part of e^{-c m} on [0, 4] that is in [a, b], and its derivative by c. */
function falling(a: number, b: number): readonly [part: number, slope: number] {
  const [top, whole] = [Math.exp(-C * a) - Math.exp(-C * b), -Math.expm1(-4 * C)];
  const [topSlope, wholeSlope] = [b * Math.exp(-C * b) - a * Math.exp(-C * a), 4 * Math.exp(-4 * C)];
  return [top / whole, topSlope / whole - (top * wholeSlope) / whole ** 2];
}

test("numbers of events and a shape together: derivatives of the closed form", async () => {
  const errors = { names: ["nflat", "nfall", "c"], covariance: COVARIANCE };
  const [band] = (await bandsOf(EXTENDED, events, [NFLAT, NFALL, C], errors, { fit: NFLAT + NFALL }))!;
  const exact = [0, 1, 2, 3].map((a) => {
    const [part, slope] = falling(a, a + 1);
    return deviation([0.25, part, NFALL * slope], COVARIANCE);
  });
  close(band!.sigma, exact, { absolute: 0, relative: 1e-6 });
  assert.equal([band!.channel, band!.column], ["fit", "m"]);
});

test("a parameter at its limit has no part; without errors there is no band", async () => {
  const rest = COVARIANCE.slice(1).map((row) => row.slice(1));
  const errors = { names: ["nfall", "c"], covariance: rest };
  const [band] = (await bandsOf(EXTENDED, events, [0, NFALL, C], errors, { fit: NFALL }))!;
  const exact = [0, 1, 2, 3].map((a) => {
    const [part, slope] = falling(a, a + 1);
    return deviation([part, NFALL * slope], rest);
  });
  close(band!.sigma, exact, { absolute: 0, relative: 1e-6 });
  assert.is(await bandsOf(EXTENDED, events, [NFLAT, NFALL, C], { names: [], covariance: null }, {}), null);
});

test("a channel that is not extended has the number of its events: its shares add up to 1, and their changes to 0", async () => {
  const source = EXTENDED.replace("sample: data", "sample: data, extended: false");
  const errors = { names: ["nflat", "nfall", "c"], covariance: COVARIANCE };
  const [band] = (await bandsOf(source, events, [NFLAT, NFALL, C], errors, { fit: NFLAT + NFALL }))!;
  const n = NFLAT + NFALL;
  const exact = [0, 1, 2, 3].map((a) => {
    const [part, slope] = falling(a, a + 1);
    const share = (NFLAT * 0.25 + NFALL * part) / n;
    return 4 * deviation([(0.25 - share) / n, (part - share) / n, (NFALL * slope) / n], COVARIANCE);
  });
  close(band!.sigma, exact, { absolute: 0, relative: 1e-6 });
});

test("a conditional density: scores of drawn events, up to their noise", async () => {
  const line = `columns: { m: { range: [-1, 4] }, t: { range: [1, 2] } }
samples: { data: data.npz }
parameters: { slope: 1, width: { start: 0.5, range: [0.1, 2] } }
functions: { mean: { product: [slope, t] } }
densities: { line: { gaussian: { x: m, mean: mean, sigma: width } } }
likelihoods: { fit: { density: line, sample: data } }
report: { bins: 5 }
`;
  const t = [1.1, 1.3, 1.6, 2];
  const covariance = [
    [0.04, 0.01],
    [0.01, 0.02],
  ];
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  try {
    const errors = { names: ["slope", "width"], covariance };
    const [band] = (await bandsOf(line, eventsOf({ m: t, t }), [1, 0.5], errors, {}, backend))!;
    // Shares of an interval follow from the normal distribution's; what the ends of the range cut off is below 10⁻⁴.
    const normal = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    const alongs = [-1, 0, 1, 2, 3].map((a) => {
      const sum = (of: (z: number, t: number) => number) =>
        t.reduce((all, own) => all + of((a + 1 - own) / 0.5, own) - of((a - own) / 0.5, own), 0);
      return [sum((z, own) => (-own / 0.5) * normal(z)), sum((z) => (-z / 0.5) * normal(z))];
    });
    const exact = alongs.map((own) => deviation(own, covariance));
    // Of 100 000 events a tenth or more is in each bin that matters: their noise is some 1% of the largest.
    close(band!.sigma, exact, { absolute: 0.02 * Math.max(...exact), relative: 0 });
  } finally {
    await backend.close();
  }
});

test.run();
