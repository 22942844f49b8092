/**
 * Weights of zuko's `NSF` and of the published models built on it, as flows of ours.
 *
 * zuko multiplies each weight by a mask; where the masks are those of autoregressive degrees, units sorted by degree
 * make staircases of them. Inputs there are (features, context), outputs feature-major in the features' natural order.
 */
import { UsageError } from "../engine/errors.js";
import {
  type Architecture,
  type AutoregressiveArchitecture,
  type AutoregressiveLayer,
  checked,
  type FactorizableArchitecture,
  featuresByOrder,
} from "./architecture.js";
import { checkWeights } from "./checkpoint.js";
import { inputSize } from "./masked-network.js";
import type { SplineArchitecture } from "./rational-quadratic-spline.js";
import { type ScalarArchitecture, scalarTransform } from "./scalar-transform.js";
import { inversePermutation } from "./shapes.js";
import type { Tensor, Weights } from "./weights.js";

/** A tensor as a reader of files gives it; truth values as 0 and 1. */
export interface ForeignTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | BigInt64Array | BigUint64Array;
}

export type ForeignTensors = ReadonlyMap<string, ForeignTensor>;

/** An architecture with its weights. */
export interface LoadedFlow<A extends Architecture> {
  readonly architecture: A;
  readonly weights: Weights;
}

/** zuko's default bound of splines; not stored with the weights. */
const BOUND = 5;
/** Damping q of all published factorizable flows, which have no pair terms to damp. */
const PUBLISHED_DAMPING = { quadratic: 0.01, pair: 1 };

function refuse(where: string, expected: string, got: string): never {
  throw new UsageError(where, { expected, got: `${got}: weights of another architecture` });
}

function numbers(tensors: ForeignTensors, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) refuse(name, "a tensor of this name", "none");
  return { shape: tensor.shape, data: Float64Array.from(tensor.data as ArrayLike<number>, Number) };
}

/** Children 0, 1, 2, ... of a folder. */
function countEntries(tensors: ForeignTensors, folder: string): number {
  const names = [...tensors.keys()].filter((name) => name.startsWith(`${folder}.`));
  const entries = new Set(names.map((name) => name.slice(folder.length + 1).split(".")[0] as string));
  for (let i = 0; i < entries.size; i++) {
    if (!entries.has(`${i}`)) refuse(folder, `entries 0 to ${entries.size - 1}`, [...entries].join(", "));
  }
  if (entries.size === 0) refuse(folder, "at least one entry", "none");
  return entries.size;
}

interface MaskedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly mask: Float64Array;
}

/** Layers at 0, 2, 4, ...; activations between them have no tensors. */
function readLayers(tensors: ForeignTensors, folder: string): MaskedMatrix[] {
  const layers: MaskedMatrix[] = [];
  for (let at = 0; tensors.has(`${folder}.${at}.weight`); at += 2) {
    const [weight, bias, mask] = ["weight", "bias", "mask"].map((name) =>
      numbers(tensors, `${folder}.${at}.${name}`),
    ) as [Tensor, Tensor, Tensor];
    const [rows = 0, columns = 0] = weight.shape;
    const expected = layers.at(-1)?.rows ?? columns;
    const fits = weight.shape.length === 2 && bias.data.length === rows && mask.data.length === weight.data.length;
    if (!fits || columns !== expected) {
      refuse(`${folder}.${at}`, `weight and mask [out, ${expected}] and bias [out]`, `weight [${weight.shape}]`);
    }
    layers.push({ rows, columns, weight: weight.data, bias: bias.data, mask: mask.data });
  }
  if (layers.length === 0) refuse(folder, "a masked network", "no layers");
  return layers;
}

/**
 * Degree of each row: the greatest degree it sees, all columns of that degree or less being seen.
 *
 * @param degreeOf  degree of each column; a column that only rows of degree d + 1 and more see has degree d + 1
 */
