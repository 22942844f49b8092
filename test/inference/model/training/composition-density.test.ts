/** What the training of a flow of a composition minimises, and where it begins. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { named } from "../../../../flows/networks/weights.js";
import { adam } from "../../../../flows/training/optimiser.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { type FlowForm, flowWeightsOf } from "../../../../inference/model/densities/flow.js";
import type { Region } from "../../../../inference/model/language/region.js";
import {
  compositionTraining,
  initialWeights,
  SAMPLE,
  sampleOf,
} from "../../../../inference/model/training/composition-density.js";
import { close } from "../../../support/close.js";

function formOf(context: number, given: readonly string[] = []): FlowForm {
  const architecture = autoregressiveFlow({
    features: 1,
    context,
    transforms: 1,
    hidden: [4],
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const flow = { architecture, weights: initialise(architecture, 0, { identity: true }) };
  return { kind: "flow", of: ["m"], ...(given.length > 0 && { given }), flow };
}

const form = formOf(0);
const composition = checkedComposition({
  columns: { m: { range: [0, 3] } },
  parameters: [],
  densities: { f: form },
});
const m = Float64Array.of(0.5, 1, 2.5);
const weights = Float64Array.of(1, 2, -0.5);

/** -Σ w log p / Σ w with weights to start from. */
async function lossOf(region: Region, isWeighted: boolean): Promise<number> {
  const data = { count: 3, columns: { m }, ...(isWeighted && { weights }) };
  const tape = new Tape();
  const request = { composition, name: "f", form, region, isWeighted, optimiser: adam({ learningRate: 1 }) };
  const { loss, trainable } = compositionTraining(request)(tape, { [SAMPLE]: isWeighted ? 2.5 : 3 });
  assert.ok(trainable[0]!.parameters.length > 0);
  const program = await referenceBackend().compile({ outputs: { loss } });
  await program.write(named(flowWeightsOf("f"), initialWeights(composition, form, { count: 3, columns: { m } }, 1)));
  await program.bind(sampleOf(data).columns);
  return (await program.run()).loss![0]!;
}

// Mean 4/3 and variance 13/18 of the three events: the flow begins as the normal density of these.
const [MEAN, WIDTH] = [4 / 3, Math.sqrt(13 / 18)];
const logNormal = (x: number) => -0.5 * ((x - MEAN) / WIDTH) ** 2 - Math.log(WIDTH * Math.sqrt(2 * Math.PI));
/** Of this normal density, from 0 to 3, and without [0.7, 2] (scipy.stats.norm). */
const [RANGE, SIDES] = [0.9167376657310349, 0.361184381921688];
const NEAR = { absolute: 1e-7, relative: 0 };

test("-ln p is normalised over the range of the column, or in a region of it; weights of either sign count", async () => {
  const mean = (logMass: number, w: ArrayLike<number>, sum: number) =>
    -m.reduce((all, x, i) => all + w[i]! * (logNormal(x) - logMass), 0) / sum;
  close([await lossOf({}, false)], [mean(Math.log(RANGE), [1, 1, 1], 3)], NEAR, "range");
  close([await lossOf({}, true)], [mean(Math.log(RANGE), weights, 2.5)], NEAR, "weights");
  const sides = { m: [[0, 0.7] as const, [2, 3] as const] };
  // An event outside of the region has no density.
  assert.is(await lossOf(sides, false), Number.POSITIVE_INFINITY);
  const [inside, all] = [m.filter((x) => x !== 1), Math.log(SIDES)];
  const exact = -inside.reduce((sum, x) => sum + logNormal(x) - all, 0) / 2;
  close([await sidesLoss(sides)], [exact], NEAR, "region");
});

/** Of the two events in the region, with constants of all three. */
async function sidesLoss(region: Region): Promise<number> {
  const request = { composition, name: "f", form, region, isWeighted: false, optimiser: adam({ learningRate: 1 }) };
  const { loss } = compositionTraining(request)(new Tape(), { [SAMPLE]: 2 });
  const program = await referenceBackend().compile({ outputs: { loss } });
  await program.write(named(flowWeightsOf("f"), initialWeights(composition, form, { count: 3, columns: { m } }, 1)));
  await program.bind({ m: m.filter((x) => x !== 1) });
  return (await program.run()).loss![0]!;
}

test("splines reach all events: far ones widen the scale; categories stay one-hot, equal numbers have a scale of 1", () => {
  const given = checkedComposition({
    columns: { m: {}, k: { values: [3, 4] }, t: {} },
    parameters: [],
    densities: {},
  });
  const n = 1000;
  const far = Float64Array.from({ length: n }, (_, i) => (i === 0 ? 100 : i % 2 === 0 ? 1 : -1));
  const columns = { m: far, k: new Float64Array(n).fill(3), t: new Float64Array(n).fill(7) };
  const found = initialWeights(given, formOf(3, ["k", "t"]), { count: n, columns }, 1);
  const constant = (of: string, key: string) => Array.from(found.get(`standardisation.${of}.${key}`)!.data);
  const mean = far.reduce((a, b) => a + b, 0) / n;
  close(constant("features", "shift"), [mean], { absolute: 1e-12, relative: 0 });
  close(constant("features", "scale"), [(100 - mean) / 5], { absolute: 1e-12, relative: 0 });
  assert.equal(constant("context", "shift"), [0, 0, 7]);
  assert.equal(constant("context", "scale"), [1, 1, 1]);
});

test.run();
