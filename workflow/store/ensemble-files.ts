/** The replicas of step 1 in a file beside the saved model. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkWeights } from "../../flows/formats/checkpoint.js";
import type { Tensor } from "../../flows/networks/weights.js";
import type { Replica } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import { checkPoint, type MixtureModel } from "../../inference/model/mixture-model.js";
import { toFloat64 } from "../../io/index.js";
import type { Analysis } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { readSealed, writeSealed } from "./checksum.js";

/** Name of the saved replicas in the output folder. Tensors `<index>.nu` [K] and `<index>.transfer.<tensor of T>`. */
export const REPLICAS_FILE = "replicas.safetensors";

const TENSOR_NAME = /^(?<index>\d+)\.(?:nu|transfer\.(?<tensor>.+))$/;

/** Saves the ensemble in place of what was there; an ensemble of none leaves no file. */
export async function saveReplicas(folder: string, replicas: readonly Replica[]): Promise<void> {
  const file = join(folder, REPLICAS_FILE);
  if (replicas.length === 0) return rm(file, { force: true });
  const tensors = replicas.flatMap(({ index, nu, transport }): [string, Tensor][] => [
    [`${index}.nu`, { shape: [nu.length], data: Float64Array.from(nu) }],
    ...[...transport].map(([name, tensor]): [string, Tensor] => [`${index}.transfer.${name}`, tensor]),
  ]);
  await writeSealed(file, new Map(tensors), {});
}

/**
 * The ensemble that `saveReplicas` left in a folder, by index; none where there is no file.
 *
 * @param model  whose T and nuisances the replicas must fit
 */
export async function readReplicas(folder: string, model: MixtureModel): Promise<readonly Replica[]> {
  const file = join(folder, REPLICAS_FILE);
  if (!existsSync(file)) return [];
  const { tensors } = await readSealed(file, "Run the analysis again: steps that are finished are kept");
  const found = new Map<number, { nu: Tensor | undefined; readonly transport: Map<string, Tensor> }>();
  for (const [name, { shape, data }] of tensors) {
    const { index, tensor } = TENSOR_NAME.exec(name)?.groups ?? {};
    if (index === undefined) {
      throw new UsageError(file, { expected: "tensors <index>.nu and <index>.transfer.<name>", got: `"${name}"` });
    }
    const own = found.get(Number(index)) ?? { nu: undefined, transport: new Map<string, Tensor>() };
    found.set(Number(index), own);
    const values: Tensor = { shape, data: toFloat64(`${file}, tensor "${name}"`, data) };
    if (tensor === undefined) own.nu = values;
    else own.transport.set(tensor, values);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([index, { nu, transport }]) => checkedReplica(`${file}, replica ${index}`, model, index, nu, transport));
}

/** The replicas beside the model of an analysis; a model from elsewhere (`model.file`) has none. */
export async function savedReplicas(
  { configuration }: Analysis,
  folder: string,
  model: MixtureModel,
): Promise<readonly Replica[]> {
  return configuration.model.file === undefined ? readReplicas(folder, model) : [];
}

function checkedReplica(
  where: string,
  model: MixtureModel,
  index: number,
  nu: Tensor | undefined,
  transport: Map<string, Tensor>,
): Replica {
  if (model.transport === undefined) {
    throw new UsageError(where, {
      expected: "a model with a map T beside it",
      got: "one without",
      hint: "Run the analysis again",
    });
  }
  checkWeights(where, model.transport.architecture, transport);
  if (nu === undefined) throw new UsageError(where, { expected: `a tensor "${index}.nu"`, got: "none" });
  checkPoint(where, model, nu.data);
  return { index, nu: Array.from(nu.data), transport };
}
