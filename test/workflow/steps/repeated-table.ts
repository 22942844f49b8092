/** What each key of the configuration repeats, on the analyses of `repeated-steps`. */
import type { Base } from "./repeated-steps.js";
import {
  AFTER_RESPONSE,
  ALL,
  densityOf,
  FITS,
  FITS_OF_X,
  largerMorph,
  morphOf,
  OF_NEW_T,
  OF_OTHER_DATA,
  OF_T,
  ofOneFeature,
  PREDICTIONS,
  REPLICAS,
  SCANS,
  SCORES,
  stagesOf,
  TOY_FITS,
  TOY_MORPH,
  TOY_OF_OTHER_DATA,
} from "./step-names.js";

export interface Case {
  readonly set: readonly string[];
  readonly repeated: readonly string[] | "refused";
  readonly base?: Base;
  /** Steps whose new numbers others follow from. */
  readonly anew?: (name: string) => boolean;
}

/** Weights of another shape cannot be those of before. */
const trainings = (name: string) => /^([xy]\.|transport$|replica\.|response$)/.test(name);
const trainingsOfDensities = (name: string) => /^[xy]\./.test(name);

const one = (set: string, repeated: Case["repeated"], more: Partial<Case> = {}): Case[] => [
  { set: [set], repeated, ...more },
];

const recipe = (
  section: string,
  repeated: readonly string[],
  patience: Case["repeated"] = repeated,
): Record<string, Case[]> => ({
  ...settings(section, repeated),
  [`${section}.training.patience`]: one(`${section}.training.patience=2`, patience),
});

const settings = (section: string, repeated: readonly string[]): Record<string, Case[]> =>
  Object.fromEntries(
    Object.entries({
      optimiser: "adam",
      epochs: 3,
      batch: 60,
      learningRate: 0.004,
      warmUp: 0.3,
      averaged: 0.2,
      weightDecay: 0.01,
    }).map(([key, value]) => [`${section}.training.${key}`, one(`${section}.training.${key}=${value}`, repeated)]),
  );

const flow = (of: "x" | "y", repeated: readonly string[]): Record<string, Case[]> => ({
  [`flows.${of}.kind`]: one(`flows.${of}.kind=spline`, repeated, { anew: trainingsOfDensities }),
  [`flows.${of}.structure`]: one(`flows.${of}.structure=coupling`, repeated, { anew: trainingsOfDensities }),
  [`flows.${of}.transforms`]: one(`flows.${of}.transforms=2`, repeated, { anew: trainingsOfDensities }),
  [`flows.${of}.bins`]: [
    { set: [`flows.${of}.kind=spline`, `flows.${of}.bins=3`], repeated, anew: trainingsOfDensities },
  ],
  [`flows.${of}.bound`]: [
    { set: [`flows.${of}.kind=spline`, `flows.${of}.bound=5`], repeated, anew: trainingsOfDensities },
  ],
  [`flows.${of}.hidden`]: one(`flows.${of}.hidden=[5]`, repeated, { anew: trainingsOfDensities }),
  ...recipe(`flows.${of}`, repeated),
});

const morph = (of: "x" | "y", repeated: readonly string[]): Record<string, Case[]> => ({
  [`morph.${of}.kind`]: one(`morph.${of}.kind=spline`, largerMorph(repeated), { anew: trainingsOfDensities }),
  [`morph.${of}.bins`]: [
    {
      set: [`morph.${of}.kind=spline`, `morph.${of}.bins=3`],
      repeated: largerMorph(repeated),
      anew: trainingsOfDensities,
    },
  ],
  [`morph.${of}.bound`]: [
    {
      set: [`morph.${of}.kind=spline`, `morph.${of}.bound=4`],
      repeated: largerMorph(repeated),
      anew: trainingsOfDensities,
    },
  ],
  [`morph.${of}.layers`]: one(`morph.${of}.layers=3`, largerMorph(repeated), { anew: trainingsOfDensities }),
  [`morph.${of}.hidden`]: one(`morph.${of}.hidden=[5]`, largerMorph(repeated), { anew: trainingsOfDensities }),
  // A simple morph has no epoch chosen, and none to stop at.
  ...recipe(
    `morph.${of}`,
    repeated,
    repeated.filter((name) => !/(simple|residual)\.t$/.test(name)),
  ),
});