function rowDegrees(where: string, { rows, columns, mask }: MaskedMatrix, degreeOf: readonly number[]): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const sees = (column: number) => mask[row * columns + column] !== 0;
    const degree = degreeOf.reduce((most, own, column) => (sees(column) ? Math.max(most, own) : most), 0);
    if (!degreeOf.every((own, column) => sees(column) === own <= degree)) {
      refuse(`${where} mask`, "the staircase of autoregressive degrees", `row ${row}`);
    }
    return degree;
  });
}

/** Rows and columns in new order; what a row does not see is 0. */
function rearranged(
  { columns, weight, mask }: MaskedMatrix,
  rows: readonly number[],
  order: readonly number[],
): Tensor {
  const data = rows.flatMap((row) =>
    order.map((column) => {
      const at = row * columns + column;
      return mask[at] === 0 ? 0 : (weight[at] as number);
    }),
  );
  return { shape: [rows.length, order.length], data: Float64Array.from(data) };
}

interface LoadedNetwork {
  readonly context: number;
  /** Units per degree of each hidden layer. */
  readonly hidden: number[][];
  readonly weights: Weights;
}

/**
 * @param order  position of each feature
 * @param kept   outputs per feature that are used, from the first; the file may hold more
 */
function readNetwork(tensors: ForeignTensors, folder: string, order: readonly number[], kept: number): LoadedNetwork {
  const layers = readLayers(tensors, folder);
  const features = order.length;
  const context = (layers[0] as MaskedMatrix).columns - features;
  if (context < 0) refuse(folder, `inputs for ${features} features`, `${context + features}`);
  const available = outputs(tensors, folder, { per: features });
  if (available < kept) refuse(folder, `${kept} outputs per feature`, `${available}`);
  const byOrder = featuresByOrder(order);
  // The feature at position p is seen from degree p + 1 on, context from degree 0 on.
  let degreeOf = [...order.map((position) => position + 1), ...Array<number>(context).fill(0)];
  const contextColumns = Array.from({ length: context }, (_, c) => features + c);
  let columns = [...contextColumns, ...byOrder].slice(0, inputSize(features, context));
  const hidden: number[][] = [];
  const weights: Weights = new Map();
  layers.forEach((layer, at) => {
    const where = `${folder}.${2 * at}`;
    const degrees = rowDegrees(where, layer, degreeOf);
    const isLast = at === layers.length - 1;
    if (isLast) checkOutputs(where, layer, degrees, degreeOf, order);
    const rows = isLast
      ? byOrder.flatMap((feature) => Array.from({ length: kept }, (_, m) => feature * available + m))
      : degrees.map((_, row) => row).sort((a, b) => (degrees[a] as number) - (degrees[b] as number) || a - b);
    weights.set(`${at}.weight`, rearranged(layer, rows, columns));
    weights.set(`${at}.bias`, {
      shape: [rows.length],
      data: Float64Array.from(rows, (row) => layer.bias[row] as number),
    });
    if (!isLast) hidden.push(order.map((_, d) => degrees.filter((degree) => degree === d).length));
    [degreeOf, columns] = [degrees, rows];
  });
  return { context, hidden, weights };
}

/** Outputs of the feature at position p must see what is of degree p or less, neither more nor less. */
function checkOutputs(
  where: string,
  { rows }: MaskedMatrix,
  degrees: readonly number[],
  degreeOf: readonly number[],
  order: readonly number[],
): void {
  degrees.forEach((degree, row) => {
    const position = order[Math.floor((row * order.length) / rows)] as number;
    const wanted = Math.max(0, ...degreeOf.filter((own) => own <= position));
    if (degree !== wanted) refuse(`${where} mask`, `row ${row} to see degrees up to ${position}`, `up to ${degree}`);
  });
}

/** A part of the last layer's rows: outputs per feature, or features of so many outputs each. */
function outputs(tensors: ForeignTensors, folder: string, { per }: { per: number }): number {
  const { rows } = readLayers(tensors, folder).at(-1) as MaskedMatrix;
  if (rows % per !== 0) refuse(folder, `a multiple of ${per} outputs`, `${rows}`);
  return rows / per;
}

