/**
 * Weights of zuko's flows and of the published models built on them, as flows of ours.
 *
 * A state dict holds neither the class of the flow nor its activation, its least slope or the box of its splines. What names and
 * shapes say is recognised, and refused where it is not read; the rest is asked for (`ZukoSettings`).
 */
import { aMap, aNumber, checkArgument, checkOptions, type Options, oneOf, optional } from "../../engine/options.js";
import {
  type Architecture,
  type AutoregressiveArchitecture,
  type AutoregressiveLayer,
  type CouplingArchitecture,
  checked,
  type FactorizableArchitecture,
} from "../architecture/architecture.js";
import { type Activation, activations } from "../networks/masked-network.js";
import type { ForeignTensors, Weights } from "../networks/weights.js";
import { inversePermutation } from "../shapes.js";
import type { SplineArchitecture } from "../transforms/rational-quadratic-spline.js";
import type { AffineArchitecture } from "../transforms/scalar-transform.js";
import { checkWeights } from "./checkpoint.js";
import { type LoadedAutoregressive, readAutoregressive, type TransformOf } from "./zuko-autoregressive.js";
import { type LoadedCoupling, readCoupling } from "./zuko-coupling.js";
import { flowAt, kindOfTransform, stepsAt } from "./zuko-names.js";
import { arrangeNetwork, type LoadedNetwork, outputs, readLayers } from "./zuko-networks.js";
import { countEntries, numbers, placeOf, refuse } from "./zuko-tensors.js";

export type { ForeignTensor, ForeignTensors } from "../networks/weights.js";

/** An architecture with its weights. */
export interface LoadedFlow<A extends Architecture> {
  readonly architecture: A;
  readonly weights: Weights;
}

/** What zuko's state dicts do not hold. What is left out is zuko's default. */
export interface ZukoSettings {
  /** Of the hidden layers; ReLU where absent. */
  readonly activation?: Activation;
  /**
   * Least slope of the maps, dimensionless; 1e-3 where absent, the default of zuko up to 1.0.0 and since 1.5.0. Versions 1.0.1 to
   * 1.4.1 had 1e-4, and nothing in a state dict distinguishes them.
   */
  readonly leastSlope?: number;
  /** Half-width of the box of splines, in the units of the features; 5 where absent. */
  readonly bound?: number;
}

const DEFAULT_BOUND = 5;

const zukoSettings: Options<ZukoSettings> = {
  activation: optional(oneOf(...Object.keys(activations))),
  leastSlope: optional(aNumber),
  bound: optional(aNumber),
};
/** q and r of a factorizable flow, of its quadratic and pair terms. */
export interface Damping {
  readonly quadratic: number;
  readonly pair: number;
}

const dampingOptions: Options<Damping> = { quadratic: aNumber, pair: aNumber };

/** Damping q of all published factorizable flows, which have no pair terms to damp. */
const PUBLISHED_DAMPING = { quadratic: 0.01, pair: 1 };

const splineOfBins = (bins: number, { bound = DEFAULT_BOUND, leastSlope }: ZukoSettings): SplineArchitecture => ({
  kind: "spline",
  bins,
  bound,
  ...(leastSlope !== undefined && { leastSlope }),
});

const affineOf = ({ leastSlope }: ZukoSettings): AffineArchitecture => ({
  kind: "affine",
  ...(leastSlope !== undefined && { leastSlope }),
});

const isSpline = (count: number) => count >= 5 && count % 3 === 2;

function refuseOutputs(folder: string, expected: string, count: number): never {
  const hint = count === 2 ? "Two are those of an affine flow, which loadMaf reads" : undefined;
  return refuse(folder, expected, `${count}`, hint);
}

/** What zuko's `NSF` has: 3K - 1 outputs per feature. */
function nsfSpline(folder: string, count: number, settings: ZukoSettings): SplineArchitecture {
  if (isSpline(count)) return splineOfBins((count + 1) / 3, settings);
  return refuseOutputs(folder, "3K - 1 outputs per feature for K bins, as in NSF", count);
}

/** That, or the spline of the published T: 3K + 1 outputs, the last one unused. */
function anySpline(folder: string, count: number, settings: ZukoSettings): SplineArchitecture {
  if (isSpline(count)) return splineOfBins((count + 1) / 3, settings);
  if (count >= 7 && count % 3 === 1) return { ...splineOfBins((count - 1) / 3, settings), freeRightSlope: true };
  return refuseOutputs(folder, "3K - 1 or 3K + 1 outputs per feature for K bins", count);
}

