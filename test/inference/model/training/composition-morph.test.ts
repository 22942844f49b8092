/** Densities of a composition and their morphs as trainings bind them: against closed forms of normal densities, and against the flow of a measurement. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  autoregressiveFlow,
  factorizableFlow,
  fillNormal,
  initialise,
  named,
  randomKey,
  referenceBackend,
  type SimulatedEvents,
  Tape,
  trainingSample,
  type Weights,
} from "../../../../index.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { MorphedForm } from "../../../../inference/model/densities/morphed.js";
import type { Region } from "../../../../inference/model/language/region.js";
import { type CompositionMorph, movedComposition } from "../../../../inference/model/training/composition-morph.js";
import { observedColumns } from "../../../../inference/model/training/densities.js";
import {
  allOfSample,
  eventsByProcess,
  layoutObservable,
  layoutSizes,
  morphLayout,
} from "../../../../inference/model/training/morph-layout.js";
import { movedModel, type TrainedDensity } from "../../../../inference/model/training/moved-density.js";
import { close } from "../../../support/close.js";
import { erf } from "../../../support/error-functions.js";

const NEAR = { absolute: 1e-7, relative: 1e-7 };
const SET = "set";

interface Observed {
  readonly of: "x" | "y";
  readonly sizes: ReturnType<typeof layoutSizes>;
  readonly events: readonly SimulatedEvents[];
}

/** log p at ν and at the nominal value, and latent numbers [D, events], of all events. */
async function valuesOf(moved: TrainedDensity, morph: MorphedForm["morph"], { of, sizes, events }: Observed) {
  const tape = new Tape();
  const bound = moved.bind(tape, morph.architecture);
  const columns = observedColumns(tape, SET, of, sizes);
  const values = [tape.column(`${SET}/nu`, [1], tape.events(SET))];
  const outputs = {
    logProb: bound.logProb(columns, values),
    logNominal: bound.logNominal(columns),
    ...(moved.hasLatent && { latent: bound.latent(columns, values) }),
  };
  const program = await referenceBackend().compile({ outputs });
  await program.write({ ...moved.parameters, ...named(moved.prefix, morph.weights) });
  await program.bind(trainingSample(SET, events, of, sizes.processes, { precision: "f64" }).columns);
  const found = await program.run();
  await program.close();
  return found as { logProb: Float64Array; logNominal: Float64Array; latent?: Float64Array };
}

/** Takes all features to themselves less 0.3 ν. */
function shifting(features: number, context: number): MorphedForm["morph"] {
  const nuisances = [{ nominal: 0, linearOnly: true }];
  const architecture = factorizableFlow({ features, context, hidden: [2], layers: 1, nuisances });
  const weights = [...initialise(architecture, 1)].map(([name, { shape, data }]) => {
    const isLast = new RegExp(`\\.${features + context > 1 ? 1 : 0}\\.bias$`).test(name);
    return [name, { shape, data: isLast ? data.map((_, i) => (i % 2 === 1 ? -0.3 : 0)) : data }] as const;
  });
  return { architecture, weights: new Map(weights) as Weights };
}

/** A morph `f` of `g`, of these events at ν. */
function morphedOf(
  request: {
    readonly of: readonly string[];
    readonly given?: readonly string[];
    readonly columns: Parameters<typeof checkedComposition>[0]["columns"];
    readonly densities: Readonly<Record<string, DensityForm>>;
    readonly context?: number;
    readonly region?: Region;
  },
  events: Readonly<Record<string, readonly number[]>>,
  nu: number,
) {
  const { of, given, columns, context = 0, region = {} } = request;
  const morph = shifting(of.length, context);
  const form: MorphedForm = { kind: "morphed", density: "g", of, ...(given && { given }), nuisances: ["nu"], morph };
  const densities = { ...request.densities, f: form };
  const composition = checkedComposition({ columns, parameters: [{ name: "nu", start: 0 }], densities });
  const own: CompositionMorph = { composition, name: "f", form, region };
  const moved = movedComposition(own);
  const layout = morphLayout(composition, form);
  const count = Object.values(events)[0]!.length;
  const data = {
    count,
    columns: Object.fromEntries(Object.entries(events).map(([name, own]) => [name, Float64Array.from(own)])),
  };
  const observed = {
    of: layoutObservable(layout),
    sizes: layoutSizes(layout, 1),
    events: eventsByProcess(layout, [nu], allOfSample(data)),
  };
  return { moved, morph, observed, values: () => valuesOf(moved, morph, observed) };
}

const logNormal = (x: number, mean: number, sigma: number) =>
  -0.5 * ((x - mean) / sigma) ** 2 - Math.log(sigma * Math.sqrt(2 * Math.PI));
const below = (x: number, mean: number, sigma: number) => 0.5 * (1 + erf((x - mean) / (sigma * Math.SQRT2)));
const G = { kind: "gaussian", x: "m", mean: 1, sigma: 0.5 } as const;

test("a density of one column with a range moves with its ends: log p, and the probability below an event", async () => {
  const m = [0.2, 1.1, 2.9];
  const { moved, values } = morphedOf({ of: ["m"], columns: { m: { range: [0, 3] } }, densities: { g: G } }, { m }, 1);
  const { logProb, logNominal, latent } = await values();
  const mass = (mean: number) => below(3, mean, 0.5) - below(0, mean, 0.5);
  const wanted = (mean: number) => m.map((x) => logNormal(x, mean, 0.5) - Math.log(mass(mean)));
  close(logProb, wanted(1.3), NEAR, "at 1");
  close(logNominal, wanted(1), NEAR, "nominal");
  const probabilities = m.map((x) => Math.log((below(x, 1.3, 0.5) - below(0, 1.3, 0.5)) / mass(1.3)));
  close(latent!, probabilities, NEAR, "below");
  assert.is(moved.prefix, "densities.f.morph");
});

