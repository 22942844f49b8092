/** zuko's masked autoregressive transforms, and the element-wise ones that it has in their place for one feature. */
import type { AutoregressiveLayer } from "../architecture/architecture.js";
import type { ForeignTensors } from "../networks/weights.js";
import { inversePermutation } from "../shapes.js";
import { type ScalarArchitecture, scalarTransform } from "../transforms/scalar-transform.js";
import { kindOfTransform } from "./zuko-names.js";
import { arrangeNetwork, type LoadedNetwork, type MaskedMatrix, outputs, readLayers } from "./zuko-networks.js";
import { countEntries, numbers, refuse } from "./zuko-tensors.js";

/** What transforms a feature, read off the number of outputs where it is not given. */
export type TransformOf = (folder: string, count: number) => ScalarArchitecture;

/** zuko's outputs of one feature in our order: its affine map has (shift, scale), ours (scale, shift). */
export function outputsTaken(transform: ScalarArchitecture): readonly number[] {
  if (transform.kind === "affine") return [1, 0];
  return Array.from({ length: scalarTransform(transform).parameters }, (_, i) => i);
}

/** Numbers of one feature in each of zuko's parameters. */
function partsOf(transform: ScalarArchitecture): readonly number[] {
  if (transform.kind === "affine") return [1, 1];
  return [transform.bins, transform.bins, transform.bins - 1];
}

export interface LoadedAutoregressive {
  readonly layer: AutoregressiveLayer;
  readonly transform: ScalarArchitecture;
  readonly network: LoadedNetwork;
}

/** Position of each feature. Features of one order, as `passes` makes them, do not see each other: any order will do. */
function positionsOf(order: readonly number[]): number[] {
  const byOrder = order.map((_, i) => i).sort((a, b) => (order[a] as number) - (order[b] as number) || a - b);
  return inversePermutation(byOrder);
}

/** A layer that sees (feature, context) from one that sees the context alone. */
function withUnseenFeature({ rows, columns, weight, bias }: MaskedMatrix): MaskedMatrix {
  const wider = (from: (at: number) => number) =>
    Float64Array.from({ length: rows * (columns + 1) }, (_, i) => {
      const [row, column] = [Math.floor(i / (columns + 1)), i % (columns + 1)];
      return column === 0 ? 0 : from(row * columns + column - 1);
    });
  return { rows, columns: columns + 1, weight: wider((at) => weight[at] as number), bias, mask: wider(() => 1) };
}

/** Parameters of one feature without context: they are numbers, not a network. */
function readBare(tensors: ForeignTensors, folder: string, transformOf: TransformOf) {
  const parts = Array.from({ length: countEntries(tensors, `${folder}.phi`) }, (_, i) =>
    numbers(tensors, `${folder}.phi.${i}`),
  );
  const bias = Float64Array.from(parts.flatMap(({ data }) => [...data]));
  const transform = transformOf(`${folder}.phi`, bias.length);
  const [found, expected] = [parts.map(({ data }) => data.length), partsOf(transform)];
  if (found.join() !== expected.join()) refuse(`${folder}.phi`, `parameters of ${expected} numbers`, `${found}`);
  const [rows, columns] = [bias.length, 0];
  const layer = { rows, columns, weight: new Float64Array(0), bias, mask: new Float64Array(0) };
  return { layers: [withUnseenFeature(layer)], transform };
}

function readHyper(tensors: ForeignTensors, folder: string, features: number, isMasked: boolean, of: TransformOf) {
  const hyper = `${folder}.hyper`;
  const layers = readLayers(tensors, hyper, isMasked);
  const transform = of(hyper, outputs(hyper, layers, { per: features }));
  if (isMasked) return { layers, transform };
  return { layers: layers.map((layer, at) => (at === 0 ? withUnseenFeature(layer) : layer)), transform };
}

/** @param features  number of features where it is known, by the base */
export function readAutoregressive(
  tensors: ForeignTensors,
  folder: string,
  features: number | undefined,
  transformOf: TransformOf,
): LoadedAutoregressive {
  const kind = kindOfTransform(tensors, folder);
  if (kind === "coupling") {
    refuse(folder, "an autoregressive transform", "a coupling transform (NICE)", "loadNice reads it");
  }
  const order = kind === "masked" ? positionsOf([...numbers(tensors, `${folder}.order`).data]) : [0];
  if (features !== undefined && features !== order.length) {
    const got = kind === "masked" ? `one of ${order.length}` : "an element-wise transform, as in GF";
    refuse(folder, `an autoregressive transform of ${features} features`, got);
  }
  if (features === undefined && kind !== "masked") {
    refuse(
      folder,
      'an autoregressive transform with "order"',
      "an element-wise one",
      "loadNsf and loadMaf read it with its base",
    );
  }
  const { layers, transform } =
    kind === "bare"
      ? readBare(tensors, folder, transformOf)
      : readHyper(tensors, folder, order.length, kind === "masked", transformOf);
  const network = arrangeNetwork(`${folder}.hyper`, layers, order, outputsTaken(transform));
  return { layer: { order, hidden: network.hidden }, transform, network };
}
