/** Densities of columns that an invertible map takes to those of another density. */
import { add, reshape, slice } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Columns, Environment, Moved } from "../language/environment.js";
import { endOutOfFrame, featureOf, framedEnd } from "../language/framed-columns.js";
import { type BoundInterval, type End, isOpen } from "../language/region.js";
import type { Draws } from "./contract.js";
import { columnsOutOfFrame, framedColumns } from "./flow.js";
import type { FlowMap } from "./flow-map.js";
import { contextOf } from "./given-columns.js";
import { cutToDomain, rectangleMass } from "./probability-of-box.js";

/** An increasing map of each column alone. */
export interface ColumnMap {
  /** The columns where the map takes them, and log |det| of it. */
  columns(): { readonly columns: Columns; readonly framed?: Moved["framed"]; readonly logDet: Var };
  /** Where it takes an end of an interval, which is not open. */
  end(column: string, end: End): End;
}

/** Where the map takes an interval. */
export const imageOf = (map: ColumnMap, column: string, [low, high]: BoundInterval): BoundInterval => [
  isOpen(low) ? low : map.end(column, low),
  isOpen(high) ? high : map.end(column, high),
];

/** The density behind a map of each column alone: within the images of the domains. */
export function movedByColumn(at: Environment, density: string, map: ColumnMap): BoundDensity {
  const { of } = at.shape(density);
  const domain = (column: string) =>
    of.includes(column) ? imageOf(map, column, at.domain(column)) : at.domain(column);
  const apart = at.withColumns({}, { domain }).density(density);
  return {
    logProb() {
      const { columns, framed, logDet } = map.columns();
      const own = at.withColumns(columns, { domain, ...(framed && { framed }) });
      return add(own.density(density).logProb(), logDet);
    },
    logProbability: (region) =>
      apart.logProbability(
        Object.fromEntries(
          Object.entries(region).map(([column, intervals]) => [
            column,
            intervals.map((own) => imageOf(map, column, own)),
          ]),
        ),
      ),
    ...(apart.expected && { expected: apart.expected, logExpected: apart.logExpected }),
  };
}

const EVERYWHERE = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/** The columns where the flow takes them. What the frame makes of the density is the same before and behind it: its slope stays that of the data. */
function throughFlow({ of, given, frame, givenFrame, toOrigin }: FlowMap, at: Environment) {
  const { values } = framedColumns(at, of, frame);
  const { value, logDet } = toOrigin(at, values, contextOf(at, given, givenFrame));
  const lead = value.shape.slice(0, -1);
  const entries = of.map((column, i) => {
    const feature = featureOf(frame, i);
    const own = reshape(slice(value, -1, i, i + 1), lead);
    const raw = feature.transform === undefined ? endOutOfFrame(own, column, feature) : undefined;
    return { column, raw, framed: { value: own, logSlope: at.framed(column, feature).logSlope, feature } };
  });
  return {
    columns: Object.fromEntries(entries.map(({ column, raw }) => [column, raw as Var])),
    framed: Object.fromEntries(entries.map(({ column, framed }) => [column, framed])),
    logDet,
  };
}

/** A flow of one column. */
function columnMap(map: FlowMap, at: Environment): ColumnMap {
  const { given, frame, givenFrame } = map;
  return {
    columns: () => throughFlow(map, at),
    end(column, end) {
      const feature = featureOf(frame, 0);
      const own = framedEnd(end, column, feature);
      const value = typeof own === "number" ? at.tape.constant(own, []) : own;
      const row = reshape(value, [...value.shape, 1]);
      const moved = map.toOrigin(at, row, contextOf(at, given, givenFrame)).value;
      return endOutOfFrame(reshape(moved, moved.shape.slice(0, -1)), column, feature);
    },
  };
}

