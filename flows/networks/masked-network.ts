/**
 * Masked networks (MADE, Germain et al. 2015, arXiv:1502.03509), with prefix masks.
 *
 * A hidden unit of degree d sees the context and the first d features; outputs of feature j see units of degree j or
 * less. Units are kept sorted by degree and inputs ordered (context, features), so that each mask is a prefix length
 * per row, and nothing masked is multiplied.
 */
import {
  add,
  concatenate,
  expm1,
  greater,
  linear,
  mul,
  reshape,
  sigmoid,
  slice,
  tanh,
  where,
} from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";
import type { TensorSpec } from "./weights.js";

/** ReLU; its derivative at 0 is 0. */
const relu = (x: Var) => where(greater(x, 0), x, 0);

/** ELU with α = 1. Two wheres: e^x of a large positive x would be infinite, and 0 · ∞ is NaN. */
function elu(x: Var): Var {
  const isPositive = greater(x, 0);
  return where(isPositive, x, expm1(where(isPositive, 0, x)));
}

const silu = (x: Var) => mul(x, sigmoid(x));

export const activations = { relu, elu, silu, tanh } as const;
export type Activation = keyof typeof activations;

export interface MaskedNetworkArchitecture {
  readonly features: number;
  readonly context: number;
  /** Per hidden layer, the number of units of degree 0, 1, ..., features - 1. */
  readonly hidden: readonly (readonly number[])[];
  /** Outputs per feature. */
  readonly outputs: number;
  readonly activation: Activation;
}

/**
 * Spreads a layer's units over degrees.
 *
 * Degree 0 is left out where there is no context: such units would be constants. Boundaries fall on multiples of 4
 * where there is room, because kernels make 4 rows at a time.
 */
export function degreeCounts(width: number, features: number, context: number): number[] {
  const first = context > 0 || features === 1 ? 0 : 1;
  const classes = features - first;
  const grain = width >= 8 * classes ? 4 : 1;
  const boundary = (i: number) => (i === classes ? width : Math.round((width * i) / classes / grain) * grain);
  return Array.from({ length: features }, (_, d) => (d < first ? 0 : boundary(d - first + 1) - boundary(d - first)));
}

interface Layer {
  readonly inputs: number;
  /** Rows of degree d are `rows[d]` to `rows[d + 1]`. */
  readonly rows: readonly number[];
  /** Inputs that rows of degree d see. */
  readonly seen: readonly number[];
}

const runningTotal = (counts: readonly number[]): number[] => {
  let total = 0;
  return counts.map((count) => (total += count));
};

/** No unit sees the last feature, so it is no input. A network without any other input keeps it, unseen. */
export const inputSize = (features: number, context: number) => Math.max(1, context + features - 1);

/** The hidden layers. One feature without context leaves nothing to look at: its numbers are the last layer's bias. */
export const layersBefore = ({
  features,
  context,
  hidden,
}: Pick<MaskedNetworkArchitecture, "features" | "context" | "hidden">) => (context + features > 1 ? hidden : []);

function layersOf({ features, context, hidden, outputs }: MaskedNetworkArchitecture): Layer[] {
  const degrees = Array.from({ length: features }, (_, d) => d);
  const counts = [...layersBefore({ features, context, hidden }), degrees.map(() => outputs)];
  return counts.map((own, at) => {
    const previous = counts[at - 1];
    const seen = at === 0 ? degrees.map((d) => context + d) : runningTotal(previous as readonly number[]);
    const inputs = at === 0 ? inputSize(features, context) : (seen.at(-1) as number);
    return { inputs, rows: [0, ...runningTotal(own)], seen };
  });
}

/** Weights and biases of all layers. */
export const networkSize = (architecture: MaskedNetworkArchitecture): number =>
  layersOf(architecture).reduce((sum, { rows, inputs }) => sum + (rows.at(-1) as number) * (inputs + 1), 0);

function prefixOf({ rows, seen }: Layer): Int32Array {
  const prefix = new Int32Array(rows.at(-1) as number);
  for (const [d, length] of seen.entries()) prefix.fill(length, rows[d], rows[d + 1]);
  return prefix;
}

/** Units of the last hidden layer that the outputs of feature 0, 1, ... see. */
export const unitsSeen = (architecture: MaskedNetworkArchitecture): readonly number[] =>
  (layersOf(architecture).at(-1) as Layer).seen;

