/** The operations a tape knows, as functions of nodes. Each checks shapes and simplifies 0 and 1; derivatives are in derivatives/vjp.ts. */

export { acos, asin, atan, atan2, hypot } from "./operations/angles.js";
export {
  asinh,
  clip,
  concatenate,
  logErfc,
  logSigmoid,
  logSumExp,
  softmax,
  softplus,
  square,
} from "./operations/composed.js";
export {
  abs,
  add,
  cos,
  div,
  equal,
  erf,
  erfc,
  erfcMeanExcess,
  erfcx,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  imFaddeeva,
  imFaddeevaCurvature,
  imFaddeevaSlope,
  less,
  lessEqual,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  reFaddeeva,
  reFaddeevaCurvature,
  reFaddeevaSlope,
  sigmoid,
  sin,
  sqrt,
  stopGradient,
  sub,
  tanh,
  where,
} from "./operations/elementwise.js";
export { logFaddeeva } from "./operations/faddeeva.js";
export { lgamma } from "./operations/gamma.js";
export { type LinearOptions, linear, weightGradient } from "./operations/linear.js";
export { broadcastShapes, type Operand, uniformValue } from "./operations/operands.js";
export { type CumulativeSumOptions, cumulativeSum, max, min, sum, sumEvents, sumTo } from "./operations/reductions.js";
export { broadcast, broadcastEvents, pad, reshape, select, slice, take } from "./operations/shapes.js";
