/** Tensors of other programs' files, and how those that do not fit are refused. */
import { UsageError } from "../../engine/errors.js";
import { type ForeignTensors, type Tensor, toTensor } from "../networks/weights.js";

/** A folder in messages. */
export const placeOf = (folder: string) => (folder === "" ? "state dict" : folder);

/** @param where  a folder or the name of a tensor */
export function refuse(where: string, expected: string, got: string, hint?: string): never {
  throw new UsageError(placeOf(where), {
    expected,
    got: `${got}: weights of another architecture`,
    ...(hint !== undefined && { hint }),
  });
}

export function numbers(tensors: ForeignTensors, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) refuse(name, "a tensor of this name", "none");
  return toTensor(tensor);
}

/** Path of a name within a folder; the folder "" is the whole file. */
export const pathWithin = (folder: string, name: string) => (folder === "" ? name : `${folder}.${name}`);

/** Names within a folder, without the folder. */
export function namesIn(tensors: ForeignTensors, folder: string): string[] {
  const start = pathWithin(folder, "");
  return [...tensors.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
}

/** Children 0, 1, 2, ... of a folder. */
export function countEntries(tensors: ForeignTensors, folder: string): number {
  const entries = new Set(namesIn(tensors, folder).map((name) => name.split(".")[0] as string));
  for (let i = 0; i < entries.size; i++) {
    if (entries.has(`${i}`)) continue;
    refuse(
      folder,
      `entries 0 to ${entries.size - 1}`,
      [...entries].join(", "),
      `zuko has a map without weights at ${i}, like the soft clips of SOSPF, NAF, UNAF and of the first NSF, and those are not read`,
    );
  }
  if (entries.size === 0) refuse(folder, "at least one entry", "none");
  return entries.size;
}
