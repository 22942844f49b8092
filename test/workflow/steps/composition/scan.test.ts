/** Scans of a likelihood whose profiles are known: a normal peak of known width, with its number of events. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { boundPlan } from "../../../../workflow/steps/composition/context.js";
import { fitStep } from "../../../../workflow/steps/composition/fit.js";
import { pairStep, scanStep } from "../../../../workflow/steps/composition/scan.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { eventsOf } from "../../composition-sample.js";
import { readAs } from "../../configuration/composition/sources.js";

const POINTS = 5;
const SIGMA = 0.5;
const m = [0.3, 1.1, 0.8, 1.9, 0.4, 1.0, 1.3, 0.2];
const mean = m.reduce((sum, value) => sum + value, 0) / m.length;

async function scanned(range: string) {
  const analysis = await readAs(`name: Peak
columns: { m: {} }
samples: { data: data.npz }
parameters: { at: { start: 1.5, range: ${range} }, n: { start: 7, range: [0.1, 1000] } }
densities: { peak: { gaussian: { x: m, mean: at, sigma: ${SIGMA} } }, model: { mixture: { peak: n } } }
likelihoods: { fit: { density: model, sample: data } }
`);
  const backend = referenceBackend();
  const common = commonOf(analysis, backend);
  const axis = { points: POINTS, range: 2 };
  const context = {
    backend,
    common,
    store: passingSteps(common),
    signal: new AbortController().signal,
    progress: { begin: () => ({ update() {}, done() {} }), note() {} },
    warn() {},
  };
  const bound = boundPlan(context, analysis.likelihoods[0]!, [eventsOf({ m })]);
  const fit = fitStep(context, bound);
  try {
    return {
      single: await scanStep(context, bound, "at", fit, axis).result(),
      pair: await pairStep(context, bound, ["at", "n"], fit, axis).result(),
    };
  } finally {
    await bound.close();
  }
}

const ofMean = (at: number) => (m.length * (at - mean) ** 2) / SIGMA ** 2;
const ofNumber = (n: number) => 2 * (n - m.length - m.length * Math.log(n / m.length));
/** Profiles are minima to within the tolerance of a fit. */
const TOLERANCE = 1e-6;
const close = (found: number | undefined, wanted: number) =>
  assert.ok(Math.abs(found! - wanted) < TOLERANCE, `${found} is not ${wanted}`);

test("scans are the profiles in closed form, two standard deviations to either side", async () => {
  const { single, pair } = await scanned("[-10, 10]");
  const reach = (2 * SIGMA) / Math.sqrt(m.length);
  assert.is(single!.values.length, POINTS);
  close(single!.values[0], mean - reach);
  close(single!.values.at(-1), mean + reach);
  for (const [i, at] of single!.values.entries()) close(single!.deltaTwoNll[i], ofMean(at));
  const [ats, numbers] = pair!.values;
  for (const [i, at] of ats.entries()) {
    for (const [j, n] of numbers.entries()) close(pair!.deltaTwoNll[i]![j], ofMean(at) + ofNumber(n));
  }
});

test("at a limit of its range a parameter is scanned away from it; the pair has no ellipse, and is left out", async () => {
  const limit = mean + 0.1;
  const { single, pair } = await scanned(`[${limit}, 10]`);
  assert.is(single!.values[0], limit);
  assert.ok(single!.values.at(-1)! > limit + 0.1);
  for (const [i, at] of single!.values.entries()) close(single!.deltaTwoNll[i], ofMean(at) - ofMean(limit));
  assert.is(pair, null);
});

test.run();
