/**
 * How much a morph may learn from the samples of one nuisance.
 *
 * A morph with K effective parameters trained on n events has a score ŝ = s + ε with E[ε²] of order K / n, whatever the effect is: of a weak
 * one most of what a large morph learns is the fluctuation of the samples. A simpler morph has a smaller K, and what it cannot learn is
 * seen by events that were not trained on.
 */
import { aNumber, anObject, checkArgument, checkParts, oneOf } from "../../../engine/options.js";
import { add, div, mul, sumEvents } from "../../../engine/tape/operations.js";
import {
  type AutoregressiveLayer,
  checked,
  type FactorizableArchitecture,
  nuisanceOutputs,
} from "../../../flows/architecture/architecture.js";
import { layersBefore } from "../../../flows/networks/masked-network.js";
import type { Weights } from "../../../flows/networks/weights.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import type { FlowModel } from "../mixture-model.js";
import { columnName, type SimulatedEvents } from "../sampling/simulated-events.js";
import { meanLoss, NOMINAL, observedColumns } from "./densities.js";
import type { NamedMorph, StageRequest } from "./morph.js";
import { logRatio } from "./moved-density.js";
import { ratioExcess } from "./pairs.js";

/**
 * What a morph of few numbers is made of, from small to large: scales and shifts; also what is quadratic in ν; or, linear in ν again, a spline of
 * each feature.
 */
export const SIMPLE_KINDS = ["simple", "simple-quadratic", "simple-spline"] as const;
export type SimpleKind = (typeof SIMPLE_KINDS)[number];

/**
 * The same morph with one layer and few hidden units: enough for a scale and a shift of each feature in each process that depend
 * on the features before it. Undefined where the morph has no more than that, or not what the kind asks for.
 *
 * Quadratic terms are not damped: two numbers of each feature and process are as well known as the linear ones, and are learned as fast.
 */
export function simplerMorph(
  architecture: FactorizableArchitecture,
  processes: number,
  kind: SimpleKind = "simple",
): FactorizableArchitecture | undefined {
  checkArgument("simplerMorph", "the architecture", architecture, anObject);
  checkArgument("simplerMorph", "processes", processes, aNumber);
  checkArgument("simplerMorph", "the kind", kind, oneOf(...SIMPLE_KINDS));
  const withQuadratic = kind === "simple-quadratic";
  const { spline, ...rest } = architecture;
  if (kind === "simple-spline" && spline === undefined) return undefined;
  const { order, hidden } = architecture.layers[0]!;
  const most = Math.max(2, processes);
  const simpler = checked<FactorizableArchitecture>({
    ...rest,
    nuisances: architecture.nuisances.map((own) => ({ ...own, linearOnly: own.linearOnly || !withQuadratic })),
    pairs: [],
    ...(withQuadratic && { quadraticDamping: 1 }),
    ...(kind === "simple-spline" && { spline }),
    layers: [{ order, hidden: hidden.map((counts) => counts.map((units) => Math.min(units, most))) }],
  });
  return JSON.stringify(simpler) === JSON.stringify(architecture) ? undefined : simpler;
}

type Counts = AutoregressiveLayer["hidden"];

const hiddenOf = (architecture: FactorizableArchitecture, layer: number): Counts =>
  layersBefore({ ...architecture, hidden: architecture.layers[layer]!.hidden });

/** First unit of each degree. */
const starts = (counts: readonly number[]) => counts.map((_, d) => counts.slice(0, d).reduce((a, b) => a + b, 0));

/** Of every unit of a small layer, the unit of a large one with as many units of its degree before it. */
function places(small: readonly number[], large: readonly number[]): number[] {
  const from = starts(large);
  return small.flatMap((count, d) => Array.from({ length: count }, (_, i) => from[d]! + i));
}

/**
 * A morph of `simplerMorph` with the weights of the architecture that it was made from: the same density. Units that it does not have keep
 * their weights, which nothing looks at, so that a further training may use them.
 *
 * @param weights  of `initialMorph`: last layers are 0
 */
export function embedded(small: NamedMorph, large: FactorizableArchitecture, weights: Weights): NamedMorph {
  checkParts("embedded", "a morph", small, { architecture: anObject });
  const { features, nuisances } = large;
  const [own, wide] = [small.architecture, large].map((architecture) => hiddenOf(architecture, 0)) as [Counts, Counts];
  const undamped = small.architecture.quadraticDamping / large.quadraticDamping;
  const placed = new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
  for (const [k, nuisance] of nuisances.entries()) {
    const outputs = nuisanceOutputs(large, nuisance);
    const ofSmall = nuisanceOutputs(small.architecture, small.architecture.nuisances[k]!);
    const isQuadratic = !small.architecture.nuisances[k]!.linearOnly;
    // s and t, then the spline's: of two powers of u, the linear ones, or s, s², t, t².
    const [ofLinear, first] = nuisance.linearOnly ? [[0, 1], 2] : [[0, 2], 4];
    const ofSpline = Array.from({ length: ofSmall - 2 }, (_, i) => first + i);
    const ofFeature = isQuadratic ? [0, 1, 2, 3] : [...ofLinear, ...ofSpline];
    const ends = Array.from({ length: features }, (_, j) => ofFeature.map((at) => j * outputs + at)).flat();
    const rows = [...own.map((counts, at) => places(counts, wide[at]!)), ends];
    for (const [at, place] of rows.entries()) {
      const factorOf = (row: number) => (place === ends && isQuadratic && row % 2 === 1 ? undamped : 1);
      const [weight, bias] = ["weight", "bias"].map((part) => `transforms.0.nuisances.${k}.${at}.${part}`);
      const [source, target] = [small.weights.get(weight!)!, placed.get(weight!)!];
      const [inputs, width] = [source.shape[1]!, target.shape[1]!];
      const columns = at === 0 ? Array.from({ length: inputs }, (_, i) => i) : rows[at - 1]!;
      for (const [row, to] of place.entries()) {
        target.data.fill(0, to * width, (to + 1) * width);
        const factor = factorOf(row);
        for (const [i, column] of columns.entries()) {
          target.data[to * width + column] = factor * source.data[row * inputs + i]!;
        }
        placed.get(bias!)!.data[to] = factor * small.weights.get(bias!)!.data[row]!;
      }
    }
  }
  return { architecture: large, names: small.names, weights: placed };
}

