/** Monotone maps of one feature, whose parameters a network puts out. */
import { abs, add, div, exp, mul, neg, slice, sub } from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";
import { withoutLastAxis } from "../shapes.js";
import { LEAST_SLOPE, type SplineArchitecture, spline, splineParameters } from "./rational-quadratic-spline.js";

/** z = y e^s + t with the log scale s soft-clipped. */
export interface AffineArchitecture {
  readonly kind: "affine";
  /** Least slope; the greatest is its inverse. LEAST_SLOPE where absent. */
  readonly leastSlope?: number;
}

export type ScalarArchitecture = AffineArchitecture | SplineArchitecture;

/** Value and log of its derivative, feature by feature. */
export interface Mapped {
  readonly value: Var;
  readonly logSlope: Var;
}

export interface ScalarTransform {
  /** Numbers per feature. */
  readonly parameters: number;
  /** x [..., D], parameters [..., D, parameters] → [..., D] */
  forward(x: Var, parameters: Var): Mapped;
  inverse(y: Var, parameters: Var): Mapped;
}

/** Parameters per feature: unclipped s, t. */
function affine({ leastSlope = LEAST_SLOPE }: AffineArchitecture): ScalarTransform {
  /** Greatest |s|. */
  const limit = -Math.log(leastSlope);
  const scaleAndShift = (parameters: Var) => {
    const raw = withoutLastAxis(slice(parameters, -1, 0, 1));
    return { s: div(raw, add(mul(abs(raw), 1 / limit), 1)), t: withoutLastAxis(slice(parameters, -1, 1, 2)) };
  };
  return {
    parameters: 2,
    forward(x, parameters) {
      const { s, t } = scaleAndShift(parameters);
      return { value: add(mul(x, exp(s)), t), logSlope: s };
    },
    inverse(y, parameters) {
      const { s, t } = scaleAndShift(parameters);
      return { value: mul(sub(y, t), exp(neg(s))), logSlope: neg(s) };
    },
  };
}

/** The first map, then the second, whose parameters come first. */
function inTurn(first: ScalarTransform, second: ScalarTransform): ScalarTransform {
  const parameters = first.parameters + second.parameters;
  const ofFirst = (all: Var) => slice(all, -1, second.parameters, parameters);
  const ofSecond = (all: Var) => slice(all, -1, 0, second.parameters);
  return {
    parameters,
    forward(x, all) {
      const inner = first.forward(x, ofFirst(all));
      const outer = second.forward(inner.value, ofSecond(all));
      return { value: outer.value, logSlope: add(inner.logSlope, outer.logSlope) };
    },
    inverse(y, all) {
      const outer = second.inverse(y, ofSecond(all));
      const inner = first.inverse(outer.value, ofFirst(all));
      return { value: inner.value, logSlope: add(inner.logSlope, outer.logSlope) };
    },
  };
}

export function scalarTransform(architecture: ScalarArchitecture): ScalarTransform {
  switch (architecture.kind) {
    case "affine":
      return affine(architecture);
    case "spline": {
      const bent: ScalarTransform = {
        parameters: splineParameters(architecture),
        forward: (x, parameters) => spline(x, parameters, architecture, "forward"),
        inverse: (y, parameters) => spline(y, parameters, architecture, "inverse"),
      };
      return architecture.scaled ? inTurn(affine({ ...architecture, kind: "affine" }), bent) : bent;
    }
  }
}

/**
 * Half-width of the box in which the map bends, with kinks in its slope at knots; beyond it the map is a straight line. Undefined of a
 * smooth map, which has no box.
 */
export function boundOf(architecture: ScalarArchitecture): number | undefined {
  switch (architecture.kind) {
    case "affine":
      return undefined;
    case "spline":
      return architecture.bound;
  }
}
