/** Densities that are normalised over all numbers, cut to the domains of their columns: the probability of boxes of columns. */
import { UsageError } from "../../../engine/errors.js";
import { sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Environment } from "../language/environment.js";
import { type Axis, logIntegral } from "../language/quadrature.js";
import { type BoundInterval, type BoundRegion, isOpen } from "../language/region.js";
import { logShare } from "./one-dimensional.js";

/** By column that the density is of. */
export type Box = Readonly<Record<string, BoundInterval>>;

const isEverything = (box: Box): boolean => Object.values(box).every((interval) => interval.every(isOpen));

/** The boxes of a region, each with a combination of its intervals; a column that is not named has its domain. */
function boxesOf(at: Environment, of: readonly string[], region: BoundRegion): Box[] {
  return of.reduce<Box[]>(
    (boxes, column) => {
      const intervals = region[column] ?? [at.domain(column)];
      return boxes.flatMap((box) => intervals.map((interval) => ({ ...box, [column]: interval })));
    },
    [{}],
  );
}

/**
 * The density within the domains of its columns.
 *
 * @param logDensity  log of the density over all numbers, per event
 * @param logMass     log of its probability of a box, which is not everything
 */
export function cutToDomain(
  at: Environment,
  of: readonly string[],
  logDensity: () => Var,
  logMass: (box: Box) => Var,
): BoundDensity {
  const massOf = (box: Box) => (isEverything(box) ? at.tape.constant(0, []) : logMass(box));
  let whole: Var | undefined;
  const normalisation = () => {
    whole ??= massOf(boxesOf(at, of, {})[0]!);
    return whole;
  };
  return {
    logProb: () => sub(logDensity(), normalisation()),
    logProbability(region) {
      if (!of.some((column) => region[column] !== undefined)) return at.tape.constant(0, []);
      return logShare(at.tape, boxesOf(at, of, region).map(massOf), normalisation);
    },
  };
}

/** Of a column: where most of a density lies. */
export type Place = Pick<Axis, "centre" | "width">;

/** Refuses boxes of flows whose probability is not known. */
export function checkBoxes(where: string, of: readonly string[], given: readonly string[]): void {
  if (of.length === 1 || (of.length === 2 && given.length === 0)) return;
  const got = given.length > 0 ? `${of.join(", ")} given ${given.join(", ")}` : of.join(", ");
  throw new UsageError(where, {
    expected: "no range or region, or a flow of one column, or of two that is given none",
    got: `a range or region of a flow of ${got}`,
    hint: "Leave the range of its columns out, and select no part of them",
  });
}

/**
 * log of the probability of a rectangle by quadrature, for densities of two columns that are given none.
 *
 * @param places      of both columns
 * @param logDensity  over all numbers, at the columns of an environment
 */
export function rectangleMass(
  at: Environment,
  where: string,
  of: readonly string[],
  given: readonly string[],
  places: readonly Place[],
  logDensity: (at: Environment) => Var,
): (box: Box) => Var {
  return (box) => {
    checkBoxes(where, of, given);
    const axes = of.map((column, d): Axis => ({ interval: box[column]!, ...places[d]! }));
    const integral = logIntegral(at.tape, axes, (x) =>
      logDensity(at.withColumns(Object.fromEntries(of.map((column, d) => [column, x[d]!])))),
    );
    at.checkIntegral(`the probability of a part of ${of.join(", ")} in ${where}`, integral.error);
    return integral.log;
  };
}
