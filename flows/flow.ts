/** Flows on a tape: density and sampling of autoregressive and coupling flows. */

import { UsageError } from "../engine/errors.js";
import { checkTape } from "../engine/tape/nodes.js";
import { add, concatenate, mul, reshape, select, slice, square, sub } from "../engine/tape/operations.js";
import type { Shape, Tape, Var } from "../engine/tape/tape.js";
import {
  type Architecture,
  type AutoregressiveLayer,
  activeFeatures,
  type CouplingLayer,
  checked,
  type FlowArchitecture,
  featuresByOrder,
  layerNetwork,
  tensorSpecs,
} from "./architecture/architecture.js";
import { maskedNetwork } from "./networks/masked-network.js";
import { inversePermutation, sumFeatures, type Transformed } from "./shapes.js";
import { standardisation } from "./standardisation.js";
import { type Mapped, type ScalarTransform, scalarTransform } from "./transforms/scalar-transform.js";

/** An architecture's tensors as parameters of a tape, named `<prefix>.<tensor>`. */
export interface BoundTensors {
  /** Every tensor by its name without the prefix. */
  readonly tensors: ReadonlyMap<string, Var>;
  /** What training may move, by the parameter's full name. */
  readonly trainable: ReadonlyMap<string, Var>;
}

export interface BoundFlow extends BoundTensors {
  readonly architecture: FlowArchitecture;
  /** Observed y [..., D] to latent z [..., D]; logDet [...] is log|det ∂z/∂y|. */
  toLatent(y: Var, context?: Var): Transformed;
  /** Latent to observed; logDet is log|det ∂y/∂z|. */
  fromLatent(z: Var, context?: Var): Transformed;
  /** log p(y | context) [...], the base being standard normal. */
  logProb(y: Var, context?: Var): Var;
}

/** One invertible layer, observed → latent being forward. */
interface Layer {
  forward(y: Var, context: Var | undefined): Transformed;
  inverse(z: Var, context: Var | undefined): Transformed;
}

/** The tensors of an architecture as new parameters of the tape. */
export function bindTensors(tape: Tape, architecture: Architecture, prefix: string): BoundTensors {
  const tensors = new Map<string, Var>();
  const trainable = new Map<string, Var>();
  for (const { name, shape, trainable: isTrainable } of tensorSpecs(architecture)) {
    const node = tape.parameter(`${prefix}.${name}`, shape);
    tensors.set(name, node);
    if (isTrainable) trainable.set(`${prefix}.${name}`, node);
  }
  return { tensors, trainable };
}

/** The tensors in a folder, by their names there. */
export function folder(tensors: ReadonlyMap<string, Var>, path: string): (name: string) => Var {
  return (name) => tensors.get(`${path}.${name}`) as Var;
}

/** Refuses features or context of another width than the architecture's. */
export function checkFlowInputs(
  where: string,
  { features, context }: Architecture,
  x: Var,
  given: Var | undefined,
): void {
  const width = (shape: Shape) => shape.at(-1) ?? 0;
  if (width(x.shape) !== features) {
    throw new UsageError(where, { expected: `features [..., ${features}]`, got: `[${x.shape}]` });
  }
  if ((given === undefined ? 0 : width(given.shape)) !== context) {
    throw new UsageError(where, {
      expected: context === 0 ? "no context" : `context [..., ${context}]`,
      got: given === undefined ? "none" : `[${given.shape}]`,
    });
  }
}

/**
 * Solves feature by feature: `step` gives the next feature, [..., 1] each, from the one before.
 *
 * @param order  position of each feature
 */
export function solveInOrder(
  order: readonly number[],
  step: (at: number, previous: Var | undefined) => Mapped,
): Transformed {
  const values: Var[] = [];
  let logDet: Var | undefined;
  for (const feature of featuresByOrder(order)) {
    const { value, logSlope } = step(feature, values.at(-1));
    values.push(value);
    logDet = logDet === undefined ? logSlope : add(logDet, logSlope);
  }
  return { value: select(concatenate(values), -1, order), logDet: sumFeatures(logDet as Var) };
}