function addNetwork(weights: Weights, path: string, network: Weights): void {
  for (const [name, tensor] of network) weights.set(`${path}.${name}`, tensor);
}

/** Every part of a flow must have the same size. */
function common<T>(where: string, what: string, values: readonly T[]): T {
  const first = values[0] as T;
  if (values.some((value) => JSON.stringify(value) !== JSON.stringify(first))) {
    refuse(where, `one ${what} in all transforms`, JSON.stringify(values));
  }
  return first;
}

/** The transforms of an autoregressive flow as one architecture with its weights. */
function autoregressive(
  where: string,
  transforms: readonly LoadedAutoregressive[],
  { activation = "relu" }: ZukoSettings,
): LoadedFlow<AutoregressiveArchitecture> {
  const weights: Weights = new Map();
  for (const [at, { network }] of transforms.entries()) addNetwork(weights, `transforms.${at}`, network.weights);
  const same = <T>(what: string, of: (transform: LoadedAutoregressive) => T) => common(where, what, transforms.map(of));
  const architecture: AutoregressiveArchitecture = checked({
    kind: "autoregressive",
    features: same("number of features", ({ layer }) => layer.order.length),
    context: same("number of context columns", ({ network }) => network.context),
    activation,
    standardisation: "none",
    transform: same("kind of transform", ({ transform }) => transform),
    layers: transforms.map(({ layer }) => layer),
  });
  checkWeights(placeOf(where), architecture, weights);
  return { architecture, weights };
}

/**
 * Autoregressive splines at `<folder>.<i>.hyper` and `<folder>.<i>.order`: those of `NSF` (`...transform.transforms`),
 * or of the published T (`...T.transforms`), distinguished by the number of outputs.
 */
export function loadSplines(
  tensors: ForeignTensors,
  folder: string,
  settings: ZukoSettings = {},
): LoadedFlow<AutoregressiveArchitecture> {
  checkArgument("loadSplines", "tensors", tensors, aMap);
  checkOptions("loadSplines", settings, zukoSettings);
  const { activation } = settings;
  const transformOf: TransformOf = (where, count) => anySpline(where, count, settings);
  return loadAutoregressive(tensors, folder, transformOf, activation === undefined ? {} : { activation });
}

/**
 * Masked transforms at `<folder>.<i>.hyper` and `<folder>.<i>.order`, without a base, of the maps that the caller names.
 * Outputs are in zuko's order: an affine map has (shift, scale).
 */
export function loadAutoregressive(
  tensors: ForeignTensors,
  folder: string,
  transformOf: TransformOf,
  settings: Pick<ZukoSettings, "activation"> = {},
): LoadedFlow<AutoregressiveArchitecture> {
  checkArgument("loadAutoregressive", "tensors", tensors, aMap);
  checkOptions("loadAutoregressive", settings, { activation: zukoSettings.activation });
  const read = (step: string) => readAutoregressive(tensors, step, undefined, transformOf);
  return autoregressive(folder, stepsAt(tensors, folder).map(read), settings);
}

function loadWithBase(
  tensors: ForeignTensors,
  folder: string,
  transformOf: TransformOf,
  settings: ZukoSettings,
): LoadedFlow<AutoregressiveArchitecture> {
  const { steps, features } = flowAt(tensors, folder);
  const read = (step: string) => readAutoregressive(tensors, step, features, transformOf);
  return autoregressive(folder, steps.map(read), settings);
}

/**
 * zuko's `NSF`: autoregressive splines and a standard normal base, with `passes`, `randperm` and any number of features.
 *
 * Bernstein flows (`BPF`) of degree 3K - 2 have the same names and shapes: only the caller knows that it is an `NSF`.
 *
 * @param folder    where the flow stands in the file, e.g. `mixture_model.kin_model.base_model`; "" for a flow saved alone
 * @param settings  what the file does not hold: activation, least slope, box
 */
export function loadNsf(
  tensors: ForeignTensors,
  folder = "",
  settings: ZukoSettings = {},
): LoadedFlow<AutoregressiveArchitecture> {
  checkArgument("loadNsf", "tensors", tensors, aMap);
  checkOptions("loadNsf", settings, zukoSettings);
  return loadWithBase(tensors, folder, (where, count) => nsfSpline(where, count, settings), settings);
}

