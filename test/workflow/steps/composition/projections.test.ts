/** Projections of channels: bins, numbers of events, and the verdict on them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { commonOf } from "../../../../workflow/common-inputs.js";
import { boundPlan, type StepContext } from "../../../../workflow/steps/composition/context.js";
import type { CompositionFit } from "../../../../workflow/steps/composition/fit.js";
import { goodnessOf, projectionStep } from "../../../../workflow/steps/composition/projections.js";
import { passingSteps } from "../../../../workflow/store/step-store.js";
import { close } from "../../../support/close.js";
import { eventsOf } from "../../composition-sample.js";
import { COMPOSITION, readAs, written } from "../../configuration/composition/sources.js";

const signal = new AbortController().signal;
const progress = { begin: () => ({ update() {}, done() {} }), note() {} };

async function projectionsOf(source: string, m: readonly number[], estimate: readonly number[], expected: number) {
  const analysis = await readAs(source);
  const backend = referenceBackend();
  const common = commonOf(analysis, backend);
  const context: StepContext = {
    store: passingSteps(common),
    common,
    backend,
    progress,
    signal,
    warn: () => {},
  };
  const bound = boundPlan(context, analysis.likelihoods[0]!, [eventsOf({ m })]);
  const names = analysis.composition.parameters.map(({ name }) => name);
  const fit = {
    fit: { estimate: { names, values: estimate } },
    expected: { fit: expected },
    expectedBefore: { fit: 5300 },
  };
  const done = { name: "fit", key: "", inputs: {}, result: async () => fit as unknown as CompositionFit };
  return projectionStep(context, bound, done, { bins: 4 }).result();
}

const flat = [...Array(80).keys()].map((i) => 100.5 + i);

test("bins over the range, expected numbers of an extended channel are those of its density", async () => {
  const [found] = await projectionsOf(COMPOSITION, flat, [80, 0, 0.02], 80);
  assert.equal(found!.observed.edges, [100, 120, 140, 160, 180]);
  assert.equal(found!.observed.sums, [20, 20, 20, 20]);
  close(found!.after.expected.sums, [20, 20, 20, 20], { absolute: 1e-10, relative: 0 });
  assert.is(found!.after.result.ndf, 4);
  close([found!.before.expected.sums.reduce((a, b) => a + b, 0)], [5300], { absolute: 1e-9, relative: 0 });
  assert.equal(
    found!.summands.map(({ name }) => name),
    ["flat", "background"],
  );
  close(found!.summands[0]!.values, [20, 20, 20, 20], { absolute: 1e-10, relative: 0 });
});

test("a channel that is not extended is scaled to its events, which costs a degree of freedom", async () => {
  const source = written(["sample: data", "sample: data, extended: false"]);
  const [found] = await projectionsOf(source, flat, [10, 0, 0.02], 10);
  close(found!.after.expected.sums, [20, 20, 20, 20], { absolute: 1e-10, relative: 0 });
  assert.is(found!.after.result.ndf, 3);
});

test("a region: bins from its first to its last end, nothing expected between", async () => {
  const source = written(["sample: data", "sample: data, region: { m: [[100, 120], [160, 180]] }"]);
  const [found] = await projectionsOf(
    source,
    flat.filter((m) => m < 120 || m > 160),
    [80, 0, 0.02],
    40,
  );
  assert.equal(found!.observed.sums, [20, 0, 0, 20]);
  close(found!.after.expected.sums, [20, 0, 0, 20], { absolute: 1e-10, relative: 0 });
});

test("without a range the bins are around the events, unless these are all alike", async () => {
  const source = written(
    ["{ range: [100, 180] }", "{}"],
    ["{ uniform: m }", "{ gaussian: { x: m, mean: 140, sigma: 20 } }"],
    ["{ exponential: { x: m, c: slope } }", "{ gaussian: { x: m, mean: 130, sigma: 20 } }"],
  );
  const alike = source.replace("  slope: 0.02\n", "");
  assert.equal(await projectionsOf(alike, [140, 140], [1, 1], 2), []);
});

test("the verdict: the least p-value among all tests, and where", async () => {
  const peaked = [...flat, ...Array(60).fill(130)];
  const good = await projectionsOf(COMPOSITION, flat, [80, 0, 0.02], 80);
  const bad = await projectionsOf(COMPOSITION, peaked, [140, 0, 0.02], 140);
  assert.equal(goodnessOf("likelihood fit", []), { goodness: null, verdicts: [] });
  const fine = goodnessOf("likelihood fit", good);
  assert.equal([fine.goodness!.tests, fine.verdicts.length], [1, 0]);
  const { goodness, verdicts } = goodnessOf("likelihood fit", [...good, ...bad]);
  assert.is(goodness!.tests, 2);
  assert.is(verdicts[0]!.failed, true);
  assert.match(
    verdicts[0]!.text,
    /for m of the channel fit, the worst of 2 tests .* with m between 120 and 140, where 35 events are expected and 80 observed/,
  );
});

test.run();
