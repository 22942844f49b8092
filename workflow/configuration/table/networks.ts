/** Sizes of networks and splines. */
import { list, number } from "../entries.js";
import { MAXIMA } from "../limits.js";

export const hidden = (sizes: readonly number[]) =>
  list(number({ doc: "Units of a layer.", integer: true, min: 1, max: MAXIMA.units }), {
    doc: "Units of each hidden layer of the masked networks.",
    default: sizes,
    minLength: 1,
    maxLength: MAXIMA.hiddenLayers,
  });

export const transforms = (count: number) =>
  number({ doc: "Transforms in sequence.", integer: true, min: 1, max: MAXIMA.layers, default: count });

export const splineBound = (halfWidth: number) =>
  number({
    doc: "Half-width of the interval in which splines act, in standard deviations of the training sample.",
    min: MAXIMA.leastSplineBound,
    max: MAXIMA.splineBound,
    default: halfWidth,
  });

export const splineBins = (count: number) =>
  number({
    doc: "Bins of each rational-quadratic spline.",
    integer: true,
    min: 2,
    max: MAXIMA.splineBins,
    default: count,
  });
