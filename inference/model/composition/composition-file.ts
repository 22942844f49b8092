/** A composition as named tensors and metadata, for any container of tensors (safetensors in `io`). */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { aMap, anObject, checkParts, type Kind } from "../../../engine/options.js";
import { type Data, isData, shownData } from "../../../flows/architecture/form.js";
import type { ForeignTensorFile, TensorFile } from "../../../flows/formats/checkpoint.js";
import { toTensor, type Weights } from "../../../flows/networks/weights.js";
import type { Expression } from "../../expressions/expression.js";
import { type DensityForm, densityKind } from "../densities/densities.js";
import { type FunctionForm, functionKind } from "../functions/functions.js";
import { anExpression } from "../language/entry-kinds.js";
import { type CheckedComposition, type Composition, checkedComposition } from "./composition.js";
import { modelsOf, type StoredModel } from "./composition-parameters.js";
import { fromPostfix, toPostfix } from "./postfix.js";

/** Key of the metadata under which all but the weights stands, as JSON. */
const COMPOSITION_KEY = "unbinned.composition";

/** Numbers that JSON has no text for, by theirs: each stands as `{ "number": text }`. */
const SPECIAL: Readonly<Record<string, number>> = {
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/** Entry of a model in the JSON, in place of its weights. */
const MARK = "tensors";

/** The only entry of an expression in the JSON. */
const LIST = "postfix";

/** Nodes of expressions, which stand in lists alone. */
const NODES: readonly unknown[] = ["number", "name", "operator", "call"] satisfies readonly Expression["kind"][];

const numberInJson = (_: string, value: unknown) => {
  const special = Object.entries(SPECIAL).find(([, own]) => Object.is(own, value));
  return special === undefined ? value : { number: special[0] };
};

/** Forms as JSON has them: models say where their weights are, expressions are lists. */
function formsAsData(
  group: string,
  forms: Readonly<Record<string, DensityForm | FunctionForm>>,
  entriesOf: (form: never) => object,
  models: ReadonlyMap<string, StoredModel>,
) {
  return Object.fromEntries(
    Object.entries(forms).map(([name, form]) => {
      const kinds = entriesOf(form as never) as Readonly<Record<string, Kind>>;
      const entries = Object.entries(form).map(([entry, value]) => {
        const own = `${group}.${name}.${entry}`;
        const model = models.get(own);
        if (model !== undefined) return [entry, { architecture: model.architecture, [MARK]: own }] as const;
        return [entry, kinds[entry] === anExpression ? { [LIST]: toPostfix(value) } : value] as const;
      });
      return [name, Object.fromEntries(entries)];
    }),
  );
}

/** @param composition  sound: `checkedComposition` */
export function compositionToTensors(composition: Composition): TensorFile {
  checkParts("compositionToTensors", "a composition", composition, { columns: anObject, densities: anObject });
  const { parameters, columns, functions = {}, densities } = composition;
  const own = { parameters, columns, functions, densities };
  checkedComposition(own);
  const models = modelsOf(own);
  const data = {
    parameters,
    columns,
    functions: formsAsData(
      "functions",
      functions,
      (form: FunctionForm) => functionKind("function", form).entries,
      models,
    ),
    densities: formsAsData("densities", densities, (form: DensityForm) => densityKind("density", form).entries, models),
  };
  return {
    metadata: { [COMPOSITION_KEY]: JSON.stringify(data, numberInJson) },
    tensors: new Map(
      [...models].flatMap(([name, { weights }]) =>
        [...weights].map(([key, tensor]) => [`${name}.${key}`, tensor] as const),
      ),
    ),
  };
}

/** @param where  the file, for messages */
export function compositionFromTensors(where: string, file: ForeignTensorFile): CheckedComposition {
  checkParts("compositionFromTensors", "a file", file, { metadata: anObject, tensors: aMap });
  try {
    return readComposition(where, file);
  } catch (error) {
    // The checks of a part do not know its file: it is added to their message.
    if (error instanceof UsageError && !error.message.startsWith(where)) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

/** Lists and objects in one another: more than any composition has, and few enough to be walked through. */
const DEEPEST = 32;

/** Letters of a name: more than anyone writes, and few enough for a message. */
const LONGEST_TEXT = 500;

/** The data with numbers and models in their places, in objects whose entries are their own. @param models  are added, by name */
function restored(data: unknown, models: [string, Weights][], depth = 0): unknown {
  if (depth > DEEPEST) throw new UsageError("composition", { expected: `at most ${DEEPEST} levels`, got: "more" });
  if (Array.isArray(data)) return data.map((item) => restored(item, models, depth + 1));
  if (typeof data === "string" && data.length > LONGEST_TEXT) {
    const expected = `texts of at most ${LONGEST_TEXT} letters`;
    throw new UsageError("composition", { expected, got: `one of ${data.length}` });
  }
  if (!isData(data)) return data;
  const names = Object.keys(data);
  if (names.length === 1 && names[0] === "number" && typeof data.number === "string") {
    const special = entryOf(SPECIAL, data.number);
    if (special !== undefined) return special;
  }
  if (names.length === 1 && names[0] === LIST) return fromPostfix(restored(data[LIST], models, depth + 1));
  if (NODES.includes(data.kind)) {
    throw new UsageError("composition", { expected: `expressions as ${LIST}`, got: shownData(data) });
  }
  const inside = names.map((name) => [name, restored(data[name], models, depth + 1)] as const);
  const all = Object.fromEntries(inside);
  if (!(isData(data.architecture) && typeof data[MARK] === "string")) return all;
  const { [MARK]: mark, ...model } = all;
  const weights: Weights = new Map();
  models.push([mark as string, weights]);
  return { ...model, weights };
}

function readComposition(where: string, { metadata, tensors }: ForeignTensorFile): CheckedComposition {
  const text = entryOf(metadata, COMPOSITION_KEY);
  if (text === undefined) {
    throw new UsageError(where, {
      expected: `metadata "${COMPOSITION_KEY}"`,
      got: Object.keys(metadata).join(", ") || "none",
      hint: "Is this a composition that unbinned saved?",
    });
  }
  const data = parsed(where, text);
  const models: [string, Weights][] = [];
  const composition = restored(data, models) as Composition;
  const left = new Set(tensors.keys());
  // The longest name first: another one may be a part of it.
  for (const [model, weights] of models.sort(([a], [b]) => b.length - a.length)) {
    const prefix = `${model}.`;
    for (const name of [...left].filter((own) => own.startsWith(prefix))) {
      left.delete(name);
      weights.set(name.slice(prefix.length), toTensor(tensors.get(name)!));
    }
  }
  checkNames(where, composition);
  const checked = checkedComposition(composition);
  if (left.size > 0) {
    const [first] = left;
    throw new UsageError(where, { expected: "tensors of its densities and functions alone", got: shownData(first) });
  }
  return checked;
}

function parsed(where: string, text: string): Data {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // What is no JSON is no object either.
  }
  if (isData(data)) return data;
  throw new UsageError(where, {
    expected: "a composition in JSON",
    got: shownData(text),
    hint: "The file is damaged or not from unbinned: copy it again",
  });
}

/** A name that objects have an entry of before anyone gives them one. */
const TAKEN = "__proto__";

function checkNames(where: string, composition: Composition): void {
  const records = [composition.columns, composition.functions ?? {}, composition.densities];
  if (!records.every((own) => isData(own))) {
    throw new UsageError(where, { expected: "columns, functions and densities by name", got: shownData(composition) });
  }
  if (records.some((own) => Object.hasOwn(own as object, TAKEN))) {
    throw new UsageError(where, { expected: "names of columns, functions and densities", got: TAKEN });
  }
}
