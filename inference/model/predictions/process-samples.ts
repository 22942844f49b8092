/** Simulation at a point of the nuisances: of each process the events that were made there. */
import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument } from "../../../engine/options.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import type { MixtureModel, ShapeNuisance } from "../mixture-model.js";
import { joinedColumns, type SimulatedEvents } from "../sampling/simulated-events.js";

/** Events of one process, columns `[features, events]`. */
export interface ProcessSample {
  readonly count: number;
  readonly x: ColumnData;
  readonly y?: ColumnData | undefined;
  /** [events], of either sign; every event counts 1 where absent. */
  readonly weights?: ColumnData | undefined;
}

/** All samples that were made at one point of the shape nuisances. */
export interface SimulatedPoint {
  /** Shape nuisances in declared order, prior standard deviations. */
  readonly at: readonly number[];
  /** Of each process, in declared order; undefined for those that the point would move and that were not simulated there. */
  readonly samples: readonly (ProcessSample | undefined)[];
}

/** ν [K] with these values of the shape nuisances, rates at their nominal values. */
export function fullVector({ nuisances }: Pick<MixtureModel, "nuisances">, at: readonly number[]): number[] {
  let shape = 0;
  return nuisances.map(({ kind, nominal }): number => {
    switch (kind) {
      case "shape":
        return at[shape++]!;
      case "rate":
        return nominal;
      default:
        return kind satisfies never;
    }
  });
}

/** The point as a process sees it: nuisances that do not act on it have their nominal values. @param shapes  those of the point [shapes] */
export const asSeenBy = (
  shapes: readonly Pick<ShapeNuisance, "nominal" | "acts">[],
  process: number,
  at: readonly number[],
): number[] => at.map((value, k) => (shapes[k]!.acts[process]! ? value : shapes[k]!.nominal));

const shapesOf = ({ nuisances }: Pick<MixtureModel, "nuisances">) =>
  nuisances.flatMap((own) => (own.kind === "shape" ? [own] : []));

/** Was the process simulated at this very point, and not where a nuisance that does not act on it is nominal? */
export const isMovedBy = (model: MixtureModel, process: number, at: readonly number[]): boolean =>
  asSeenBy(shapesOf(model), process, at).every((value, k) => value === at[k]);

/**
 * Every point at which anything was simulated, each with all processes: one that the point does not move has its nominal events.
 *
 * @param events  samples of all processes at all points; several of one process at one point count as one
 */
export function simulatedPoints(model: MixtureModel, events: readonly SimulatedEvents[]): SimulatedPoint[] {
  checkArgument("simulatedPoints", "samples", events, aList);
  const keyOf = (process: number, at: readonly number[]) => `${process}: ${at.join()}`;
  const groups = new Map<string, SimulatedEvents[]>();
  const points = new Map<string, readonly number[]>();
  for (const own of events) {
    const key = keyOf(own.process, own.at);
    groups.set(key, [...(groups.get(key) ?? []), own]);
    points.set(own.at.join(), own.at);
  }
  const joined = new Map([...groups].map(([key, own]) => [key, joinedSamples(own)]));
  return [...points.values()].map((at) => ({
    at,
    samples: model.processes.map((_, f) => joined.get(keyOf(f, asSeenBy(shapesOf(model), f, at)))),
  }));
}

/** Samples of one process, those of each point as one. */
export function joinedByPoint(samples: readonly SimulatedEvents[]): SimulatedEvents[] {
  checkArgument("joinedByPoint", "samples", samples, aList);
  const points = new Map<string, SimulatedEvents[]>();
  for (const own of samples) points.set(own.at.join(), [...(points.get(own.at.join()) ?? []), own]);
  return [...points.values()].map((parts) => {
    const [{ process, at }] = parts as [SimulatedEvents];
    return { process, at, ...joinedSamples(parts) };
  });
}

function joinedSamples(parts: readonly SimulatedEvents[]): ProcessSample {
  const [first] = parts as [SimulatedEvents];
  if (parts.length === 1) return first;
  const joined = (of: "x" | "y") => joinedColumns(parts.map((part) => ({ count: part.count, column: part[of]! })));
  const isWeighted = parts.some(({ weights }) => weights !== undefined);
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    x: joined("x"),
    ...(first.y && { y: joined("y") }),
    ...(isWeighted && {
      weights: Float64Array.from(
        parts.flatMap(({ count, weights }) => [...(weights ?? new Float64Array(count).fill(1))]),
      ),
    }),
  };
}

/** At most so many of the events, evenly spread over the sample. */
export function thinned(sample: ProcessSample, most: number): ProcessSample {
  if (!(most >= 1)) throw new UsageError("thinned", { expected: "at least one event to keep", got: `${most}` });
  const { count, x, y, weights } = sample;
  if (count <= most) return sample;
  const pick = (column: ColumnData) => {
    const rows = column.length / count;
    const kept = new (column instanceof Float32Array ? Float32Array : Float64Array)(rows * most);
    for (let j = 0; j < rows; j++) {
      for (let e = 0; e < most; e++) kept[j * most + e] = column[j * count + Math.floor((e * count) / most)]!;
    }
    return kept;
  };
  return { count: most, x: pick(x), ...(y && { y: pick(y) }), ...(weights && { weights: pick(weights) }) };
}
