/** Architectures, which with named weights are whole flows: how they are made, checked, and what tensors they have. */
import { UsageError } from "../../engine/errors.js";
import { aFlag, aList, aNumber, anObject, checkArgument, checkParts, numbers } from "../../engine/options.js";
import { activations, degreeCounts, maskedNetworkTensors, networkSize } from "../networks/masked-network.js";
import { initialTensor, specsWithin, type TensorSpec, type Weights } from "../networks/weights.js";
import { inversePermutation } from "../shapes.js";
import { splineParameters } from "../transforms/rational-quadratic-spline.js";
import { type ScalarArchitecture, scalarTransform } from "../transforms/scalar-transform.js";
import { checkForm, shownData } from "./form.js";
import type {
  Architecture,
  AutoregressiveArchitecture,
  AutoregressiveLayer,
  AutoregressiveOptions,
  CommonArchitecture,
  CommonOptions,
  CouplingArchitecture,
  CouplingLayer,
  CouplingOptions,
  FactorizableArchitecture,
  FactorizableOptions,
  NuisanceArchitecture,
} from "./kinds.js";
import { checkLimits } from "./limits.js";
import {
  checkAutoregressiveOptions,
  checkCouplingOptions,
  checkFactorizableOptions,
  checkInitialOptions,
  checkTransformOptions,
  type InitialOptions,
} from "./options.js";

export type * from "./kinds.js";
export type { InitialOptions } from "./options.js";

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Natural and reversed order in turn, so that every feature comes first somewhere. */
const alternatingOrders = (features: number, layers: number): number[][] =>
  range(layers).map((layer) => (layer % 2 === 0 ? range(features) : range(features).reverse()));

/** What is made of these numbers is as large as they say. */
function checkSizesOf(kind: Architecture["kind"], { features, context, hidden }: CommonOptions, layers: number): void {
  checkLimits(`${kind} flow`, { features, context, layers, hiddenLayers: hidden.length, units: largest(hidden) });
}

function masked(options: CommonOptions, orders: readonly (readonly number[])[]): AutoregressiveLayer[] {
  const { features, context = 0, hidden } = options;
  return orders.map((order) => ({
    order: [...order],
    hidden: hidden.map((width) => degreeCounts(width, features, context)),
  }));
}

function common({
  features,
  context = 0,
  activation = "relu",
  standardisation = "none",
  classes,
}: CommonOptions): CommonArchitecture {
  return { features, context, activation, standardisation, ...(classes !== undefined && { classes }) };
}

/**
 * Masked autoregressive flow; with splines, the neural spline flow of arXiv:1906.04032.
 *
 * @param orders  per transform, the order of each feature; natural and reversed in turn where absent
 */
export function autoregressiveFlow(options: AutoregressiveOptions): AutoregressiveArchitecture {
  checkAutoregressiveOptions(options);
  const { features, transforms, transform } = options;
  checkSizesOf("autoregressive", options, options.orders?.length ?? transforms);
  const orders = options.orders ?? alternatingOrders(features, transforms);
  return checked({ kind: "autoregressive", ...common(options), transform, layers: masked(options, orders) });
}

/**
 * Coupling flow: both directions take one pass.
 *
 * @param passive  per transform, the features left as they are; halves in turn where absent
 */
export function couplingFlow(options: CouplingOptions): CouplingArchitecture {
  checkCouplingOptions(options);
  const { features, transforms, transform, hidden } = options;
  checkSizesOf("coupling", options, options.passive?.length ?? transforms);
  const half = Math.ceil(features / 2);
  const halves = [range(features).slice(0, half), range(features).slice(half)] as const;
  const passive = options.passive ?? range(transforms).map((layer) => halves[(layer % 2) as 0 | 1]);
  const layers = passive.map((own) => ({ passive: [...own], hidden: [...hidden] }));
  return checked({ kind: "coupling", ...common(options), transform, layers });
}

