/** A mixture as named tensors and metadata, for any container of tensors (safetensors in `io`). */

import { UsageError } from "../../engine/errors.js";
import { aMap, anObject, checkParts } from "../../engine/options.js";
import type { ForeignTensorFile, TensorFile } from "../../flows/formats/checkpoint.js";
import { type Tensor, toTensor, type Weights } from "../../flows/networks/weights.js";
import { checkModel } from "./given-model.js";
import { mixtureData } from "./mixture-form.js";
import {
  checkedModel,
  type MixtureModel,
  type PartName,
  parameterPrefixes,
  partsOf,
  withParts,
} from "./mixture-model.js";

/** Key of the metadata under which all but the weights stands, as JSON. */
const MIXTURE_KEY = "unbinned.mixture";

export function mixtureToTensors(model: MixtureModel): TensorFile {
  checkModel("mixtureToTensors", model);
  const { processes, nuisances, frame, simulated, response } = checkedModel(model);
  const responseActsOn = response?.actsOn;
  const parts = partsOf(model);
  const architectures = Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture]));
  return {
    metadata: {
      [MIXTURE_KEY]: JSON.stringify({ frame, processes, nuisances, simulated, responseActsOn, architectures }),
    },
    tensors: new Map(
      parts.flatMap(([name, { weights }]) =>
        [...weights].map(([key, tensor]) => [`${parameterPrefixes[name]}.${key}`, tensor] as const),
      ),
    ),
  };
}

/** @param where  the file, for messages */
export function mixtureFromTensors(where: string, file: ForeignTensorFile): MixtureModel {
  checkParts("mixtureFromTensors", "a file", file, { metadata: anObject, tensors: aMap });
  try {
    return readMixture(where, file);
  } catch (error) {
    // The checks of a part do not know its file: it is added to their message.
    if (error instanceof UsageError && !error.message.startsWith(where)) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

function readMixture(where: string, { metadata, tensors }: ForeignTensorFile): MixtureModel {
  const text = metadata[MIXTURE_KEY];
  if (text === undefined) {
    throw new UsageError(where, {
      expected: `metadata "${MIXTURE_KEY}"`,
      got: Object.keys(metadata).join(", ") || "none",
      hint: "Is this a model that unbinned saved?",
    });
  }
  const { architectures, responseActsOn, ...rest } = mixtureData(where, text);
  const weightsOf = (part: PartName): Weights => {
    const prefix = `${parameterPrefixes[part]}.`;
    return new Map<string, Tensor>(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), toTensor(tensor)] as const] : [],
      ),
    );
  };
  const parts = Object.entries(architectures).map(([name, architecture]) => [
    name,
    {
      architecture,
      weights: weightsOf(name as PartName),
      ...(name === "response" && responseActsOn && { actsOn: responseActsOn }),
    },
  ]);
  return checkedModel(withParts(rest, Object.fromEntries(parts)));
}