function autoregressiveLayer(
  architecture: FlowArchitecture,
  layer: AutoregressiveLayer,
  scalar: ScalarTransform,
  tensor: (name: string) => Var,
): Layer {
  const network = maskedNetwork(layerNetwork(architecture, layer, scalar.parameters), tensor);
  const { order } = layer;
  return {
    forward(y, context) {
      const inOrder = select(y, -1, featuresByOrder(order));
      const { value, logSlope } = scalar.forward(inOrder, network.evaluate(inOrder, context));
      return { value: select(value, -1, order), logDet: sumFeatures(logSlope) };
    },
    inverse(z, context) {
      const stages = network.stages(context);
      return solveInOrder(order, (feature, previous) =>
        scalar.inverse(slice(z, -1, feature, feature + 1), stages.next(previous)),
      );
    },
  };
}

function couplingLayer(
  architecture: FlowArchitecture,
  layer: CouplingLayer,
  scalar: ScalarTransform,
  tensor: (name: string) => Var,
): Layer {
  const network = maskedNetwork(layerNetwork(architecture, layer, scalar.parameters), tensor);
  const { passive } = layer;
  const active = activeFeatures(layer, architecture.features);
  const back = inversePermutation([...passive, ...active]);
  const apply = (direction: "forward" | "inverse") => (x: Var, context: Var | undefined) => {
    const unchanged = select(x, -1, passive);
    const seen = context === undefined ? unchanged : concatenate([context, unchanged]);
    const output = network.evaluate(unchanged, seen);
    const raw = reshape(output, [...output.shape.slice(0, -2), active.length, scalar.parameters]);
    const { value, logSlope } = scalar[direction](select(x, -1, active), raw);
    return { value: select(concatenate([unchanged, value]), -1, back), logDet: sumFeatures(logSlope) };
  };
  return { forward: apply("forward"), inverse: apply("inverse") };
}

/** Applies steps from first to last and adds their logDets. */
export function chain(x: Var, steps: readonly ((x: Var) => Transformed)[]): Transformed {
  let value = x;
  let total: Var | undefined;
  for (const step of steps) {
    const { value: next, logDet } = step(value);
    value = next;
    total = total === undefined ? logDet : add(total, logDet);
  }
  return { value, logDet: total as Var };
}

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** Log density of a standard normal: z [..., D] → [...]. */
export function standardNormalLogProb(z: Var): Var {
  return sub(mul(sumFeatures(square(z)), -0.5), (z.shape.at(-1) as number) * HALF_LOG_2PI);
}

/** Puts a flow on a tape. Its parameters are `<prefix>.<tensor>`; give them values with `named(prefix, weights)`. */
export function bindFlow(tape: Tape, architecture: FlowArchitecture, prefix: string): BoundFlow {
  checkTape("bindFlow", tape);
  checked(architecture);
  const bound = bindTensors(tape, architecture, prefix);
  const scalar = scalarTransform(architecture.transform);
  const layers = architecture.layers.map((layer, at) => {
    const tensor = folder(bound.tensors, `transforms.${at}`);
    return "order" in layer
      ? autoregressiveLayer(architecture, layer, scalar, tensor)
      : couplingLayer(architecture, layer, scalar, tensor);
  });
  const frameAt = (context: Var | undefined) => standardisation(architecture, bound.tensors, context);

  function toLatent(y: Var, context?: Var): Transformed {
    checkFlowInputs(`${prefix}.toLatent`, architecture, y, context);
    const frame = frameAt(context);
    const forwards = layers.map((layer) => (x: Var) => layer.forward(x, frame.context));
    return chain(y, [frame.enter, ...forwards, frame.leave]);
  }
  function fromLatent(z: Var, context?: Var): Transformed {
    checkFlowInputs(`${prefix}.fromLatent`, architecture, z, context);
    const frame = frameAt(context);
    const inverses = layers.map((layer) => (x: Var) => layer.inverse(x, frame.context)).reverse();
    return chain(z, [frame.undoLeave, ...inverses, frame.undoEnter]);
  }
  function logProb(y: Var, context?: Var): Var {
    const { value, logDet } = toLatent(y, context);
    return add(standardNormalLogProb(value), logDet);
  }
  return { architecture, ...bound, toLatent, fromLatent, logProb };
}