/** Nuisances and pairs of a factorizable flow; nominal values, scales and dampings that are left out are 0, 1, 0.01 and 1. */
export function factorizableFlow(options: FactorizableOptions): FactorizableArchitecture {
  checkFactorizableOptions(options);
  checkSizesOf("factorizable", options, options.layers);
  return checked({
    kind: "factorizable",
    ...common({ activation: "elu", ...options }),
    nuisances: options.nuisances.map(({ nominal = 0, scale = 1, linearOnly = false }) => ({
      nominal,
      scale,
      linearOnly,
    })),
    pairs: (options.pairs ?? []).map(([k, l]) => [k, l] as const),
    quadraticDamping: options.quadraticDamping ?? 0.01,
    pairDamping: options.pairDamping ?? 1,
    ...(options.shiftFirst && { shiftFirst: true }),
    ...(options.spline && { spline: options.spline }),
    layers: masked(options, alternatingOrders(options.features, options.layers)),
  });
}

function refuse(architecture: Architecture, expected: string, got: unknown): never {
  throw new UsageError(`${architecture.kind} flow`, { expected, got: shownData(got) });
}

const isPermutation = (order: readonly number[], n: number) =>
  order.length === n && [...order].sort((a, b) => a - b).every((entry, i) => entry === i);

const isCount = (n: number) => Number.isInteger(n) && n >= 0;

const areUnits = (hidden: AutoregressiveLayer["hidden"], features: number) =>
  hidden.every((counts) => counts.length === features && counts.every(isCount));

function checkTransform(architecture: Architecture, transform: ScalarArchitecture): void {
  checkTransformOptions(`${architecture.kind} flow`, transform);
  const { leastSlope } = transform;
  if (leastSlope !== undefined && !(leastSlope > 0 && leastSlope < 1)) {
    refuse(architecture, "a least slope between 0 and 1", leastSlope);
  }
  if (transform.kind === "affine") return;
  if (!(Number.isInteger(transform.bins) && transform.bins >= 2)) {
    refuse(architecture, "a spline of at least 2 bins", transform.bins);
  }
  if (!(transform.bound > 0)) refuse(architecture, "a positive bound of the spline", transform.bound);
}

function checkNuisances(architecture: FactorizableArchitecture): void {
  const { features, nuisances, pairs, spline, layers } = architecture;
  if (spline !== undefined) checkTransform(architecture, spline);
  if (spline?.scaled) refuse(architecture, "splines that are not scaled: the layers scale already", spline);
  if (architecture.standardisation === "input") {
    refuse(architecture, 'standardisation "none" or "both": nominal values stay in the space of the data', "input");
  }
  if (nuisances.length === 0) refuse(architecture, "at least one nuisance", nuisances);
  for (const nuisance of nuisances) {
    if (!(Number.isFinite(nuisance.nominal) && nuisance.scale > 0)) {
      refuse(architecture, "nuisances with a nominal value and a positive scale", nuisance);
    }
  }
  for (const { networks } of nuisances) {
    const fit = (networks ?? []).every((hidden) => hidden === null || areUnits(hidden, features));
    if (networks !== undefined && !(networks.length === layers.length && fit)) {
      refuse(architecture, `a network of a nuisance for each layer, with units of ${features} degrees`, networks);
    }
  }
  const seen = new Set<string>();
  for (const [k, l] of pairs) {
    const isRepeated = seen.size === seen.add(`${k},${l}`).size;
    if (!(isCount(k) && k < l && l < nuisances.length) || isRepeated) {
      refuse(architecture, `pairs (k, l) of ${nuisances.length} nuisances with k < l, none twice`, [k, l]);
    }
  }
}

/** Refuses sizes whose tensors would take all memory. */
function checkSizes(architecture: Architecture): void {
  const { features, context, layers } = architecture;
  const { nuisances = [], pairs = [] } = architecture.kind === "factorizable" ? architecture : {};
  const transform = architecture.kind === "factorizable" ? architecture.spline : architecture.transform;
  const where = `${architecture.kind} flow`;
  const hidden = layers.map((layer) => layer.hidden);
  checkLimits(where, {
    features,
    context,
    layers: layers.length,
    hiddenLayers: largest(hidden.map(({ length }) => length)),
    units: largest(hidden.flatMap((counts) => counts.map((own) => (typeof own === "number" ? own : sumOf(own))))),
    bins: transform?.kind === "spline" ? transform.bins : undefined,
    nuisances: nuisances.length,
    pairs: pairs.length,
    networks: layers.length * (architecture.kind === "factorizable" ? nuisances.length + pairs.length : 1),
  });
  checkLimits(where, { weights: weightCount(architecture) });
}

