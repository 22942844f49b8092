/** What functions and densities are bound in: the numbers, columns and densities that they name, on one tape. */
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { FeatureInFrame, FramedColumn } from "./framed-columns.js";
import type { BoundInterval, BoundRegion, Interval, Region } from "./region.js";

/** A number, or the name of a parameter, a function or a column. */
export type Value = number | string;

/** Columns by name: [] of every event, or [n] at the nodes of an integral. */
export type Columns = Readonly<Record<string, Var>>;

/** Where a map takes columns that a density is of. */
export interface Moved {
  /** As flows see them, where the map works in their frame. */
  readonly framed?: Readonly<Record<string, FramedColumn & { readonly feature: FeatureInFrame }>>;
  /** Images of the domains; those of the columns where absent. */
  readonly domain?: (column: string) => BoundInterval;
}

export interface Environment {
  readonly tape: Tape;
  /** A number [], that of a parameter [], of a function or of a column, per event where it looks at one. */
  value(of: Value): Var;
  /** Its logarithm, where the kind of the function says that the value is positive; undefined where nothing says so. */
  logValue(of: Value): Var | undefined;
  column(name: string): Var;
  /** The column as flows see it: computed in f64 before any cast, where no parameter moves it. */
  framed(column: string, feature: FeatureInFrame): FramedColumn;
  /** Where events can be: the range of the column, or where a map takes it. */
  domain(column: string): BoundInterval;
  /** The range of the column, whatever a map does to it. */
  range(column: string): Interval;
  /** Values that a categorical column takes; undefined of all others. */
  classes(column: string): readonly number[] | undefined;
  density(name: string): BoundDensity;
  /** What a density is of, and on what it is conditional. */
  shape(density: string): Shape;
  /** Tensors of the architecture behind a name, as parameters of the tape: made once. */
  weights<T>(name: string, bind: (prefix: string) => T): T;
  /** The same with other columns in place of those of the names. */
  withColumns(columns: Columns, moved?: Moved): Environment;
  /**
   * Refuses to go on where an integral is too uncertain; checked once, where parameters start.
   *
   * @param what   the integral, for messages
   * @param error  estimate of the error of its logarithm []
   */
  checkIntegral(what: string, error: Var): void;
}

/** Columns that stand together in a product, conditional on columns of other groups. */
export interface ColumnGroup {
  readonly of: readonly string[];
  readonly given: readonly string[];
}

/** What is known of a density without numbers. */
export interface Shape {
  /** Columns that it is a density of. */
  readonly of: readonly string[];
  /** Columns that it is conditional on, in itself or in its numbers. */
  readonly given: readonly string[];
  /** Whether it expects a number of events. */
  readonly isExtended: boolean;
  /** Whether parameters move events across knots of splines, where gradients jump (`likelihood/spline-knots.ts`). */
  readonly crossesKnots: boolean;
  /** Whether the slope of log p jumps at knots in the columns that it is of. */
  readonly hasKnots: boolean;
  /** Whether it, or all that it is made of, takes several values of given columns at once [K]. */
  readonly isBatched?: boolean;
  /** Of a truncated one: where it is not 0. */
  readonly kept?: Region;
  /** Of a product, or a sum of products, also in a region: its columns, of which other groups can be integrated over. Absent: all of them are one group. */
  readonly groups?: readonly ColumnGroup[] | undefined;
}

/** Names of all lists, each once, in their order. */
export const unionOf = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

/** A density in an environment. */
export interface BoundDensity {
  /** log p of the columns that it is of, at given ones, per event; normalised over the domains of the columns. */
  logProb(): Var;
  /**
   * log of the probability of a region: 0 of the whole domain. Per event where it depends on given columns.
   *
   * @param region  narrows columns that the density is of
   */
  logProbability(region: BoundRegion): Var;
  /** Of one that is known up to a factor: log p is `logShape` - `logNormalisation`, and the latter looks at no column that the density is of. */
  readonly unnormalised?: { readonly logShape: () => Var; readonly logNormalisation: () => Var };
  /** As of `logMarginal` in densities/marginal.ts, of some of its columns and not all; where it has groups of them. */
  readonly logMarginal?: ((kept: readonly string[], region: BoundRegion) => Var) | undefined;
  /** Number of events that it expects, where it has yields, and its logarithm: without events the number may be 0. */
  readonly expected?: Var | undefined;
  readonly logExpected?: Var | undefined;
}
