/** Whether JSON from a file has the form of an architecture: before that, nothing of it can be trusted to be what its type says. */
import { UsageError } from "../../engine/errors.js";
import type { ScalarArchitecture } from "../transforms/scalar-transform.js";
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

/** Checks by kind. */
type Forms<K extends string> = { readonly [N in K]: (data: Data) => void };

/** "a, b or c" */
const either = (names: readonly string[]) => `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

function formOf<K extends string>(forms: Forms<K>, kind: unknown, expected: string): (data: Data) => void {
  return typeof kind === "string" && Object.hasOwn(forms, kind) ? forms[kind as K] : refuse(expected, kind);
}

const transformForms: Forms<ScalarArchitecture["kind"]> = {
  affine: () => {},
  spline: (data) => {
    const { bins, bound, freeRightSlope = false, scaled = false } = data;
    if (!isNumber(bins) || !isNumber(bound) || typeof freeRightSlope !== "boolean" || typeof scaled !== "boolean") {
      refuse("a spline with a number of bins and a bound", data);
    }
  },
};

function checkTransform(data: unknown): void {
  if (!isData(data)) refuse("a transform with its kind", data);
  const { kind } = data as Data;
  const names = Object.keys(transformForms).map((name) => `"${name}"`);
  formOf(transformForms, kind, `a transform of kind ${either(names)}`)(data as Data);
}

const isAutoregressive = (layer: unknown) =>
  isData(layer) && areNumbers(layer.order) && Array.isArray(layer.hidden) && layer.hidden.every(areNumbers);

const isCoupling = (layer: unknown) => isData(layer) && areNumbers(layer.passive) && areNumbers(layer.hidden);

const isNetwork = (hidden: unknown) => hidden === null || (Array.isArray(hidden) && hidden.every(areNumbers));

const isNuisance = (nuisance: unknown) =>
  isData(nuisance) &&
  typeof nuisance.nominal === "number" &&
  typeof nuisance.scale === "number" &&
  typeof nuisance.linearOnly === "boolean" &&
  (nuisance.networks === undefined || (Array.isArray(nuisance.networks) && nuisance.networks.every(isNetwork)));

const isPair = (pair: unknown) => areNumbers(pair) && pair.length === 2;

const checkMaskedLayers = ({ layers }: Data) =>
  checkList("layers with an order and units by degree", layers, isAutoregressive);

/** What architectures of one kind have. */
const architectureForms: Forms<Architecture["kind"]> = {
  autoregressive: (data) => {
    checkMaskedLayers(data);
    checkTransform(data.transform);
  },
  coupling: ({ layers, transform }) => {
    checkList("coupling layers with passive features and hidden units", layers, isCoupling);
    checkTransform(transform);
  },
  factorizable: (data) => {
    checkMaskedLayers(data);
    const { nuisances, pairs, quadraticDamping, pairDamping, shiftFirst, spline } = data;
    checkList("nuisances with nominal, scale and linearOnly", nuisances, isNuisance);
    checkList("pairs of nuisances", pairs, isPair);
    const dampings = [quadraticDamping, pairDamping];
    if (!dampings.every((damping) => isNumber(damping) && (damping as number) >= 0)) {
      refuse("dampings of at least 0", dampings);
    }
    if (shiftFirst !== undefined && typeof shiftFirst !== "boolean") refuse("shiftFirst true or false", shiftFirst);
    if (spline !== undefined) checkTransform(spline);
  },
};

/** Throws unless every entry is there and of its type; what the entries say is for `checked` to judge. */
export function checkForm(data: unknown): asserts data is Architecture {
  if (!isData(data)) refuse("an architecture with its kind", data);
  const { kind, features, context, activation, standardisation, classes } = data as Data;
  const checkKind = formOf(architectureForms, kind, `a flow of kind ${either(Object.keys(architectureForms))}`);
  if (!isNumber(features) || !isNumber(context)) refuse("numbers of features and context columns", [features, context]);
  if (typeof activation !== "string") refuse("an activation", activation);
  if (!["none", "input", "both"].includes(standardisation as string)) {
    refuse("standardisation none, input or both", standardisation);
  }
  if (classes !== undefined && !isNumber(classes)) refuse("a number of classes", classes);
  checkKind(data as Data);
}
