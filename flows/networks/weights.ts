/** Named weights of a network or flow, and their initial values. */
import { aMap, anObject, checkArgument } from "../../engine/options.js";
import { fillUniform, randomKey } from "../../engine/random/random.js";
import { type Shape, sizeOf, type Tape } from "../../engine/tape/tape.js";

export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A tensor as a reader of files gives it, in any type of numbers; truth values as 0 and 1. */
export interface ForeignTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | BigInt64Array | BigUint64Array;
}

export type ForeignTensors = ReadonlyMap<string, ForeignTensor>;

/** The same numbers in f64; not copied where they are already. */
export const toTensor = ({ shape, data }: ForeignTensor): Tensor => ({
  shape,
  data: data instanceof Float64Array ? data : Float64Array.from(data as ArrayLike<number>, Number),
});

/** Tensors by name, e.g. `transforms.0.1.weight`. */
export type Weights = Map<string, Tensor>;

/** What a tensor starts as. */
export type Start =
  | { readonly law: "constant"; readonly value: number }
  /** Uniform in ±1/√fanIn; row o of a matrix is 0 from `prefix[o]` on, where the network never looks. */
  | { readonly law: "uniform"; readonly fanIn: number; readonly prefix?: Int32Array };

/** One tensor an architecture needs. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly start: Start;
  /** Constants of the training sample are stored with the weights, but never trained. */
  readonly trainable: boolean;
}

/** Initial value of one tensor; depends on the seed and the tensor's name only. */
export function initialTensor({ name, shape, start }: TensorSpec, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  if (start.law === "constant") return { shape, data: data.fill(start.value) };
  fillUniform(randomKey(seed, `initialise/${name}`), 0, data);
  const width = shape.at(-1) as number;
  const bound = 1 / Math.sqrt(start.fanIn);
  for (let i = 0; i < data.length; i++) {
    const used = start.prefix === undefined || i % width < (start.prefix[Math.floor(i / width)] as number);
    data[i] = used ? bound * (2 * (data[i] as number) - 1) : 0;
  }
  return { shape, data };
}

/** The same specifications under a folder: `weight` becomes `folder.weight`. */
export function specsWithin(folder: string, specs: readonly TensorSpec[]): TensorSpec[] {
  return specs.map((spec) => ({ ...spec, name: `${folder}.${spec.name}` }));
}

/** Weights by the full names of a flow bound under `prefix`, the way `Program.write` takes them. */
export function named(prefix: string, weights: ReadonlyMap<string, Tensor>): Record<string, Float64Array> {
  checkArgument("named", "the weights", weights, aMap);
  return Object.fromEntries([...weights].map(([name, { data }]) => [`${prefix}.${name}`, data]));
}

/** The weights with new values for some tensors, given by their full names: what `Program.read` gives back. */
export function updated(prefix: string, weights: Weights, values: Readonly<Record<string, Float64Array>>): Weights {
  checkArgument("updated", "the weights", weights, aMap);
  checkArgument("updated", "the values", values, anObject);
  return new Map(
    [...weights].map(([name, { shape, data }]) => [name, { shape, data: values[`${prefix}.${name}`] ?? data }]),
  );
}

/** Of these parameters, the ones that a tape has: a tape may look at a part of a model only. */
export function parametersOf<V>(tape: Tape, values: Readonly<Record<string, V>>): Record<string, V> {
  const names = new Set(
    tape.nodes.flatMap(({ operation }) => (operation.name === "parameter" ? [operation.label] : [])),
  );
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