/** The morph without its quadratic terms: the same weights with those outputs 0. */
export function withoutQuadratic(morph: NamedMorph): NamedMorph {
  checkParts("withoutQuadratic", "a morph", morph, { architecture: anObject });
  return withQuadraticPart(morph, 0, 0);
}

/**
 * The morph with a part of its quadratic terms. With u the distance from the nominal value, b u² becomes `part` b u² + (1 - `part`) `slope` b u.
 *
 * @param slope  of the straight line through 0 that is nearest to u² at the samples: 0 where they lie symmetrically
 */
export function withQuadraticPart(morph: NamedMorph, part: number, slope: number): NamedMorph {
  checkParts("withQuadraticPart", "a morph", morph, { architecture: anObject });
  const { architecture } = morph;
  const weights = [...morph.weights].map(([name, tensor]) => {
    const [, layer, k, at] = /^transforms\.(\d+)\.nuisances\.(\d+)\.(\d+)\./.exec(name) ?? [];
    const nuisance = k === undefined ? undefined : architecture.nuisances[Number(k)]!;
    const isLast = layer !== undefined && Number(at) === hiddenOf(architecture, Number(layer)).length;
    if (nuisance === undefined || nuisance.linearOnly || !isLast) return [name, tensor] as const;
    const outputs = nuisanceOutputs(architecture, nuisance);
    const perRow = tensor.data.length / (architecture.features * outputs);
    // s, s², t, t², then the spline's, linear before quadratic.
    const middle = (outputs - 4) / 2 + 4;
    const isQuadratic = (output: number) => output === 1 || output === 3 || output >= middle;
    /** How many outputs after a linear one its quadratic one comes. */
    const distance = (output: number) => (output < 4 ? 1 : middle - 4);
    const moved = (1 - part) * slope * architecture.quadraticDamping;
    const data = tensor.data.map((value, i) => {
      const output = Math.floor(i / perRow) % outputs;
      return isQuadratic(output) ? part * value : value + moved * tensor.data[i + distance(output) * perRow]!;
    });
    return [name, { ...tensor, data }] as const;
  });
  return { ...morph, weights: new Map(weights) };
}

/** Of every nuisance: has the morph no quadratic terms, or only such as are 0? */
export function areLinear({ architecture, weights }: FlowModel<FactorizableArchitecture>): boolean[] {
  checkArgument("areLinear", "the architecture", architecture, anObject);
  const linear = architecture.nuisances.map(() => true);
  const without = withoutQuadratic({ architecture, names: [], weights }).weights;
  for (const [name, { data }] of weights) {
    const [, k] = /\.nuisances\.(\d+)\./.exec(name) ?? [];
    const own = without.get(name)!.data;
    if (k !== undefined && own !== data && data.some((value, i) => value !== own[i])) linear[Number(k)] = false;
  }
  return linear;
}

/** Nominal events at the points of the varied ones of their process: what `effectLoss` takes the mean ratio over. */
export function nominalAtAnchors(
  varied: readonly SimulatedEvents[],
  nominal: readonly SimulatedEvents[],
): SimulatedEvents[] {
  const points = new Map(varied.map(({ process, at }) => [`${process}: ${at.join()}`, { process, at }]));
  return [...points.values()].flatMap(({ process, at }) =>
    nominal.flatMap((own) => (own.process === process ? [{ ...own, at }] : [])),
  );
}

/**
 * For `validationProgram`, with the parameters of `stageLoss`: minus what is known of the effect, per event,
 *
 *     -E_ν[log r] + E_0[r - 1],    r = p(x | ν) / p_0(x),
 *
 * with means over varied and nominal events (event set `NOMINAL`, `nominalAtAnchors`). It is least for the ratio of the true densities, where it
 * is minus the relative entropy of the samples (Nguyen, Wainwright & Jordan 2010, arXiv:0809.0853): a morph gains nothing by what
 * is wrong with p_0, which the mean of log p(x | ν) alone would reward.
 */
export function effectLoss(request: Omit<StageRequest, "optimiser" | "controlled">): ModelBuilder {
  const { of, moved, morph, stage, sizes } = request;
  const { name } = stage.sets[0]!;
  return (tape, normalisers) => {
    const density = moved.bind(tape, morph);
    const ratioOf = (set: string) => {
      const columns = observedColumns(tape, set, of, sizes);
      const nu = tape.column(columnName(set, "nu"), [1], tape.events(set));
      return { weight: columns.weight, log: logRatio(density, columns, [nu]) };
    };
    const [varied, unmoved] = [ratioOf(name), ratioOf(NOMINAL)];
    const excess = div(sumEvents(mul(unmoved.weight, ratioExcess(unmoved.log))), normalisers[NOMINAL]!);
    return { loss: add(meanLoss(varied.log, varied.weight, normalisers[name]!), excess), trainable: [] };
  };
}
