/** Tensors of files and users against those that an architecture needs. */
import { UsageError } from "../../engine/errors.js";
import { sameShape } from "../../engine/tape/tape.js";
import type { Tensor, TensorSpec } from "../networks/weights.js";

/** The first few names, and how many there are. */
export const listed = (names: readonly string[]) =>
  names.length === 0 ? "none" : names.slice(0, 4).join(", ") + (names.length > 4 ? `, ... (${names.length})` : "");

/** Refuses tensors that are not exactly those of the specifications: names, shapes, finite numbers. @param what  they are of */
export function checkTensors(
  where: string,
  what: string,
  specs: readonly TensorSpec[],
  weights: ReadonlyMap<string, Tensor>,
): void {
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