/** 3K - 1 outputs per feature in zuko's splines; 3K + 1 in the published T, which leaves the last one unused. */
function splineOf(folder: string, count: number): SplineArchitecture {
  if (count >= 5 && count % 3 === 2) return { kind: "spline", bins: (count + 1) / 3, bound: BOUND };
  if (count >= 7 && count % 3 === 1) {
    return { kind: "spline", bins: (count - 1) / 3, bound: BOUND, freeRightSlope: true };
  }
  return refuse(folder, "3K - 1 or 3K + 1 outputs per feature for K bins", `${count}`);
}

function addNetwork(weights: Weights, path: string, network: LoadedNetwork): void {
  for (const [name, tensor] of network.weights) weights.set(`${path}.${name}`, tensor);
}

/** Every part of a flow must have the same size. */
function common<T>(where: string, what: string, values: readonly T[]): T {
  const first = values[0] as T;
  if (values.some((value) => JSON.stringify(value) !== JSON.stringify(first))) {
    refuse(where, `one ${what} in all transforms`, JSON.stringify(values));
  }
  return first;
}

/** What transforms a feature, read off the number of outputs where it is not given. */
type TransformOf = (folder: string, count: number) => ScalarArchitecture;

/**
 * Autoregressive splines at `<folder>.<i>.hyper` and `<folder>.<i>.order`: those of `NSF` (`...transform.transforms`),
 * or of the published T (`...T.transforms`), told apart by the number of outputs.
 */
export function loadSplines(tensors: ForeignTensors, folder: string): LoadedFlow<AutoregressiveArchitecture> {
  return loadAutoregressive(tensors, folder, splineOf);
}

/** Masked transforms at `<folder>.<i>.hyper` and `<folder>.<i>.order`, whose outputs are ours in number and order. */
export function loadAutoregressive(
  tensors: ForeignTensors,
  folder: string,
  transformOf: TransformOf,
): LoadedFlow<AutoregressiveArchitecture> {
  const weights: Weights = new Map();
  const transforms = Array.from({ length: countEntries(tensors, folder) }, (_, at) => {
    const order = [...numbers(tensors, `${folder}.${at}.order`).data];
    const hyper = `${folder}.${at}.hyper`;
    const transform = transformOf(hyper, outputs(tensors, hyper, { per: order.length }));
    const network = readNetwork(tensors, hyper, order, scalarTransform(transform).parameters);
    addNetwork(weights, `transforms.${at}`, network);
    return { order, transform, network };
  });
  const architecture: AutoregressiveArchitecture = checked({
    kind: "autoregressive",
    features: common(
      folder,
      "number of features",
      transforms.map(({ order }) => order.length),
    ),
    context: common(
      folder,
      "number of context columns",
      transforms.map(({ network }) => network.context),
    ),
    activation: "relu",
    standardisation: "none",
    transform: common(
      folder,
      "kind of transform",
      transforms.map(({ transform }) => transform),
    ),
    layers: transforms.map(({ order, network }): AutoregressiveLayer => ({ order, hidden: network.hidden })),
  });
  checkWeights(folder, architecture, weights);
  return { architecture, weights };
}

/** zuko's `NSF` at a folder, e.g. `mixture_model.kin_model.base_model`: splines and a standard normal base. */
export function loadNsf(tensors: ForeignTensors, folder: string): LoadedFlow<AutoregressiveArchitecture> {
  const base = [...tensors.keys()].filter((name) => name.startsWith(`${folder}.base.`));
  for (const name of base) {
    const wanted = /\.(_0|loc)$/.test(name) ? 0 : 1;
    if (numbers(tensors, name).data.some((value) => value !== wanted)) {
      refuse(name, "a standard normal base", "another loc or scale");
    }
  }
  return loadSplines(tensors, `${folder}.transform.transforms`);
}

