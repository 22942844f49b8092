/**
 * Networks of zuko as masked networks of ours.
 *
 * zuko multiplies each weight by a mask; where the masks are those of autoregressive degrees, units sorted by degree
 * make prefix masks of them. Inputs there are (features, context), outputs feature-major in the features' natural order.
 */
import { featuresByOrder } from "../architecture/architecture.js";
import { inputSize } from "../networks/masked-network.js";
import type { ForeignTensors, Tensor, Weights } from "../networks/weights.js";
import { namesIn, numbers, refuse } from "./zuko-tensors.js";

/** One layer; a dense one sees everything. */
export interface MaskedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly mask: Float64Array;
}

const PER_LAYER = /^(\d+)\.(weight|bias|mask)$/;

/** Names of a plain network: layers at 0, 2, 4, ..., as activations between them have no tensors. */
function checkNetworkNames(tensors: ForeignTensors, folder: string): void {
  const names = namesIn(tensors, folder);
  const strange = names.find((name) => !PER_LAYER.test(name));
  if (strange !== undefined) {
    const isResidual = /^\d+\.\d+\.(weight|bias|mask)$/.test(strange);
    refuse(
      folder,
      "weights, biases and masks of plain layers",
      isResidual ? `residual blocks ("${strange}")` : `"${strange}"`,
    );
  }
  const layers = new Set(names.map((name) => Number(name.split(".")[0])));
  for (let at = 0; at < 2 * layers.size; at += 2) {
    if (layers.has(at)) continue;
    refuse(
      folder,
      "layers at 0, 2, 4, ... and activations without weights between them",
      `layers at ${[...layers].sort((a, b) => a - b).join(", ")}`,
      "Normalisation between layers and activations with weights of their own are not read",
    );
  }
}

/** The layers of a network; those of a dense one, which has no masks, see all. */
export function readLayers(tensors: ForeignTensors, folder: string, isMasked = true): MaskedMatrix[] {
  checkNetworkNames(tensors, folder);
  const layers: MaskedMatrix[] = [];
  for (let at = 0; tensors.has(`${folder}.${at}.weight`); at += 2) {
    const read = (name: string) => numbers(tensors, `${folder}.${at}.${name}`);
    const [weight, bias] = [read("weight"), read("bias")];
    const mask = isMasked ? read("mask").data : new Float64Array(weight.data.length).fill(1);
    const [rows = 0, columns = 0] = weight.shape;
    const expected = layers.at(-1)?.rows ?? columns;
    const fits = weight.shape.length === 2 && bias.data.length === rows && mask.length === weight.data.length;
    if (!fits || columns !== expected) {
      refuse(`${folder}.${at}`, `weight and mask [out, ${expected}] and bias [out]`, `weight [${weight.shape}]`);
    }
    layers.push({ rows, columns, weight: weight.data, bias: bias.data, mask });
  }
  if (layers.length === 0) refuse(folder, "a masked network", "no layers");
  return layers;
}

/** A part of the last layer's rows: outputs per feature, or features of so many outputs each. */
export function outputs(folder: string, layers: readonly MaskedMatrix[], { per }: { per: number }): number {
  const { rows } = layers.at(-1) as MaskedMatrix;
  if (rows % per !== 0) refuse(folder, `a multiple of ${per} outputs`, `${rows}`);
  return rows / per;
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
      refuse(`${where} mask`, "the prefix mask of autoregressive degrees", `row ${row}`);
    }
    return degree;
  });
}

/** Rows and columns in new order; what a row does not see is 0. */
export function rearranged(
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

export interface LoadedNetwork {
  readonly context: number;
  /** Units per degree of each hidden layer. */
  readonly hidden: number[][];
  readonly weights: Weights;
}

/**
 * @param order  position of each feature
 * @param taken  outputs of each feature that are used, in our order; the file may hold more
 */
export function arrangeNetwork(
  folder: string,
  layers: readonly MaskedMatrix[],
  order: readonly number[],
  taken: readonly number[],
): LoadedNetwork {
  const features = order.length;
  const context = (layers[0] as MaskedMatrix).columns - features;
  if (context < 0) refuse(folder, `inputs for ${features} features`, `${context + features}`);
  const available = outputs(folder, layers, { per: features });
  if (available < taken.length) refuse(folder, `${taken.length} outputs per feature`, `${available}`);
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
      ? byOrder.flatMap((feature) => taken.map((output) => feature * available + output))
      : degrees.map((_, row) => row).sort((a, b) => (degrees[a] as number) - (degrees[b] as number) || a - b);
    weights.set(`${at}.weight`, rearranged(layer, rows, columns));
    weights.set(`${at}.bias`, biasOf(layer, rows));
    if (!isLast) hidden.push(order.map((_, d) => degrees.filter((degree) => degree === d).length));
    [degreeOf, columns] = [degrees, rows];
  });
  return { context, hidden, weights };
}

export const biasOf = ({ bias }: MaskedMatrix, rows: readonly number[]): Tensor => ({
  shape: [rows.length],
  data: Float64Array.from(rows, (row) => bias[row] as number),
});

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
