/** Flows as named tensors and text, for any container of tensors (safetensors in `io`). */
import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { aMap, anObject, checkArgument, checkOptions, type Options } from "../../engine/options.js";
import { type Architecture, checked, tensorSpecs } from "../architecture/architecture.js";
import { checkForm } from "../architecture/form.js";
import { type ForeignTensors, type Tensor, toTensor, type Weights } from "../networks/weights.js";
import { checkTensors, listed } from "./checked-tensors.js";
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

/** Refuses weights that are not exactly those of the architecture: names, shapes, finite numbers. */
export function checkWeights(where: string, architecture: Architecture, weights: ReadonlyMap<string, Tensor>): void {
  checkArgument(where, "the weights", weights, aMap);
  checkTensors(where, `${architecture.kind} flow`, tensorSpecs(architecture), weights);
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
