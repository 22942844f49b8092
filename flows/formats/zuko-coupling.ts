/** zuko's coupling transforms (NICE): features where the mask is true pass; they and the context go to the network. */
import type { CouplingLayer } from "../architecture/architecture.js";
import type { ForeignTensors, Weights } from "../networks/weights.js";
import type { ScalarArchitecture } from "../transforms/scalar-transform.js";
import { outputsTaken, type TransformOf } from "./zuko-autoregressive.js";
import { biasOf, type MaskedMatrix, outputs, readLayers, rearranged } from "./zuko-networks.js";
import { numbers, refuse } from "./zuko-tensors.js";

const range = (start: number, stop: number) => Array.from({ length: stop - start }, (_, i) => start + i);

export interface LoadedCoupling {
  readonly features: number;
  readonly context: number;
  readonly layer: CouplingLayer;
  readonly transform: ScalarArchitecture;
  readonly weights: Weights;
}

export function readCoupling(tensors: ForeignTensors, folder: string, transformOf: TransformOf): LoadedCoupling {
  const mask = numbers(tensors, `${folder}.mask`).data;
  const split = (passes: boolean) => [...mask.keys()].filter((i) => (mask[i] !== 0) === passes);
  const [passive, active] = [split(true), split(false)];
  const hyper = `${folder}.hyper`;
  const layers = readLayers(tensors, hyper, false);
  const inputs = (layers[0] as MaskedMatrix).columns;
  const context = inputs - passive.length;
  if (context < 0) refuse(hyper, `inputs for ${passive.length} features that pass`, `${inputs}`);
  const available = outputs(hyper, layers, { per: active.length });
  const transform = transformOf(hyper, available);
  // Our networks see (context, passive features).
  let columns = [...range(passive.length, inputs), ...range(0, passive.length)];
  const weights: Weights = new Map();
  layers.forEach((layer, at) => {
    const isLast = at === layers.length - 1;
    const rows = isLast
      ? active.flatMap((_, k) => outputsTaken(transform).map((output) => k * available + output))
      : range(0, layer.rows);
    weights.set(`${at}.weight`, rearranged(layer, rows, columns));
    weights.set(`${at}.bias`, biasOf(layer, rows));
    columns = rows;
  });
  const hidden = layers.slice(0, -1).map(({ rows }) => rows);
  return { features: mask.length, context, layer: { passive, hidden }, transform, weights };
}