/** Numbers in all networks, from sizes alone. */
function weightCount(architecture: Architecture): number {
  const size = (layer: AutoregressiveLayer | CouplingLayer, outputs: number) =>
    networkSize(layerNetwork(architecture, layer, outputs));
  if (architecture.kind !== "factorizable") {
    const { parameters } = scalarTransform(architecture.transform);
    return sumOf(architecture.layers.map((layer) => size(layer, parameters)));
  }
  const { layers, nuisances, pairs } = architecture;
  const term = termOutputs(architecture);
  return sumOf(
    layers.map((layer, at) => {
      const own = nuisances.map((nuisance) => nuisanceNetwork(architecture, at, nuisance));
      return sumOf(own.map((network) => (network ? networkSize(network) : 0))) + pairs.length * size(layer, term);
    }),
  );
}

/** The architecture as it is, be it JSON of a file, or an error that says what is wrong with it. */
export function checked<A extends Architecture>(architecture: A): A {
  checkForm(architecture);
  const { features, context, layers, activation, classes, standardisation } = architecture;
  if (!(isCount(features) && features >= 1)) refuse(architecture, "at least one feature", features);
  if (!isCount(context)) refuse(architecture, "a number of context columns", context);
  if (!Object.hasOwn(activations, activation)) {
    refuse(architecture, `an activation (${Object.keys(activations).join(", ")})`, activation);
  }
  if (
    classes !== undefined &&
    !(isCount(classes) && classes >= 1 && classes <= context && standardisation !== "none")
  ) {
    refuse(architecture, `classes among the ${context} columns of the context, with standardisation`, classes);
  }
  if (layers.length === 0) refuse(architecture, "at least one transform", layers.length);
  if (architecture.kind === "factorizable") checkNuisances(architecture);
  else checkTransform(architecture, architecture.transform);
  for (const layer of layers) {
    if ("order" in layer) {
      if (!isPermutation(layer.order, features)) refuse(architecture, `an order of ${features} features`, layer.order);
      if (!areUnits(layer.hidden, features)) {
        refuse(architecture, `hidden layers with units of ${features} degrees`, layer.hidden);
      }
    } else {
      if (!layer.hidden.every(isCount)) refuse(architecture, "whole numbers of hidden units", layer.hidden);
      const own = new Set(layer.passive);
      const fits = [...own].every((i) => isCount(i) && i < features) && own.size === layer.passive.length;
      if (!fits || own.size === 0 || own.size >= features) {
        refuse(architecture, `some but not all of ${features} features to be passive, none twice`, layer.passive);
      }
    }
  }
  checkSizes(architecture);
  return architecture;
}

/** Features left to transform by a coupling layer. */
export function activeFeatures(layer: CouplingLayer, features: number): number[] {
  checkParts("activeFeatures", "a layer", layer, { passive: numbers });
  return range(features).filter((i) => !layer.passive.includes(i));
}

/** The feature at each position of an order. */
export function featuresByOrder(order: readonly number[]): number[] {
  checkArgument("featuresByOrder", "the order", order, numbers);
  return inversePermutation(order);
}

/** The network of one layer with `outputs` numbers per transformed feature. */
export function layerNetwork(common: CommonArchitecture, layer: AutoregressiveLayer | CouplingLayer, outputs: number) {
  checkParts("layerNetwork", "an architecture", common, { features: aNumber, context: aNumber });
  checkParts("layerNetwork", "a layer", layer, { hidden: aList });
  const { features, context, activation } = common;
  if ("order" in layer) return { features, context, hidden: layer.hidden, outputs, activation };
  // A dense network is a masked one that sees everything as context.
  const active = activeFeatures(layer, features).length;
  const seen = context + layer.passive.length;
  const hidden = layer.hidden.map((width) => [width]);
  return { features: 1, context: seen, hidden, outputs: outputs * active, activation };
}

