/** Flows as named tensors and text, for any container of tensors (safetensors in `io`). */
import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { aMap, anObject, checkArgument, checkOptions, type Options } from "../../engine/options.js";
import { sameShape } from "../../engine/tape/tape.js";
import { type Architecture, checked, tensorSpecs } from "../architecture/architecture.js";
import { checkForm } from "../architecture/form.js";
import { type ForeignTensors, type Tensor, type TensorSpec, toTensor, type Weights } from "../networks/weights.js";
import { architectureInNewWords } from "./old-words.js";

/** Key of the metadata under which the architecture stands, as JSON. */
const ARCHITECTURE_KEY = "unbinned.architecture";

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** As a reader of files gives it, e.g. `readSafetensors`: numbers of any type. */
export interface ForeignTensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ForeignTensors;
}

const listed = (names: readonly string[]) =>
  names.length === 0 ? "none" : names.slice(0, 4).join(", ") + (names.length > 4 ? `, ... (${names.length})` : "");

/** Refuses weights that are not exactly those of the architecture: names, shapes, finite numbers. */
export function checkWeights(where: string, architecture: Architecture, weights: ReadonlyMap<string, Tensor>): void {
  checkTensors(where, `${architecture.kind} flow`, tensorSpecs(architecture), weights);
}

/** The same of any tensors. @param what  they are of */
export function checkTensors(
  where: string,
  what: string,
  specs: readonly TensorSpec[],
  weights: ReadonlyMap<string, Tensor>,
): void {
  checkArgument(where, "the weights", weights, aMap);
  const known = new Set(specs.map(({ name }) => name));
  const missing = specs.filter(({ name }) => !weights.has(name)).map(({ name }) => name);
  const unexpected = [...weights.keys()].filter((name) => !known.has(name));
  if (missing.length + unexpected.length > 0) {
    throw new UsageError(where, {
      expected: `the ${specs.length} tensors of this ${what}`,
      got: `weights of another architecture (missing: ${listed(missing)}; unexpected: ${listed(unexpected)})`,
    });
  }
  for (const { name, shape } of specs) {
    const tensor = weights.get(name) as Tensor;
    if (!sameShape(tensor.shape, shape)) {
      throw new UsageError(where, {
        expected: `"${name}" of shape [${shape}]`,
        got: `weights of another architecture, [${tensor.shape}]`,
      });
    }
    if (!tensor.data.every(Number.isFinite)) {
      throw new UsageError(where, { expected: `finite numbers in "${name}"`, got: "NaN or infinity" });
    }
  }
}

export function toTensors(architecture: Architecture, weights: Weights): TensorFile {
  checkWeights("toTensors", architecture, weights);
  return { metadata: { [ARCHITECTURE_KEY]: JSON.stringify(architecture) }, tensors: weights };
}

const tensorFile: Options<ForeignTensorFile> = { metadata: anObject, tensors: aMap };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("fromTensors", { expected: `JSON under "${ARCHITECTURE_KEY}"`, got: text.slice(0, 80) });
  }
}

/**
 * The flow in a file of tensors.
 *
 * @param kinds  the kinds of flow that are expected there; any where none is given
 */
export function fromTensors<K extends Architecture["kind"]>(
  file: ForeignTensorFile,
  ...kinds: readonly K[]
): { architecture: Extract<Architecture, { kind: K }>; weights: Weights } {
  checkOptions("fromTensors", file, tensorFile);
  const text = entryOf(file.metadata, ARCHITECTURE_KEY);
  if (text === undefined) {
    throw new UsageError("fromTensors", {
      expected: `metadata "${ARCHITECTURE_KEY}"`,
      got: `keys ${listed(Object.keys(file.metadata))}`,
      hint: "Is this a checkpoint of unbinned?",
    });
  }
  const architecture = architectureInNewWords(parsed(text)) as Extract<Architecture, { kind: K }>;
  checkForm(architecture);
  if (kinds.length > 0 && !kinds.includes(architecture.kind as K)) {
    throw new UsageError("fromTensors", {
      expected: `weights of a flow of kind ${kinds.join(" or ")}`,
      got: `weights of another architecture, kind ${architecture.kind}`,
    });
  }
  const weights: Weights = new Map([...file.tensors].map(([name, tensor]) => [name, toTensor(tensor)]));
  checkWeights("fromTensors", checked(architecture), weights);
  return { architecture, weights };
}