/** The density behind a flow. */
export function movedByFlow(at: Environment, name: string, density: string, map: FlowMap): BoundDensity {
  const { of, given, places } = map;
  if (of.length === 1) return movedByColumn(at, density, columnMap(map, at));
  // Images of boxes are none: the density is that over all numbers, cut to the domains.
  const domain = (column: string) => (of.includes(column) ? EVERYWHERE : at.domain(column));
  const logDensity = (own: Environment) => {
    const { columns, framed, logDet } = throughFlow(map, own);
    return add(own.withColumns(columns, { domain, framed }).density(density).logProb(), logDet);
  };
  const conditions = [...new Set([...given, ...at.shape(density).given])];
  const bound = cutToDomain(at, of, () => logDensity(at), rectangleMass(at, name, of, conditions, places, logDensity));
  const { expected, logExpected } = at.withColumns({}, { domain }).density(density);
  return { ...bound, ...(expected && { expected, logExpected }) };
}

/**
 * Events of the density behind a map, moved to where the map takes them from.
 *
 * @param domainAt   domains of the density [2] for each column, on a tape; those of the columns where undefined
 * @param fromOrigin columns of the density to observed ones, in f64
 */
export async function drawnBehind(
  draws: Draws,
  density: string,
  of: readonly string[],
  domainAt: ((at: Environment, column: string) => BoundInterval) | undefined,
  fromOrigin: (own: Draws, columns: Readonly<Record<string, Float64Array>>) => Promise<Record<string, Float64Array>>,
): Promise<Record<string, Float64Array>> {
  const groups = await groupsByDomain(draws, of, domainAt);
  const all = Object.fromEntries(of.map((column) => [column, new Float64Array(draws.count)]));
  for (const { positions, domains } of groups) {
    const own = draws.part(positions);
    const found = await fromOrigin(own, await own.drawn(density, {}, domains));
    for (const column of of) for (const [k, i] of positions.entries()) all[column]![i] = found[column]![k]!;
  }
  return all;
}

interface Group {
  readonly positions: Int32Array;
  readonly domains: Readonly<Record<string, readonly [number, number]>>;
}

/** Events whose densities have the same domains: mostly all of them. */
async function groupsByDomain(
  draws: Draws,
  of: readonly string[],
  domainAt: ((at: Environment, column: string) => BoundInterval) | undefined,
): Promise<Group[]> {
  const everyone = Int32Array.from({ length: draws.count }, (_, i) => i);
  if (domainAt === undefined) {
    const domains = Object.fromEntries(of.map((column) => [column, EVERYWHERE]));
    return [{ positions: everyone, domains }];
  }
  const open: Record<string, number> = {};
  const keys = of.flatMap((column) => [0, 1].map((side) => [`${side} ${column}`, column, side] as const));
  const found = await draws.computed((at) => {
    const ends: Record<string, Var> = {};
    for (const [key, column, side] of keys) {
      const end = domainAt(at, column)[side as 0 | 1];
      if (typeof end === "number") open[key] = end;
      else ends[key] = end;
    }
    return ends;
  });
  const endOf = (key: string, i: number) => open[key] ?? found[key]![i]!;
  const groups = new Map<string, number[]>();
  for (const i of everyone) {
    const key = keys.map(([own]) => endOf(own, i)).join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  return [...groups.values()].map((own) => ({
    positions: Int32Array.from(own),
    domains: Object.fromEntries(
      of.map((column) => [column, [endOf(`0 ${column}`, own[0]!), endOf(`1 ${column}`, own[0]!)] as const]),
    ),
  }));
}

/** The same of a flow. */
export async function drawnBehindFlow(
  draws: Draws,
  density: string,
  map: FlowMap,
): Promise<Record<string, Float64Array>> {
  const { of, given, frame, givenFrame } = map;
  const domainAt =
    of.length > 1
      ? undefined
      : (at: Environment, column: string) => imageOf(columnMap(map, at), column, at.domain(column));
  return drawnBehind(draws, density, of, domainAt, async (own, columns) => {
    const { features } = await own.computed((at) => {
      const { values } = framedColumns(at, of, frame);
      return { features: map.fromOrigin(at, values, contextOf(at, given, givenFrame)).value };
    }, columns);
    return columnsOutOfFrame(of, frame, features!);
  });
}
