/** What every kind of density has: the compiler asks for all of it, and the laws in test/inference/model/densities hold for all. */

import type { Options } from "../../../engine/options.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Environment, Shape, Value } from "../language/environment.js";
import type { FlowMap } from "./flow-map.js";

/** By name [count]. */
export type DrawnColumns = Readonly<Record<string, Float64Array>>;

/** Draws events of densities at one point of the parameters, unweighted, in f64. */
export interface Draws {
  readonly count: number;
  /** Columns that are known: those that the density is conditional on [count]. */
  column(name: string): Float64Array;
  /** Of every event [count]. */
  value(of: Value): Promise<Float64Array>;
  /** Standard normal numbers, new ones at each call [count]. */
  normals(): Float64Array;
  /** Numbers between 0 and 1, new ones at each call [count]. */
  uniforms(): Float64Array;
  /** Where events can be: the domain of the column. */
  domain(column: string): readonly [low: number, high: number];
  /**
   * Events of another density, within the domains of its columns.
   *
   * @param given    columns that are known besides
   * @param domains  in place of those of the columns
   */
  drawn(
    density: string,
    given?: Readonly<Record<string, Float64Array>>,
    domains?: Readonly<Record<string, readonly [low: number, high: number]>>,
  ): Promise<DrawnColumns>;
  /** Events of the columns of another density that are not kept, at the values of those that are, which are known. */
  rest(density: string, kept: readonly string[]): Promise<DrawnColumns>;
  /** With columns that are known besides [count]. */
  with(columns: Readonly<Record<string, Float64Array>>): Draws;
  /**
   * Numbers on a tape, in f64.
   *
   * @param of       by name [...shape]; a result is [...shape, count]
   * @param columns  besides those that are known [count]
   */
  computed(
    of: (at: Environment) => Readonly<Record<string, Var>>,
    columns?: Readonly<Record<string, Float64Array>>,
  ): Promise<Readonly<Record<string, Float64Array>>>;
  shape(density: string): Shape;
  /** Values that a categorical column takes; undefined of all others. */
  classes(column: string): readonly number[] | undefined;
  /** The same of a part of the events, by their positions: new columns of that length. */
  part(positions: Int32Array): Draws;
}

export interface DensityKind<F> {
  /** In one sentence, with its formula, for documentation. */
  readonly doc: string;
  /** Of what type each entry of the form is. */
  readonly entries: Options<F>;
  /** Numbers that it depends on, by the names of the form. */
  readonly values: (form: F) => readonly Value[];
  /** Densities that it is made of. */
  readonly parts: (form: F) => readonly string[];
  /**
   * @param parts    of the densities that it is made of, in their order
   * @param givenBy  columns that its numbers look at
   * @param isMoved  whether its numbers follow from free parameters
   */
  readonly shape: (form: F, parts: readonly Shape[], givenBy: readonly string[], isMoved: boolean) => Shape;
  /**
   * Refuses what can be seen without numbers, by a UsageError.
   *
   * @param where  the density, for messages
   */
  readonly check: (
    form: F,
    where: string,
    parts: readonly Shape[],
    domain: (column: string) => readonly [number, number],
    classes: (column: string) => readonly number[] | undefined,
  ) => void;
  /** Whether it is of categorical columns: what is not made of other densities is of numbers otherwise. */
  readonly isOfCategories?: true;
  /** Whether it takes the numbers and given columns of several values at once [K], as networks do in less time than one after another. */
  readonly isBatched?: true;
  /** @param name  of the density: that of its weights */
  readonly bind: (form: F, at: Environment, name: string) => BoundDensity;
  /** The flow that takes its columns to those of the density that it is made of, or to standard normal numbers, where there is one. */
  readonly map?: (form: F, name: string) => FlowMap | undefined;
  /** Events of the columns that are not kept, at values of those that are, where the density has groups of columns. @param kept  known columns */
  readonly drawRest?: (form: F, draws: Draws, kept: readonly string[]) => Promise<DrawnColumns>;
  /** Events within the domains; where it gives more columns than it is of, the others are ignored. */
  readonly draw: (form: F, draws: Draws, name: string) => Promise<DrawnColumns>;
}