interface LoadedLayer {
  readonly layer: AutoregressiveLayer;
  readonly context: number;
  readonly centres: readonly number[];
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
  const [centres, scales] = [vector("central_nuisance_values"), vector("nuisance_scales")];
  const nuisances = countEntries(tensors, `${folder}.nuisance_nets`);
  if (nuisances !== centres.length || scales.length !== centres.length) {
    refuse(folder, `centres and scales of ${nuisances} nuisances`, `${centres.length} and ${scales.length}`);
  }
  const flat = tensors.has(`${folder}.cross_term_pairs`) ? vector("cross_term_pairs") : [];
  const pairs = Array.from({ length: flat.length / 2 }, (_, p) => [flat[2 * p], flat[2 * p + 1]] as [number, number]);
  const natural = arrangement.map((_, i) => i);
  const read = (path: string, kept: number, target: string) => {
    const network = readNetwork(tensors, `${folder}.${path}`, natural, kept);
    put(target, network);
    return network;
  };
  const networks = [
    ...centres.map((_, k) => read(`nuisance_nets.${k}`, 4, `nuisances.${k}`)),
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
  return { layer: { order: inversePermutation(arrangement), hidden }, context, centres, scales, pairs };
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
  damping: { readonly quadratic: number; readonly pair: number } = PUBLISHED_DAMPING,
): LoadedFlow<FactorizableArchitecture> {
  const weights: Weights = new Map();
  const layers: LoadedLayer[] = [];
  const features = outputs(tensors, `${folder}.0.nuisance_nets.0`, { per: 4 });
  /** Feature at each position, as rearranged by the reversals so far. */
  let arrangement = Array.from({ length: features }, (_, i) => i);
  for (let at = 0; at < countEntries(tensors, folder); at++) {
    if (tensors.has(`${folder}.${at}.indices`)) {
      const before = arrangement;
      arrangement = Array.from(numbers(tensors, `${folder}.${at}.indices`).data, (from) => before[from] as number);
    } else {
      const put = (path: string, network: LoadedNetwork) =>
        addNetwork(weights, `transforms.${layers.length}.${path}`, network);
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
    nuisances: same("centres").map((centre, k) => ({ centre, scale: scales[k] as number, linearOnly: false })),
    pairs: same("pairs"),
    quadraticDamping: damping.quadratic,
    pairDamping: damping.pair,
    layers: layers.map(({ layer }) => layer),
  });
  checkWeights(folder, architecture, weights);
  return { architecture, weights };
}

/** A nominal density and its systematics. */
export interface LoadedDensity {
  readonly nominal: LoadedFlow<AutoregressiveArchitecture>;
  readonly systematics: LoadedFlow<FactorizableArchitecture>;
}

/** Everything a published `mixture_*.pt` holds for a likelihood. */
export interface LoadedMixture {
  /** p(x | f), context the one-hot class. */
  readonly kinematics: LoadedDensity;
  /** p(y | x, f), context (one-hot class, x). */
  readonly scores: LoadedDensity;
  /** T(y | x, f), context (one-hot class, x). */
  readonly transfer: LoadedFlow<AutoregressiveArchitecture>;
  /** ν of that fit, in prior standard deviations [K] */
  readonly nu: Float64Array;
  /** log N_f, natural logarithm [F] */
  readonly logYields: Float64Array;
  /** Log-normal rates: θ [J], κ [J], M [F, J] row-major */
  readonly theta: Float64Array;
  readonly kappa: Float64Array;
  readonly mixing: Float64Array;
}

export function loadMixture(tensors: ForeignTensors): LoadedMixture {
  const density = (name: string): LoadedDensity => ({
    nominal: loadNsf(tensors, `mixture_model.${name}.base_model`),
    systematics: loadFactorizable(tensors, `mixture_model.${name}.transforms`),
  });
  const vector = (name: string) => numbers(tensors, `mixture_model.${name}`).data;
  return {
    kinematics: density("kin_model"),
    scores: density("scores_model"),
    transfer: loadSplines(tensors, "transfer_model.T.transforms"),
    nu: vector("m_vector"),
    logYields: vector("log_norm_factors"),
    theta: vector("norm_nuisance"),
    kappa: vector("lnN_constraints"),
    mixing: vector("lnN_mix_matrix"),
  };
}
