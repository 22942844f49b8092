/** What densities of one column that are polynomials have in common. */
import { aText, type Options, oneOf } from "../../../engine/options.js";
import { add, log, mul, type Operand, reshape, sub, sum } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { values } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import { gaussLegendre } from "../language/quadrature.js";
import type { BoundInterval, End } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { needsEnds, overDomain } from "./one-dimensional.js";
import { underLargest } from "./rejection.js";

export interface CoefficientsForm<K extends string> {
  readonly kind: K;
  /** Column, whose domain has two ends. */
  readonly x: string;
  /** The polynomial is above 0 in the domain. */
  readonly coefficients: readonly Value[];
}

interface Basis<K extends string> {
  readonly kind: K;
  readonly doc: string;
  readonly degree: (coefficients: number) => number;
  /** @param x  of any shape: the result has it too */
  readonly value: (x: Var, coefficients: readonly Var[]) => Operand;
  /** Whether x is the place in the range of the column, from 0 to 1. */
  readonly inRange: boolean;
}

const nodeOf = (tape: Tape, end: End) => (typeof end === "number" ? tape.constant(end, []) : end);

/** log of the integral over an interval: Gauss's rule of n nodes is exact up to degree 2n - 1, and has no differences of powers of ends. */
function logIntegralOf(tape: Tape, [low, high]: BoundInterval, degree: number, value: (x: Var) => Var): Var {
  const { nodes, weights } = gaussLegendre(Math.floor(degree / 2) + 1);
  const [from, to] = [nodeOf(tape, low), nodeOf(tape, high)];
  const half = mul(sub(to, from), 0.5);
  const x = add(mul(half, tape.constant([...nodes])), mul(add(from, to), 0.5));
  const all = sum(mul(value(x), tape.constant([...weights])), -1);
  return add(log(reshape(all, all.shape.slice(0, -1))), log(half));
}

export function polynomialKind<K extends string>(basis: Basis<K>): DensityKind<CoefficientsForm<K>> {
  const valueIn = ({ x, coefficients }: CoefficientsForm<K>, at: Environment) => {
    const [low, high] = at.range(x);
    const own = coefficients.map((coefficient) => at.value(coefficient));
    return (of: Var): Var => {
      const place = basis.inRange ? mul(sub(of, low), 1 / (high - low)) : of;
      // A polynomial of degree 0 is one number wherever x is.
      return add(basis.value(place, own), mul(of, 0));
    };
  };
  return {
    doc: basis.doc,
    entries: { kind: oneOf(basis.kind), x: aText, coefficients: values } as Options<CoefficientsForm<K>>,
    values: ({ coefficients }) => coefficients,
    parts: () => [],
    shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
    check: ({ x }, where, _, domain) => needsEnds(where, x, domain(x), ["low", "high"]),
    bind(form, at) {
      const value = valueIn(form, at);
      return overDomain(at, form.x, {
        logShape: () => log(value(at.column(form.x))),
        logIntegral: (interval) => logIntegralOf(at.tape, interval, basis.degree(form.coefficients.length), value),
      });
    },
    draw: (form, draws, name) => underLargest(draws, name, form.x, (at) => valueIn(form, at)(at.column(form.x))),
  };
}
