/**
 * Factorizable flows to first order in ν about their nominal values: log p changes linearly with what the last layers put out, so that
 * these can be found by least squares where training takes thousands of steps.
 */
import { gradient } from "../engine/derivatives/gradient.js";
import {
  add,
  concatenate,
  mul,
  reshape,
  select,
  slice,
  stopGradient,
  sum,
  sumEvents,
} from "../engine/tape/operations.js";
import { sizeOf, type Tape, type Var } from "../engine/tape/tape.js";
import {
  type AutoregressiveLayer,
  type FactorizableArchitecture,
  featuresByOrder,
  layerNetwork,
  nuisanceOutputs,
} from "./architecture/architecture.js";
import type { BoundFactorizableFlow } from "./factorizable.js";
import { folder } from "./flow.js";
import { maskedNetwork, unitsSeen } from "./networks/masked-network.js";
import type { Tensor, Weights } from "./networks/weights.js";
import { standardisation } from "./standardisation.js";

/** The network of a nuisance in one layer; all have the same units. */
const networkOf = (architecture: FactorizableArchitecture, layer: AutoregressiveLayer) =>
  layerNetwork(architecture, layer, nuisanceOutputs(architecture, architecture.nuisances[0]!));

const pathOf = (layer: number, nuisance: number) => `transforms.${layer}.nuisances.${nuisance}`;

/**
 * How much wider than usual hidden layers are drawn, for units that bend within the range of their inputs: of 128 of them least
 * squares leave 29%, 24% and 22% of what they are to explain where this is 1, 2 and 4 (toy of 5000 events).
 */
const WIDER = 4;

/**
 * The weights with hidden layers for least squares, the same in the networks of all nuisances: what `firstOrderTerms` expects.
 */
export function withCommonUnits({ layers, nuisances }: FactorizableArchitecture, weights: Weights): Weights {
  const common = new Map(weights);
  for (const [at, { hidden }] of layers.entries()) {
    for (const k of nuisances.keys()) {
      for (const layer of hidden.keys()) {
        for (const tensor of ["weight", "bias"]) {
          const { shape, data } = weights.get(`${pathOf(at, 0)}.${layer}.${tensor}`) as Tensor;
          common.set(`${pathOf(at, k)}.${layer}.${tensor}`, { shape, data: data.map((value) => WIDER * value) });
        }
      }
    }
  }
  return common;
}

/**
 * Derivatives of log p_nominal(toNominal(y)) + logDet per unit of u_k = (ν_k - nominal_k) / scale_k at the nominal values, with respect to
 * the coefficients that `withFirstOrder` puts into the last layers of nuisance k: linear outputs s and t of each feature in each
 * layer, which of the units they see and a constant. They are the same for every k whose units are those of the first.
 *
 * With y → y e^s + t in the frame of the flow, they are (1 + y ∂log p/∂y) and ∂log p/∂y times the units.
 *
 * @param y           [..., D]
 * @param logNominal  log p_nominal, [..., D] → [...]
 * @returns           [..., coefficients]
 */
export function firstOrderTerms(
  tape: Tape,
  { architecture, tensors }: Pick<BoundFactorizableFlow, "architecture" | "tensors">,
  y: Var,
  context: Var | undefined,
  logNominal: (y: Var) => Var,
): Var {
  const frame = standardisation(architecture, tensors, context);
  const framed = stopGradient(frame.enter(y).value);
  const [slope] = gradient(total(logNominal(frame.leave(framed).value)), [framed]) as [Var];
  const ofScale = add(mul(framed, slope), 1);
  const terms = architecture.layers.flatMap((layer, at) => {
    const network = networkOf(architecture, layer);
    const byPosition = featuresByOrder(layer.order);
    const units = maskedNetwork(network, folder(tensors, pathOf(at, 0))).units(
      select(framed, -1, byPosition),
      frame.context,
    );
    const one = tape.constant(1, [...units.shape.slice(0, -1), 1], units.events);
    return unitsSeen(network).flatMap((seen, position) => {
      const own = concatenate([slice(units, -1, 0, seen), one]);
      return [ofScale, slope].map((of) => mul(own, slice(of, -1, byPosition[position]!, byPosition[position]! + 1)));
    });
  });
  return concatenate(terms);
}

/** Σ over events and all elements. */
function total(x: Var): Var {
  const summed = sumEvents(x);
  const size = sizeOf(summed.shape);
  return reshape(sum(reshape(summed, [size]), 0), []);
}

/**
 * The weights with these coefficients, per unit of u_k and in the order of `firstOrderTerms`, in the last layers of nuisance k;
 * all other outputs of these are 0.
 */
export function withFirstOrder(
  architecture: FactorizableArchitecture,
  weights: Weights,
  k: number,
  coefficients: Float64Array,
): Weights {
  const result = new Map(weights);
  const nuisance = architecture.nuisances[k]!;
  const outputs = nuisanceOutputs(architecture, nuisance);
  let from = 0;
  for (const [at, layer] of architecture.layers.entries()) {
    const path = `${pathOf(at, k)}.${layer.hidden.length}`;
    const [weight, bias] = ["weight", "bias"].map((name) => {
      const { shape, data } = weights.get(`${path}.${name}`) as Tensor;
      return { shape, data: new Float64Array(data.length) };
    }) as [Tensor, Tensor];
    const width = weight.shape[1]!;
    for (const [position, seen] of unitsSeen(networkOf(architecture, layer)).entries()) {
      // Linear s comes first, linear t behind the quadratic s where there is one.
      for (const output of [0, nuisance.linearOnly ? 1 : 2]) {
        const row = position * outputs + output;
        weight.data.set(coefficients.subarray(from, from + seen), row * width);
        bias.data[row] = coefficients[from + seen]!;
        from += seen + 1;
      }
    }
    result.set(`${path}.weight`, weight).set(`${path}.bias`, bias);
  }
  return result;
}
