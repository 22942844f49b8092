/** Of what type an entry of a parameter, function or density is: what users and files give is checked by these before anything trusts it. */

import type { Kind } from "../../../engine/options.js";
import { isData } from "../../../flows/architecture/form.js";
import { isTransform } from "../features/transform-form.js";

const isNumber = (value: unknown) => typeof value === "number";
const isText = (value: unknown) => typeof value === "string";
const isValue = (value: unknown) => isNumber(value) || isText(value);
const listOf = (isItem: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && Array.from(value).every(isItem);
const recordOf = (isItem: (item: unknown) => boolean) => (value: unknown) =>
  isData(value) && Object.values(value).every(isItem);

const isInterval = (value: unknown) => listOf(isNumber)(value) && (value as number[]).length === 2;

/** `Value`. */
export const aValue: Kind = { expected: "a number, or the name of one", accepts: isValue };
export const values: Kind = { expected: "a list of numbers, or of their names", accepts: listOf(isValue) };
export const texts: Kind = { expected: "a list of texts", accepts: listOf(isText) };
export const anInterval: Kind = { expected: "[low, high]", accepts: isInterval };
/** `Region`. */
export const aRegion: Kind = {
  expected: "lists of intervals [low, high] by column",
  accepts: recordOf(listOf(isInterval)),
};
/** `FeatureFrame`: whether its numbers fit together is for `checkFrame` to judge. */
export const aFrame: Kind = {
  expected: "a frame with shift, scale, and transforms or none",
  accepts: (value) =>
    isData(value) &&
    [value.shift, value.scale].every(listOf(isNumber)) &&
    (value.transforms === undefined || listOf(isTransform)(value.transforms)),
};
/** Of shifts and scales by column. */
export const affineMaps: Kind = {
  expected: "shift and scale, or one of them, by column",
  accepts: recordOf(
    (own) =>
      isData(own) && Object.entries(own).every(([name, value]) => ["shift", "scale"].includes(name) && isValue(value)),
  ),
};
/** A tree that `parseExpression` makes: what its nodes are is for `checkExpression` and `bindExpression` to judge. */
export const anExpression: Kind = { expected: "an expression, await parseExpression(text, where)", accepts: isData };
/** An architecture with its weights: what they are is for the checks of the architecture to judge. */
export const aModel: Kind = {
  expected: "an architecture with weights in a Map",
  accepts: (value) => isData(value) && isData(value.architecture) && value.weights instanceof Map,
};