/** By key of the configuration: changes of it, and the steps that they repeat. */
export const REPEATED: Readonly<Record<string, readonly Case[]>> = {
  name: one("name=Another", []),
  seed: one("seed=4", ALL),
  output: one("output=elsewhere", []),
  "observables.columns": [
    ...one("observables.columns={x: x_again}", []),
    ...one("observables.columns={x: y}", ALL),
    ...one("observables.columns={x: y, y: x}", "refused"),
  ],
  // Nothing reads such an element: what the values do is in the keys of compositions.
  "observables.missing": one("observables.missing={'z[0]': 1}", "refused"),
  "observables.where": [...one("observables.where=x1 > -1000", []), ...one("observables.where=x1 > -1", ALL)],
  "observables.x.features": one("observables.x={features: 1, columns: [x1]}", ofOneFeature("x", ALL), {
    anew: trainings,
  }),
  "observables.x.columns": [...one("observables.x.columns=[x_again]", []), ...one("observables.x.columns=[y]", ALL)],
  "observables.x.transform": one("observables.x.transform=[asinh]", ALL),
  "observables.x.edges.*.low": one("observables.x.edges={x1: {low: -1000}}", ALL),
  "observables.x.edges.*.high": one("observables.x.edges={x1: {high: 1000}}", ALL),
  "observables.x.labels": one("observables.x.labels=[mass, momentum]", []),
  "observables.y.features": one(
    "observables.y={features: 1, columns: [y1]}",
    ofOneFeature("y", [...densityOf("y"), "closure", "closure.y", ...OF_NEW_T]),
    {
      anew: trainings,
    },
  ),
  "observables.y.columns": [
    ...one("observables.y.columns=[y_again]", []),
    ...one("observables.y.columns=[x_again]", [...densityOf("y"), "closure", "closure.y", ...OF_T]),
  ],
  "observables.y.transform": one("observables.y.transform=[rank]", [
    ...densityOf("y"),
    "closure",
    "closure.y",
    ...OF_T,
  ]),
  "observables.y.edges.*.low": one("observables.y.edges={y2: {low: -1000}}", [
    ...densityOf("y"),
    "closure",
    "closure.y",
    ...OF_T,
  ]),
  "observables.y.edges.*.high": one("observables.y.edges={y2: {high: 1000}}", [
    ...densityOf("y"),
    "closure",
    "closure.y",
    ...OF_T,
  ]),
  "observables.y.labels": one("observables.y.labels=[mass, momentum]", []),
  "processes.*.label": one("processes.A.label=Signal", []),
  "processes.*.yield.events": [
    ...one("processes.A.yield=130", [...SCORES, ...FITS]),
    ...one("processes.A.yield=weights", [...SCORES, ...FITS]),
  ],
  ...Object.fromEntries(
    ["crossSection", "luminosity", "generated"].map((key) => [
      `processes.*.yield.${key}`,
      one("processes.A.yield={crossSection: 1.3, luminosity: 100, generated: weights}", [...SCORES, ...FITS]),
    ]),
  ),
  "processes.*.samples.*.file": [
    ...one("processes.A.samples.1.file=a-s-again.npz", []),
    ...one("processes.A.samples.1.file=b-s.npz", [
      ...["x", "y"].flatMap((of) => stagesOf(of, "single.s", "joint.s")),
      "closure",
      ...SCORES,
      ...FITS,
    ]),
  ],
  "processes.*.samples.*.at": one("processes.A.samples.1.at={s: 1.2}", [
    ...["x", "y"].flatMap((of) => stagesOf(of, "single.s", "joint.s")),
    "closure",
    ...SCORES,
    ...FITS,
  ]),
  "processes.*.samples.*.columns": [
    ...one("processes.A.samples.1.columns={x: x_again}", []),
    ...one("processes.A.samples.1.columns={x: y}", [
      ...["x", "y"].flatMap((of) => stagesOf(of, "single.s", "joint.s")),
      "closure",
      ...SCORES,
      ...FITS,
    ]),
  ],
  "processes.*.samples.*.where": [
    ...one("processes.A.samples.0.where=x1 > -1000", []),
    ...one("processes.A.samples.0.where=x1 > -1", ALL),
  ],
  "processes.*.samples.*.weightFactor": one("processes.A.samples.1={at: {s: 1}, weightFactor: w}", [
    ...["x", "y"].flatMap((of) => stagesOf(of, "single.s", "joint.s")),
    "closure",
    ...SCORES,
    ...FITS,
  ]),
  "processes.*.samples.*.weight": one("processes.A.samples.0.weight=w", ALL),
  "nuisances.*.kind": one("nuisances.s.kind=rate", "refused"),
  "nuisances.*.label": one("nuisances.s.label=Scale", []),
  "nuisances.*.processes": [
    ...one("nuisances.r.processes=[A]", [...SCORES, ...FITS]),
    ...one("nuisances.s.processes=[A, B]", []),
  ],
  "nuisances.*.acceptance": one("nuisances.s.acceptance=sums", [...SCORES, ...FITS]),
  "nuisances.*.kappa": one("nuisances.r.kappa=0.3", [...SCORES, ...FITS]),
  "nuisances.*.nominal": [
    ...one("nuisances.r.nominal=0.1", [...SCORES, ...FITS]),
    ...one("nuisances.s.nominal=0.1", [
      ...["x", "y"].flatMap((of) => stagesOf(of, "single.s", "joint.s")),
      "closure",
      ...SCORES,
      ...FITS,
    ]),
  ],
  "simulation.generator": one("simulation.generator=doi-toy", "refused"),
  "simulation.events": one(
    "simulation.events=5000",
    ["x.nominal", "y.nominal", ...TOY_MORPH, "closure", ...SCORES, ...TOY_FITS],
    {
      base: "toy",
    },
  ),
  "simulation.variations": one(
    "simulation.variations=[{shift: 1}, {squeeze: 1}]",
    [...TOY_MORPH, "closure", ...SCORES, ...TOY_FITS],
    { base: "toy", anew: trainings },
  ),
  "simulation.weight": one("simulation.weight=w", ALL),
  "simulation.heldOut": [...one("simulation.heldOut=0.2", ALL), ...one("simulation.heldOut=0.3", [], { base: "toy" })],
  "simulation.replicas": one("simulation.replicas=2", ["simulation.replica.0", "simulation.replica.1"]),
  "data.file": [...one("data.file=data-again.npz", []), ...one("data.file=other.npz", OF_OTHER_DATA)],
  "data.columns": [...one("data.columns={x: x_again}", []), ...one("data.columns={x: y}", OF_OTHER_DATA)],
  "data.where": [...one("data.where=x1 > -1000", []), ...one("data.where=x1 > -1", OF_OTHER_DATA)],
  "data.weight": one("data.weight=w", OF_OTHER_DATA),
  "data.source": one("data.source=somewhere", []),
  "data.spikes": one("data.spikes=keep", []),
  "data.without.*.feature": one("data.without=[{feature: 'x[0]', values: [12345]}]", []),
  "data.without.*.values": one("data.without=[{feature: 'x[0]', values: [12345, 54321]}]", []),
  "data.outside": one("data.outside=refuse", []),
  "data.generator": one("data.generator=doi-toy", "refused"),
  "data.events": one("data.events=310", [...SCORES, ...TOY_FITS], { base: "toy" }),
  "model.file": one("model.file=model.pt", "refused"),
  "model.activation": one("model.activation=elu", "refused"),
  "model.leastSlope": one("model.leastSlope=0.01", "refused"),
  "model.source": one("model.source=somewhere", "refused"),
  "likelihood.observables": one("likelihood.observables=[x]", [
    "closure",
    "scans.xAlone",
    "projections",
    "impacts",
    "bands",
    "sensitivity",
  ]),
  "likelihood.form": one("likelihood.form=conditional", ["closure.y", ...OF_T]),
  "likelihood.extended": one("likelihood.extended=false", [...SCORES, ...FITS]),
  "likelihood.cache": one("likelihood.cache=0", [
    ...FITS_OF_X,
    "fit.fixed",
    "fit.fixed.replica.0",
    "fit.fixed.replica.1",
    "fit.profiled",
    "fit.averaged",
    ...SCANS,
    "impacts",
  ]),
  ...flow("x", [...densityOf("x"), "closure", ...SCORES, ...FITS]),
  ...flow("y", [...densityOf("y"), "closure", "closure.y", ...OF_T]),
  "morph.pairs": one(
    "morph.pairs=[]",
    [
      // Those of the corner, which belong to no pair then.
      ...["x", "y"].flatMap((of) => stagesOf(of, "together.s")),
      "closure",
      ...SCORES,
      ...FITS,
    ],
    { anew: trainings },
  ),
  "morph.quadraticDamping": one("morph.quadraticDamping=0.02", [
    ...["x", "y"].flatMap((of) => stagesOf(of, "joint.s")),
    "closure",
    ...SCORES,
    ...FITS,
  ]),
  "morph.pairDamping": one("morph.pairDamping=0.2", [
    ...["x", "y"].flatMap((of) => stagesOf(of, "joint.s")),
    "closure",
    ...SCORES,
    ...FITS,
  ]),
  "morph.shiftFirst": one("morph.shiftFirst=false", [...morphOf("x"), ...morphOf("y"), "closure", ...SCORES, ...FITS]),
  ...morph("x", [...morphOf("x"), "closure", ...SCORES, ...FITS]),
  ...morph("y", [...morphOf("y"), "closure", "closure.y", ...OF_T]),
  "transport.enabled": one("transport.enabled=false", [
    "fit.fixed",
    "simulation.error.fixed",
    "scans.fixed",
    "projections",
    "impacts",
    "bands",
    "sensitivity",
  ]),
  "transport.transforms": one("transport.transforms=2", OF_NEW_T, { anew: trainings }),
  "transport.bins": one("transport.bins=4", OF_NEW_T, { anew: trainings }),
  "transport.bound": one("transport.bound=4", OF_T),
  "transport.hidden": one("transport.hidden=[5]", OF_NEW_T, { anew: trainings }),
  ...recipe("transport", OF_T, "refused"),
  "transport.nuisanceLearningRate": one("transport.nuisanceLearningRate=0.001", OF_T),
  "ensemble.replicas": one("ensemble.replicas=3", [
    "replica.2",
    "fit.x.replica.2",
    "fit.fixed.replica.2",
    "response",
    ...AFTER_RESPONSE,
  ]),
  ...recipe("ensemble", [...REPLICAS, "response", ...AFTER_RESPONSE], "refused"),
  "fit.start": one("fit.start={s: 0.1}", ["fit.x"]),
  "fit.bounds": one("fit.bounds=[-4, 4]", [
    ...FITS_OF_X,
    "fit.fixed",
    "fit.fixed.replica.0",
    "fit.fixed.replica.1",
    "fit.profiled",
    "fit.averaged",
    ...SCANS,
    "impacts",
  ]),
  "fit.secondStart": one("fit.secondStart=1", [
    ...FITS_OF_X,
    "fit.fixed",
    "fit.fixed.replica.0",
    "fit.fixed.replica.1",
    "fit.profiled",
    "fit.averaged",
  ]),
  "fit.minos": one("fit.minos=true", ["fit.x", "fit.fixed", "fit.profiled", "fit.averaged"]),
  "response.enabled": one("response.enabled=false", ["fit.averaged", "scans.fixed", "scans.averaged", ...PREDICTIONS]),
  "response.actsOn": one("response.actsOn=data", ["response", ...AFTER_RESPONSE]),
  "response.nodes": one("response.nodes=quadrature", ["response", ...AFTER_RESPONSE]),
  "response.points": [
    { set: ["response.nodes=quadrature", "response.points=3"], repeated: ["response", ...AFTER_RESPONSE] },
  ],
  "response.range": one("response.range=2.5", ["response", ...AFTER_RESPONSE]),
  "response.scale": one("response.scale=1.1", ["response", ...AFTER_RESPONSE]),
  "response.sample": [{ set: ["response.sample=data", "response.events="], repeated: ["response", ...AFTER_RESPONSE] }],
  "response.events": one("response.events=500", ["response", ...AFTER_RESPONSE]),
  "response.heldOut": one("response.heldOut=0.2", ["response", ...AFTER_RESPONSE]),
  "response.kind": one("response.kind=spline", ["response", ...AFTER_RESPONSE], { anew: trainings }),
  "response.bins": [
    {
      set: ["response.kind=spline", "response.bins=3"],
      repeated: ["response", ...AFTER_RESPONSE],
      anew: trainings,
    },
  ],
  "response.layers": one("response.layers=2", ["response", ...AFTER_RESPONSE], { anew: trainings }),
  "response.hidden": one("response.hidden=[5]", ["response", ...AFTER_RESPONSE], { anew: trainings }),
  ...recipe("response", ["response", ...AFTER_RESPONSE]),
  "scan.nuisances": one("scan.nuisances=[t]", SCANS),
  "scan.pairs": one("scan.pairs=[[s, r]]", SCANS),
  "scan.fits": one("scan.fits=[fixed]", []),
  "scan.points": one("scan.points=5", SCANS),
  "scan.grid": one("scan.grid=4", SCANS),
  "scan.range": one("scan.range=2", SCANS),
  "impacts.enabled": one("impacts.enabled=false", []),
  "impacts.definitions": one("impacts.definitions=[covariance]", ["impacts"]),
  "impacts.groups": one("impacts.groups={both: [s, t]}", ["impacts"]),
  "impacts.bins": one("impacts.bins=3", ["impacts"]),
  "impacts.events": one("impacts.events=2000", ["impacts"]),
  truth: [
    ...one("truth={s: 0.1}", []),
    ...one("truth={shift: 0.4, squeeze: -0.5}", TOY_OF_OTHER_DATA, { base: "toy" }),
  ],
  "report.bins": one("report.bins=9", ["closure", "projections", "bands"], { anew: (name) => name === "projections" }),
};
