/** Factors by which yields follow a parameter whose unit is one standard deviation: log-normal, and HistFactory's interpolations. */

import { UsageError } from "../../../engine/errors.js";
import { aNumber, oneOf } from "../../../engine/options.js";
import { exp, greater, mul, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { checkAcceptance, logAcceptance } from "../acceptance.js";
import { aValue } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import type { FunctionKind } from "./contract.js";

export interface LogNormalRate {
  readonly kind: "log-normal";
  /** The factor at +1 standard deviation, above 0: 1.05 for 5%, as combine and pyhf have it. */
  readonly kappa: number;
  readonly parameter: Value;
}

export interface InterpolatedRate {
  readonly kind: "interpolation";
  /** HistFactory's: 1 is piecewise exponential; 4 a polynomial between -1 and 1, exponential beyond. */
  readonly code: 1 | 4;
  /** The factor at -1, above 0. */
  readonly low: number;
  /** The factor at +1, above 0. */
  readonly high: number;
  readonly parameter: Value;
}

function checkFactor(at: string, what: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new UsageError(at, { expected: `a factor ${what} above 0 (1.05 for 5%)`, got: `${value}` });
}

const logOfLogNormal = ({ kappa, parameter }: LogNormalRate, at: Environment) =>
  mul(at.value(parameter), Math.log(kappa));

export const logNormalRate: FunctionKind<LogNormalRate> = {
  doc: "κ^α",
  entries: { kind: oneOf("log-normal"), kappa: aNumber, parameter: aValue },
  values: ({ parameter }) => [parameter],
  check: ({ kappa }, at) => checkFactor(at, "kappa", kappa),
  bind: (form, at) => exp(logOfLogNormal(form, at)),
  bindLog: logOfLogNormal,
};

function logOfInterpolated({ code, low, high, parameter }: InterpolatedRate, at: Environment): Var {
  const alpha = at.value(parameter);
  const [up, down] = [Math.log(high), Math.log(low)];
  if (code === 1) return where(greater(alpha, 0), mul(alpha, up), mul(alpha, -down));
  return logAcceptance({ up, down }, alpha);
}

/** Cranmer et al. 2012, CERN-OPEN-2012-016. */
export const interpolatedRate: FunctionKind<InterpolatedRate> = {
  doc: "1 at α = 0, `high` at 1 and `low` at -1: HistFactory's codes 1 and 4",
  entries: { kind: oneOf("interpolation"), code: aNumber, low: aNumber, high: aNumber, parameter: aValue },
  values: ({ parameter }) => [parameter],
  check({ code, low, high }, at) {
    checkFactor(at, "low", low);
    checkFactor(at, "high", high);
    if (code !== 1 && code !== 4) throw new UsageError(at, { expected: "code 1 or 4", got: `${code}` });
    if (code === 4) checkAcceptance(at, { up: Math.log(high), down: Math.log(low) });
  },
  bind: (form, at) => exp(logOfInterpolated(form, at)),
  bindLog: logOfInterpolated,
};
