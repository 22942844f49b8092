/** What functions and densities are bound in: the numbers, columns and densities that they name, on one tape. */
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { Region } from "./region.js";

/** A number, or the name of a parameter, a function or a column. */
export type Value = number | string;

/** Columns by name: [] of every event, or [n] at the nodes of an integral. */
export type Columns = Readonly<Record<string, Var>>;

export interface Environment {
  readonly tape: Tape;
  /** A number [], that of a parameter [], of a function or of a column, per event where it looks at one. */
  value(of: Value): Var;
  column(name: string): Var;
  /** Where events can be: the range of the column. */
  domain(column: string): readonly [low: number, high: number];
  density(name: string): BoundDensity;
  /** What a density is of, and on what it is conditional. */
  shape(density: string): Shape;
  /** Tensors of the architecture behind a name, as parameters of the tape: made once. */
  weights<T>(name: string, bind: (prefix: string) => T): T;
  /** The same with other columns in place of those of the names. */
  withColumns(columns: Columns): Environment;
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
}

/** A density in an environment. */
export interface BoundDensity {
  /** log p of the columns that it is of, at given ones, per event; normalised over the domains of the columns. */
  logProb(): Var;
  /**
   * log of the probability of a region: 0 of the whole domain. Per event where it depends on given columns.
   *
   * @param region  narrows columns that the density is of
   */
  logProbability(region: Region): Var;
  /** log of the number of events that it expects, where it has yields. */
  readonly logExpected?: Var | undefined;
}