/** Numbers per feature that one power of u multiplies: s, t and those of the spline. */
export function termOutputs(architecture: FactorizableArchitecture) {
  checkArgument("termOutputs", "the architecture", architecture, anObject);
  const { spline } = architecture;
  return 2 + (spline === undefined ? 0 : splineParameters(spline));
}

/** Outputs per feature of a nuisance's network: linear and, where identifiable, quadratic. */
export function nuisanceOutputs(architecture: FactorizableArchitecture, nuisance: NuisanceArchitecture) {
  checkParts("nuisanceOutputs", "a nuisance", nuisance, { linearOnly: aFlag });
  return (nuisance.linearOnly ? 1 : 2) * termOutputs(architecture);
}

/** The network of a nuisance in one layer; undefined where it puts out 0. */
export function nuisanceNetwork(architecture: FactorizableArchitecture, at: number, nuisance: NuisanceArchitecture) {
  checkParts("nuisanceNetwork", "an architecture", architecture, { layers: aList });
  const outputs = nuisanceOutputs(architecture, nuisance);
  const layer = architecture.layers[at]!;
  const hidden = nuisance.networks === undefined ? layer.hidden : nuisance.networks[at]!;
  return hidden === null ? undefined : layerNetwork(architecture, { ...layer, hidden }, outputs);
}

function standardisationTensors({ features, context, standardisation, classes }: CommonArchitecture): TensorSpec[] {
  if (standardisation === "none") return [];
  const pair = (of: string, shape: readonly number[]): TensorSpec[] => [
    { name: `standardisation.${of}.shift`, shape, start: { law: "constant", value: 0 }, trainable: false },
    { name: `standardisation.${of}.scale`, shape, start: { law: "constant", value: 1 }, trainable: false },
  ];
  const ofFeatures = pair("features", classes === undefined ? [features] : [classes, features]);
  return [...ofFeatures, ...(context > 0 ? pair("context", [context]) : [])];
}

function layerTensors(architecture: Architecture, zeroEnd: boolean): TensorSpec[] {
  if (architecture.kind !== "factorizable") {
    const { parameters } = scalarTransform(architecture.transform);
    return architecture.layers.flatMap((layer, at) =>
      specsWithin(`transforms.${at}`, maskedNetworkTensors(layerNetwork(architecture, layer, parameters), zeroEnd)),
    );
  }
  const { layers, nuisances, pairs } = architecture;
  return layers.flatMap((layer, at) => [
    ...nuisances.flatMap((nuisance, k) => {
      const network = nuisanceNetwork(architecture, at, nuisance);
      return network ? specsWithin(`transforms.${at}.nuisances.${k}`, maskedNetworkTensors(network, true)) : [];
    }),
    ...pairs.flatMap(([k, l]) =>
      specsWithin(
        `transforms.${at}.pairs.${k}-${l}`,
        maskedNetworkTensors(layerNetwork(architecture, layer, termOutputs(architecture)), true),
      ),
    ),
  ]);
}

/** Every tensor of an architecture. Last layers of factorizable flows start at zero: the identity. */
export function tensorSpecs(architecture: Architecture, options: InitialOptions = {}): TensorSpec[] {
  checkInitialOptions("tensorSpecs", options);
  checkForm(architecture);
  return [...standardisationTensors(architecture), ...layerTensors(architecture, options.identity ?? false)];
}

/** Initial weights: uniform in ±1/√(inputs) as in torch's Linear. */
export function initialise(architecture: Architecture, seed: number, options: InitialOptions = {}): Weights {
  checkInitialOptions("initialise", options);
  return new Map(tensorSpecs(architecture, options).map((spec) => [spec.name, initialTensor(spec, seed)]));
}
