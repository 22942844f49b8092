/**
 * Models without the units of their morphs that nothing looks at. A morph that is kept as a simple one has a few units of the architecture that is
 * configured; the weights behind the others are 0, and so is what they add, however often it is computed.
 */

import { aList, checkArgument } from "../../engine/options.js";
import {
  type FactorizableArchitecture,
  type NuisanceArchitecture,
  nuisanceNetwork,
  termOutputs,
} from "../../flows/architecture/architecture.js";
import type { Tensor, Weights } from "../../flows/networks/weights.js";
import { type FlowModel, type MixtureModel, partOf, partsOf, withParts } from "./mixture-model.js";

type Morph = FlowModel<FactorizableArchitecture>;

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const tensorName = (at: number, k: number, layer: number, part: "weight" | "bias") =>
  `transforms.${at}.nuisances.${k}.${layer}.${part}`;

/** Has any a number other than 0 in this row? */
const hasRow = (tensors: readonly Tensor[], row: number) =>
  tensors.some(({ shape, data }) => {
    const width = shape[1] ?? 1;
    return data.subarray(row * width, (row + 1) * width).some((value) => value !== 0);
  });
/** The same of a column, in these rows. */
const hasColumn = (tensors: readonly Tensor[], rows: readonly number[], column: number) =>
  tensors.some(({ shape, data }) => rows.some((row) => data[row * shape[1]! + column] !== 0));

/** What stays of a nuisance. */
interface Used {
  readonly nuisance: NuisanceArchitecture;
  /** Of each layer of the flow, the rows of each layer of its network; null where all that it puts out is 0. */
  readonly rows: readonly (readonly (readonly number[])[] | null)[];
}

/** Rows that multiply the square of u: of s and t the second of two, of a spline the second half. */
function isQuadratic(architecture: FactorizableArchitecture, row: number): boolean {
  const term = termOutputs(architecture);
  const output = row % (2 * term);
  return output === 1 || output === 3 || output >= term + 2;
}

function usedOf(morphs: readonly Morph[], k: number): Used {
  const { architecture } = morphs[0]!;
  const nuisance = architecture.nuisances[k]!;
  const tensors = (at: number, layer: number, part: "weight" | "bias") =>
    morphs.map(({ weights }) => weights.get(tensorName(at, k, layer, part))!);
  const networks = architecture.layers.map((_, at) => nuisanceNetwork(architecture, at, nuisance));
  const outputs = networks.map((network, at) => {
    if (network === undefined) return [];
    const last = network.hidden.length;
    const all = (["weight", "bias"] as const).flatMap((part) => tensors(at, last, part));
    return range(network.features * network.outputs).filter((row) => hasRow(all, row));
  });
  const isLinear = nuisance.linearOnly || outputs.every((rows) => !rows.some((row) => isQuadratic(architecture, row)));
  const rows = networks.map((network, at) => {
    if (network === undefined || outputs[at]!.length === 0) return null;
    const { hidden, features } = network;
    const ends = range(features * network.outputs);
    const kept = [nuisance.linearOnly || !isLinear ? ends : ends.filter((row) => !isQuadratic(architecture, row))];
    for (let layer = hidden.length; layer > 0; layer--) {
      const own = tensors(at, layer, "weight");
      const columns = range(own[0]!.shape[1]!);
      const used = columns.filter((column) => hasColumn(own, kept[0]!, column));
      // Where constants alone are put out, units stay: there is no layer without any.
      kept.unshift(used.length === 0 ? columns : used);
    }
    return kept;
  });
  return {
    nuisance: { ...nuisance, linearOnly: isLinear, networks: rows.map((own, at) => unitsOf(own, networks[at]!)) },
    rows,
  };
}

/** Units by degree that rows are. */
function unitsOf(rows: Used["rows"][number], network: { readonly hidden: readonly (readonly number[])[] }) {
  return (
    rows &&
    network.hidden.map((counts, layer) => {
      let stop = 0;
      return counts.map((count) => {
        const start = stop;
        stop += count;
        return rows[layer]!.filter((row) => row >= start && row < stop).length;
      });
    })
  );
}

function withRows({ weights }: Morph, architecture: FactorizableArchitecture, used: readonly Used[]): Morph {
  const kept: Weights = new Map([...weights].filter(([name]) => !/\.nuisances\./.test(name)));
  for (const [k, { rows }] of used.entries()) {
    for (const [at, own] of rows.entries()) {
      for (const [layer, some] of (own ?? []).entries()) {
        const [weight, bias] = (["weight", "bias"] as const).map(
          (part) => weights.get(tensorName(at, k, layer, part))!,
        );
        const width = weight!.shape[1]!;
        const columns = own![layer - 1] ?? range(width);
        kept.set(tensorName(at, k, layer, "weight"), {
          shape: [some.length, columns.length],
          data: Float64Array.from(some.flatMap((row) => columns.map((column) => weight!.data[row * width + column]!))),
        });
        kept.set(tensorName(at, k, layer, "bias"), {
          shape: [some.length],
          data: Float64Array.from(some, (row) => bias!.data[row]!),
        });
      }
    }
  }
  return { architecture, weights: kept };
}

/** Morphs of one architecture, without what none of them uses. */
function usedPart(morphs: readonly Morph[]): readonly Morph[] {
  const { architecture } = morphs[0]!;
  // A single feature without context has no hidden units.
  if (architecture.features + architecture.context < 2) return morphs;
  const used = architecture.nuisances.map((_, k) => usedOf(morphs, k));
  // What follows no nuisance has no derivatives.
  if (architecture.pairs.length === 0 && used.every(({ rows }) => rows.every((own) => own === null))) return morphs;
  const smaller = { ...architecture, nuisances: used.map(({ nuisance }) => nuisance) };
  return morphs.map((own) => withRows(own, smaller, used));
}

/** The same densities, to rounding. */
export const withUsedUnitsOf = (model: MixtureModel): MixtureModel => withUsedUnits([model])[0]!;

/**
 * The same densities, to rounding. Models that differ in weights only still do: what one of them uses stays in all.
 *
 * @param models  of one architecture
 */
export function withUsedUnits(models: readonly MixtureModel[]): MixtureModel[] {
  checkArgument("withUsedUnits", "models", models, aList);
  const different = [...new Set(models)];
  const parts = different.map((model) => Object.fromEntries(partsOf(model)));
  for (const name of ["x.morph", "y.morph"] as const) {
    if (different[0] === undefined || partOf(different[0], name) === undefined) continue;
    const smaller = usedPart(parts.map((own) => own[name] as Morph));
    for (const [i, own] of parts.entries()) own[name] = smaller[i]!;
  }
  const found = new Map(different.map((model, i) => [model, withParts(model, parts[i]!)]));
  return models.map((model) => found.get(model)!);
}