test("in a region the density is normalised there, and no event is compared", async () => {
  const region = { m: [[0, 0.7] as const, [2, 3] as const] };
  const request = { of: ["m"], columns: { m: { range: [0, 3] as const } }, densities: { g: G }, region };
  const { moved, values } = morphedOf(request, { m: [0.5, 2.2] }, -1);
  assert.not(moved.hasLatent);
  const mass = (mean: number) => {
    const part = (low: number, high: number) => below(high, mean, 0.5) - below(low, mean, 0.5);
    return part(0, 0.7) + part(2, 3);
  };
  const { logProb, logNominal } = await values();
  const wanted = (mean: number) => [0.5, 2.2].map((x) => logNormal(x, mean, 0.5) - Math.log(mass(mean)));
  close(logProb, wanted(0.7), NEAR, "at -1");
  close(logNominal, wanted(1), NEAR, "nominal");
});

test("a density that is conditional on a number, and a morph that looks at a category", async () => {
  const columns = { m: {}, t: {}, k: { values: [5, 7] } };
  const densities = { g: { ...G, mean: "t" } };
  // The last layer has no weights: what the morph does is the same in both categories.
  const request = { of: ["m"], given: ["k"], columns, densities, context: 2 };
  const events = { m: [1, 2, 3], t: [0.5, 1.5, 2.5], k: [7, 5, 7] };
  const { observed, values } = morphedOf(request, events, 0.5);
  assert.equal(
    observed.events.map(({ process, count }) => [process, count]),
    [
      [0, 1],
      [1, 2],
    ],
  );
  // The event of category 5 comes first.
  const { logProb, logNominal } = await values();
  close(logProb, [logNormal(2, 1.65, 0.5), logNormal(1, 0.65, 0.5), logNormal(3, 2.65, 0.5)], NEAR, "at 0.5");
  close(logNominal, [logNormal(2, 1.5, 0.5), logNormal(1, 0.5, 0.5), logNormal(3, 2.5, 0.5)], NEAR, "nominal");
});

const flowOf = (features: number, context: number, seed: number) => {
  const common = { features, context, hidden: [3], transforms: 2, standardisation: "none" } as const;
  const architecture = autoregressiveFlow({ ...common, transform: { kind: "affine" } });
  return { architecture, weights: initialise(architecture, seed) };
};

test("the same numbers as the flow of a measurement with one process, and of y given x", async () => {
  const drawn = new Float64Array(9);
  fillNormal(randomKey(2, "events"), 0, drawn);
  const [a, b, t] = [0, 3, 6].map((at) => [...drawn.subarray(at, at + 3)]) as [number[], number[], number[]];
  const only = { k: { values: [4] } };
  const k = [4, 4, 4];
  for (const isOfY of [false, true]) {
    const given = ["k", ...(isOfY ? ["t"] : [])];
    const flow = flowOf(2, given.length, 3);
    const densities = { g: { kind: "flow", of: ["a", "b"], given, flow } as const };
    const columns = { a: {}, b: {}, t: {}, ...only };
    const request = { of: ["a", "b"], given, columns, densities, context: given.length };
    const { moved, morph, observed, values } = morphedOf(request, { a, b, t, k }, 0.7);
    assert.ok(moved.hasLatent);
    assert.is(observed.of, isOfY ? "y" : "x");
    const [found, wanted] = [await values(), await valuesOf(movedModel(observed.of, flow), morph, observed)];
    for (const name of ["logProb", "logNominal", "latent"] as const) {
      close(found[name]!, wanted[name]!, { absolute: 1e-12, relative: 1e-12 }, name);
    }
    assert.ok(Math.abs(found.logProb[0]! - found.logNominal[0]!) > 1e-3, "the morph does something");
  }
});

test("latent features take the order of the columns of the flow behind", async () => {
  const flow = flowOf(2, 0, 3);
  const [a, b] = [
    [0.3, -1.2],
    [0.8, 0.1],
  ];
  const latentOf = async (of: readonly string[]) => {
    const densities = { g: { kind: "flow", of: ["a", "b"], flow } as const };
    const { values } = morphedOf({ of, columns: { a: {}, b: {} }, densities }, { a, b }, 1);
    return (await values()).latent!;
  };
  close(await latentOf(["b", "a"]), await latentOf(["a", "b"]), { absolute: 1e-12, relative: 1e-12 });
});

test("events are not compared where a map may move them beyond the range of one of several columns, or where no flow is behind", () => {
  const flow = flowOf(2, 0, 3);
  const hasLatent = (g: DensityForm, range: readonly [number, number] | undefined, more = {}) => {
    const columns = { a: range === undefined ? {} : { range }, b: {} };
    const request = { of: ["a", "b"], columns, densities: { ...more, g } };
    return morphedOf(request, { a: [0], b: [0] }, 1).moved.hasLatent;
  };
  const behind = { kind: "flow", of: ["a", "b"], flow } as const;
  assert.ok(hasLatent(behind, undefined));
  assert.not(hasLatent(behind, [-1, 1]));
  const factors = { u: { ...G, x: "a" }, v: { ...G, x: "b" } };
  assert.not(hasLatent({ kind: "product", factors: ["u", "v"] }, undefined, factors));
});

test.run();
