/** Whether JSON from a file has the form of an architecture: before that, nothing of it can be trusted to be what its type says. */
import { UsageError } from "../../engine/errors.js";
import type { Architecture } from "./kinds.js";

export type Data = Readonly<Record<string, unknown>>;

const WHERE = "architecture";

/** Letters of data in a message. */
const LONGEST_SHOWN = 200;

/** A short text of any data, however deep and long. */
export function shownData(data: unknown): string {
  if (Array.isArray(data) && data.length > LONGEST_SHOWN) return `a list of ${data.length}`;
  try {
    return (JSON.stringify(data) ?? "nothing").slice(0, LONGEST_SHOWN);
  } catch {
    return "lists in lists without end";
  }
}

function refuse(expected: string, got: unknown): never {
  throw new UsageError(WHERE, { expected, got: shownData(got) });
}

export const isData = (data: unknown): data is Data =>
  typeof data === "object" && data !== null && !Array.isArray(data);
const isNumber = (data: unknown) => typeof data === "number" && Number.isFinite(data);
const areNumbers = (data: unknown): data is number[] => Array.isArray(data) && data.every(isNumber);

function checkList(what: string, data: unknown, isItem: (item: unknown) => boolean): void {
  if (!Array.isArray(data)) refuse(`a list of ${what}`, data);
  const wrong = (data as unknown[]).findIndex((item) => !isItem(item));
  if (wrong >= 0) refuse(what, (data as unknown[])[wrong]);
}

function checkTransform(data: unknown): void {
  if (!isData(data)) refuse("a transform with its kind", data);
  const { kind, bins, bound, freeRightSlope = false } = data as Data;
  if (kind === "affine") return;
  if (kind !== "spline") refuse('a transform of kind "affine" or "spline"', kind);
  if (!isNumber(bins) || !isNumber(bound) || typeof freeRightSlope !== "boolean") {
    refuse("a spline with a number of bins and a bound", data);
  }
}

const isAutoregressive = (layer: unknown) =>
  isData(layer) && areNumbers(layer.order) && Array.isArray(layer.hidden) && layer.hidden.every(areNumbers);

const isCoupling = (layer: unknown) => isData(layer) && areNumbers(layer.passive) && areNumbers(layer.hidden);

const isNuisance = (nuisance: unknown) =>
  isData(nuisance) &&
  typeof nuisance.nominal === "number" &&
  typeof nuisance.scale === "number" &&
  typeof nuisance.linearOnly === "boolean";

const isPair = (pair: unknown) => areNumbers(pair) && pair.length === 2;

/** Throws unless every entry is there and of its type; what the entries say is for `checked` to judge. */
export function checkForm(data: unknown): asserts data is Architecture {
  if (!isData(data)) refuse("an architecture with its kind", data);
  const { kind, features, context, activation, standardisation, layers } = data as Data;
  if (kind !== "autoregressive" && kind !== "coupling" && kind !== "factorizable") {
    refuse("a flow of kind autoregressive, coupling or factorizable", kind);
  }
  if (!isNumber(features) || !isNumber(context)) refuse("numbers of features and context columns", [features, context]);
  if (typeof activation !== "string") refuse("an activation", activation);
  if (!["none", "input", "both"].includes(standardisation as string)) {
    refuse("standardisation none, input or both", standardisation);
  }
  if (kind === "coupling") checkList("coupling layers with passive features and hidden units", layers, isCoupling);
  else checkList("layers with an order and units by degree", layers, isAutoregressive);
  if (kind !== "factorizable") return checkTransform((data as Data).transform);
  const { nuisances, pairs, quadraticDamping, pairDamping, spline } = data as Data;
  checkList("nuisances with nominal, scale and linearOnly", nuisances, isNuisance);
  checkList("pairs of nuisances", pairs, isPair);
  const areDampings = [quadraticDamping, pairDamping].every((damping) => isNumber(damping) && (damping as number) >= 0);
  if (!areDampings) refuse("dampings of at least 0", [quadraticDamping, pairDamping]);
  if (spline !== undefined) checkTransform(spline);
}
