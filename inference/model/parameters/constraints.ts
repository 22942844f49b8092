/**
 * What an auxiliary measurement says of a parameter: one kind a row, with its term of -ln L, how its outcome is drawn, and which outcome is
 * the likeliest at a value of the parameter. The outcome is the global observable: data of the measurement, drawn anew for each toy.
 */
import { UsageError } from "../../../engine/errors.js";
import { exp, log } from "../../../engine/exact-functions.js";
import { div, log as logOf, mul, square, sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { poisson } from "../../statistics/toys/poisson.js";

/** a ~ N(θ, σ). */
export interface NormalConstraint {
  readonly kind: "normal";
  /** a, in units of the parameter */
  readonly observed: number;
  /** σ, in units of the parameter */
  readonly sigma: number;
}

/** ln a ~ N(ln θ, ln κ), θ above 0. */
export interface LogNormalConstraint {
  readonly kind: "log-normal";
  readonly observed: number;
  /** Factor of one standard deviation, above 1: 1.05 for 5%. */
  readonly kappa: number;
}

/** n ~ Poisson(τ θ), θ above 0, or at least 0 where n is 0: an auxiliary count. */
export interface PoissonConstraint {
  readonly kind: "poisson";
  /** n, a whole number of events; of an Asimov data set not whole */
  readonly observed: number;
  /** τ, events per unit of the parameter */
  readonly scale: number;
}

export type Constraint = NormalConstraint | LogNormalConstraint | PoissonConstraint;

interface Row<C> {
  /** What is wrong with it, "expected …, got …" in two texts; undefined where it is sound. */
  readonly fault: (constraint: C) => readonly [expected: string, got: string] | undefined;
  /** The number of the outcome that the term of -ln L looks at. */
  readonly statistic: (constraint: C) => number;
  /** Term of -ln L at θ [], 0 at its minimum. @param outcome  the statistic, or a node [] of it */
  readonly nll: (constraint: C, parameter: Var, outcome: number | Var) => Var;
  /** Outcome that another measurement has where the parameter is θ. @param z  a standard normal number; @param count  of a Poisson number of that mean */
  readonly drawn: (constraint: C, value: number, z: number, count: (mean: number) => number) => number;
  /** Outcome whose likeliest parameter is θ: that of Asimov data. */
  readonly expected: (constraint: C, value: number) => number;
  /** θ that the outcome is likeliest at, and about how well it is known: one standard deviation there. */
  readonly estimate: (constraint: C) => readonly [value: number, sigma: number];
  /** The least θ at which the term has a value. */
  readonly least: (constraint: C) => number;
}

/** The logarithm of a positive number has no value at 0 itself. */
export const ABOVE_ZERO = Number.MIN_VALUE;

const isPositive = (value: number) => Number.isFinite(value) && value > 0;

const rows: { readonly [K in Constraint["kind"]]: Row<Extract<Constraint, { kind: K }>> } = {
  normal: {
    fault: ({ observed, sigma }) =>
      !Number.isFinite(observed)
        ? ["a finite outcome", `${observed}`]
        : isPositive(sigma)
          ? undefined
          : ["a positive standard deviation", `${sigma}`],
    statistic: ({ observed }) => observed,
    nll: ({ sigma }, parameter, observed) => mul(square(div(sub(parameter, observed), sigma)), 0.5),
    drawn: ({ sigma }, value, z) => value + sigma * z,
    expected: (_, value) => value,
    estimate: ({ observed, sigma }) => [observed, sigma],
    least: () => Number.NEGATIVE_INFINITY,
  },
  "log-normal": {
    fault: ({ observed, kappa }) =>
      !isPositive(observed)
        ? ["a positive outcome", `${observed}`]
        : Number.isFinite(kappa) && kappa > 1
          ? undefined
          : ["a kappa above 1, the factor of one standard deviation", `${kappa}`],
    statistic: ({ observed }) => log(observed),
    nll: ({ kappa }, parameter, logObserved) => mul(square(div(sub(logOf(parameter), logObserved), log(kappa))), 0.5),
    drawn: ({ kappa }, value, z) => value * exp(log(kappa) * z),
    expected: (_, value) => value,
    estimate: ({ observed, kappa }) => [observed, observed * log(kappa)],
    least: () => ABOVE_ZERO,
  },
  poisson: {
    fault: ({ observed, scale }) =>
      !(Number.isFinite(observed) && observed >= 0)
        ? ["a count of at least 0", `${observed}`]
        : isPositive(scale)
          ? undefined
          : ["a positive number of events per unit of the parameter", `${scale}`],
    statistic: ({ observed }) => observed,
    nll({ observed, scale }, parameter, outcome) {
      const mean = mul(parameter, scale);
      if (observed === 0) return mean;
      return sub(sub(mean, outcome), mul(logOf(div(mean, outcome)), outcome));
    },
    drawn: ({ scale }, value, _z, count) => count(scale * value),
    expected: ({ scale }, value) => scale * value,
    estimate: ({ observed, scale }) => [observed / scale, Math.sqrt(Math.max(observed, 1)) / scale],
    // Without events the term is τ θ: no logarithm, and its minimum is 0 itself.
    least: ({ observed }) => (observed === 0 ? 0 : ABOVE_ZERO),
  },
};

const rowOf = <C extends Constraint>({ kind }: C) => rows[kind] as unknown as Row<C>;

/** Every kind, for laws over all of them. */
export const constraintKinds = Object.keys(rows) as readonly Constraint["kind"][];

/** Refuses a constraint that is none. @param name  of the parameter */
export function checkConstraint(name: string, constraint: Constraint): void {
  if (!Object.hasOwn(rows, constraint.kind)) {
    const got = JSON.stringify(constraint.kind) ?? "none";
    throw new UsageError(`constraint of ${name}`, { expected: `a kind (${constraintKinds.join(", ")})`, got });
  }
  const fault = rowOf(constraint).fault(constraint);
  if (fault === undefined) return;
  const [expected, got] = fault;
  throw new UsageError(`constraint of ${name}`, { expected, got });
}

/** The number of the outcome that the term of -ln L looks at. */
export const constraintStatistic = (constraint: Constraint): number => rowOf(constraint).statistic(constraint);

/**
 * Term of -ln L, 0 at its minimum [].
 *
 * @param parameter  θ []
 * @param outcome    a node of the statistic [], for outcomes that change: none does from 0 to above, or back
 */
export const constraintNll = (constraint: Constraint, parameter: Var, outcome?: Var): Var =>
  rowOf(constraint).nll(constraint, parameter, outcome ?? constraintStatistic(constraint));

/** The θ that the outcome is likeliest at, and one standard deviation there. */
export const constraintEstimate = (constraint: Constraint) => rowOf(constraint).estimate(constraint);

/** The least θ at which the constraint has a value: 0, just above it, or no such end. */
export const constraintLeast = (constraint: Constraint): number => rowOf(constraint).least(constraint);

/** The constraint with the outcome of another measurement where the parameter is `value`. @param z  a standard normal number */
export function redrawn(constraint: Constraint, value: number, z: number, seed: number, purpose: string): Constraint {
  const observed = rowOf(constraint).drawn(constraint, value, z, (mean) => poisson(mean, seed, purpose));
  return { ...constraint, observed };
}

/** The constraint with the outcome that Asimov data have where the parameter is `value`. */
export const asimov = (constraint: Constraint, value: number): Constraint => ({
  ...constraint,
  observed: rowOf(constraint).expected(constraint, value),
});