/** zuko's `MAF`: affine autoregressive maps and a standard normal base. Arguments as of `loadNsf`; `bound` does not matter. */
export function loadMaf(
  tensors: ForeignTensors,
  folder = "",
  settings: ZukoSettings = {},
): LoadedFlow<AutoregressiveArchitecture> {
  checkArgument("loadMaf", "tensors", tensors, aMap);
  checkOptions("loadMaf", settings, zukoSettings);
  const affine: TransformOf = (where, count) => {
    if (count === 2) return affineOf(settings);
    return refuse(where, "two outputs per feature, the shift and scale of MAF", `${count}`);
  };
  return loadWithBase(tensors, folder, affine, settings);
}

/** zuko's `NICE`: coupling transforms, affine or splines, and a standard normal base. Arguments as of `loadNsf`. */
export function loadNice(
  tensors: ForeignTensors,
  folder = "",
  settings: ZukoSettings = {},
): LoadedFlow<CouplingArchitecture> {
  checkArgument("loadNice", "tensors", tensors, aMap);
  checkOptions("loadNice", settings, zukoSettings);
  const { steps, features } = flowAt(tensors, folder);
  const transformOf: TransformOf = (where, count) => {
    if (count === 2) return affineOf(settings);
    if (isSpline(count)) return splineOfBins((count + 1) / 3, settings);
    return refuse(where, "2 outputs per feature, affine, or 3K - 1, splines", `${count}`);
  };
  const layers = steps.map((step) => {
    if (kindOfTransform(tensors, step) === "coupling") return readCoupling(tensors, step, transformOf);
    return refuse(step, "a coupling transform", "an autoregressive one", "loadNsf and loadMaf read it");
  });
  const weights: Weights = new Map();
  for (const [at, layer] of layers.entries()) addNetwork(weights, `transforms.${at}`, layer.weights);
  const same = <T>(what: string, of: (layer: LoadedCoupling) => T) => common(folder, what, layers.map(of));
  const architecture: CouplingArchitecture = checked({
    kind: "coupling",
    features: common(folder, "number of features", [features, ...layers.map((layer) => layer.features)]),
    context: same("number of context columns", ({ context }) => context),
    activation: settings.activation ?? "relu",
    standardisation: "none",
    transform: same("kind of transform", ({ transform }) => transform),
    layers: layers.map(({ layer }) => layer),
  });
  checkWeights(placeOf(folder), architecture, weights);
  return { architecture, weights };
}

interface LoadedLayer {
  readonly layer: AutoregressiveLayer;
  readonly context: number;
  readonly nominalValues: readonly number[];
  readonly scales: readonly number[];
  readonly pairs: readonly (readonly [number, number])[];
}

/** Networks `nuisance_nets.<k>` and, in the order of `cross_term_pairs`, `pair_nets.<p>`. */
function readFactorizableLayer(
  tensors: ForeignTensors,
  folder: string,
  arrangement: readonly number[],
  put: (path: string, network: LoadedNetwork) => void,
): LoadedLayer {
  const vector = (name: string) => [...numbers(tensors, `${folder}.${name}`).data];
  const [nominalValues, scales] = [vector("central_nuisance_values"), vector("nuisance_scales")];
  const nuisances = countEntries(tensors, `${folder}.nuisance_nets`);
  if (nuisances !== nominalValues.length || scales.length !== nominalValues.length) {
    refuse(
      folder,
      `nominal values and scales of ${nuisances} nuisances`,
      `${nominalValues.length} and ${scales.length}`,
    );
  }
  const flat = tensors.has(`${folder}.cross_term_pairs`) ? vector("cross_term_pairs") : [];
  const pairs = Array.from({ length: flat.length / 2 }, (_, p) => [flat[2 * p], flat[2 * p + 1]] as [number, number]);
  const natural = arrangement.map((_, i) => i);
  const read = (path: string, kept: number, target: string) => {
    const layers = readLayers(tensors, `${folder}.${path}`);
    const taken = Array.from({ length: kept }, (_, output) => output);
    const network = arrangeNetwork(`${folder}.${path}`, layers, natural, taken);
    put(target, network);
    return network;
  };
  const networks = [
    ...nominalValues.map((_, k) => read(`nuisance_nets.${k}`, 4, `nuisances.${k}`)),
    ...pairs.map(([k, l], p) => read(`pair_nets.${p}`, 2, `pairs.${k}-${l}`)),
  ];
  const hidden = common(
    folder,
    "set of hidden units",
    networks.map((network) => network.hidden),
  );
  const context = common(
    folder,
    "number of context columns",
    networks.map((network) => network.context),
  );
  return { layer: { order: inversePermutation(arrangement), hidden }, context, nominalValues, scales, pairs };
}