/** Tensors `<layer>.weight` [out, in] and `<layer>.bias` [out]; `zeroEnd` starts the last layer at zero. */
export function maskedNetworkTensors(architecture: MaskedNetworkArchitecture, zeroEnd: boolean): TensorSpec[] {
  const layers = layersOf(architecture);
  return layers.flatMap((layer, at): TensorSpec[] => {
    const prefix = prefixOf(layer);
    const isZero = zeroEnd && at === layers.length - 1;
    const start = isZero
      ? ({ law: "constant", value: 0 } as const)
      : ({ law: "uniform", fanIn: layer.inputs } as const);
    return [
      {
        name: `${at}.weight`,
        shape: [prefix.length, layer.inputs],
        start: isZero ? start : { ...start, prefix },
        trainable: true,
      } as TensorSpec,
      { name: `${at}.bias`, shape: [prefix.length], start, trainable: true },
    ];
  });
}

/** Puts out the numbers of feature 0, 1, ... in turn, given each feature as it becomes known. */
export interface NetworkStages {
  /** [..., 1, outputs] of the next feature; `previous` [..., 1] is the value of the feature before, absent at the first. */
  next(previous: Var | undefined): Var;
}

export interface MaskedNetwork {
  /** features [..., D], context [..., C] → [..., D, outputs] */
  evaluate(features: Var, context: Var | undefined): Var;
  /** What the last layer sees [..., units of the last hidden layer]; there is some input and a hidden layer. */
  units(features: Var, context: Var | undefined): Var;
  /** Computes each hidden unit once, as soon as what it sees is known: one forward pass in all. */
  stages(context: Var | undefined): NetworkStages;
}

/** @param tensor  the node of a tensor of `maskedNetworkTensors` by its name */
export function maskedNetwork(architecture: MaskedNetworkArchitecture, tensor: (name: string) => Var): MaskedNetwork {
  const { features: nFeatures, outputs, activation } = architecture;
  const layers = layersOf(architecture).map((layer, at, all) => ({
    ...layer,
    prefix: nFeatures > 1 ? prefixOf(layer) : undefined,
    weight: tensor(`${at}.weight`),
    bias: tensor(`${at}.bias`),
    activate: at < all.length - 1 ? activations[activation] : (x: Var) => x,
  }));

  const inputsOf = (features: Var, context: Var | undefined): Var[] => {
    const seen = nFeatures > 1 ? [slice(features, -1, 0, nFeatures - 1)] : [];
    return [...(context === undefined ? [] : [context]), ...seen];
  };
  function through(inputs: readonly Var[], some: typeof layers): Var {
    let x = concatenate(inputs);
    for (const { weight, bias, prefix, activate } of some) x = activate(add(linear(x, weight, { prefix }), bias));
    return x;
  }
  function evaluate(features: Var, context: Var | undefined): Var {
    const inputs = inputsOf(features, context);
    if (inputs.length === 0) return reshape((layers.at(-1) as { bias: Var }).bias, [nFeatures, outputs]);
    const x = through(inputs, layers);
    return reshape(x, [...x.shape.slice(0, -1), nFeatures, outputs]);
  }
  const units = (features: Var, context: Var | undefined) => through(inputsOf(features, context), layers.slice(0, -1));

  function stages(context: Var | undefined): NetworkStages {
    /** Per layer, its inputs known so far, sorted by degree. */
    const known: (Var | undefined)[] = [context, ...layers.slice(1).map(() => undefined)];
    const learn = (at: number, x: Var) => {
      const before = known[at];
      known[at] = before === undefined ? x : concatenate([before, x]);
    };
    let degree = -1;
    return {
      next(previous) {
        degree += 1;
        if (previous !== undefined) learn(0, previous);
        let last: Var | undefined;
        layers.forEach(({ weight, bias, rows, seen, activate }, at) => {
          const [from, to] = [rows[degree] as number, rows[degree + 1] as number];
          if (from === to) return;
          const x = known[at];
          const own = slice(bias, -1, from, to);
          const part = (w: Var) => slice(slice(w, 0, from, to), 1, 0, seen[degree] as number);
          const y = activate(x === undefined ? own : add(linear(x, part(weight)), own));
          if (at < layers.length - 1) learn(at + 1, y);
          else last = y;
        });
        const end = last as Var;
        return reshape(end, [...end.shape.slice(0, -1), 1, outputs]);
      },
    };
  }

  return { evaluate, units, stages };
}