/**
 * A published factorizable flow at `<folder>.<i>`, e.g. `mixture_model.kin_model.transforms`: layers with
 * `nuisance_nets.<k>`, and reversals with `indices`, which become orders here.
 *
 * @param damping  q and r, which files do not hold; of the published flows where absent
 */
export function loadFactorizable(
  tensors: ForeignTensors,
  folder: string,
  damping: Damping = PUBLISHED_DAMPING,
): LoadedFlow<FactorizableArchitecture> {
  checkArgument("loadFactorizable", "tensors", tensors, aMap);
  checkOptions("loadFactorizable", damping, dampingOptions);
  const weights: Weights = new Map();
  const layers: LoadedLayer[] = [];
  const first = `${folder}.0.nuisance_nets.0`;
  const features = outputs(first, readLayers(tensors, first), { per: 4 });
  /** Feature at each position, as rearranged by the reversals so far. */
  let arrangement = Array.from({ length: features }, (_, i) => i);
  for (let at = 0; at < countEntries(tensors, folder); at++) {
    if (tensors.has(`${folder}.${at}.indices`)) {
      const before = arrangement;
      arrangement = Array.from(numbers(tensors, `${folder}.${at}.indices`).data, (from) => before[from] as number);
    } else {
      const put = (path: string, network: LoadedNetwork) =>
        addNetwork(weights, `transforms.${layers.length}.${path}`, network.weights);
      layers.push(readFactorizableLayer(tensors, `${folder}.${at}`, arrangement, put));
    }
  }
  if (arrangement.some((feature, position) => feature !== position)) {
    refuse(folder, "features in their first order at the end", `[${arrangement}]`);
  }
  const same = <K extends keyof LoadedLayer>(key: K) =>
    common(
      folder,
      `set of ${key}`,
      layers.map((layer) => layer[key]),
    );
  const scales = same("scales");
  const architecture: FactorizableArchitecture = checked({
    kind: "factorizable",
    features,
    context: same("context"),
    activation: "elu",
    standardisation: "none",
    nuisances: same("nominalValues").map((nominal, k) => ({ nominal, scale: scales[k] as number, linearOnly: false })),
    pairs: same("pairs"),
    quadraticDamping: damping.quadratic,
    pairDamping: damping.pair,
    layers: layers.map(({ layer }) => layer),
  });
  checkWeights(folder, architecture, weights);
  return { architecture, weights };
}

/** A nominal density and its morph. */
export interface LoadedDensity {
  readonly nominal: LoadedFlow<AutoregressiveArchitecture>;
  readonly morph: LoadedFlow<FactorizableArchitecture>;
}

/** Everything a published `mixture_*.pt` holds for a likelihood. */
export interface LoadedMixture {
  /** p(x | f), context the one-hot class. */
  readonly kinematics: LoadedDensity;
  /** p(y | x, f), context (one-hot class, x). */
  readonly scores: LoadedDensity;
  /** T(y | x, f), context (one-hot class, x). */
  readonly transport: LoadedFlow<AutoregressiveArchitecture>;
  /** ν of that fit, in prior standard deviations [K] */
  readonly nu: Float64Array;
  /** log N_f, natural logarithm [F] */
  readonly logYields: Float64Array;
  /** Log-normal rates: θ [J], κ [J], M [F, J] row-major */
  readonly theta: Float64Array;
  readonly kappa: Float64Array;
  readonly mixing: Float64Array;
}

/** @param settings  of its splines, nominal and T; the factorizable flows are ELU networks without a least slope */
export function loadMixture(tensors: ForeignTensors, settings: ZukoSettings = {}): LoadedMixture {
  checkArgument("loadMixture", "tensors", tensors, aMap);
  checkOptions("loadMixture", settings, zukoSettings);
  const density = (name: string): LoadedDensity => ({
    nominal: loadNsf(tensors, `mixture_model.${name}.base_model`, settings),
    morph: loadFactorizable(tensors, `mixture_model.${name}.transforms`),
  });
  const vector = (name: string) => numbers(tensors, `mixture_model.${name}`).data;
  return {
    kinematics: density("kin_model"),
    scores: density("scores_model"),
    transport: loadSplines(tensors, "transfer_model.T.transforms", settings),
    nu: vector("m_vector"),
    logYields: vector("log_norm_factors"),
    theta: vector("norm_nuisance"),
    kappa: vector("lnN_constraints"),
    mixing: vector("lnN_mix_matrix"),
  };
}
