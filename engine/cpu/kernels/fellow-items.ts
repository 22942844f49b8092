import { type FusedKernel, type Item, isInner } from "../../passes/lowering.js";
import type { Rounds } from "../../passes/rounds.js";

/** The item of a kernel that is another function of the same operands, at the same place. */
export const fellowOf = (item: Item, name: string, kernel: FusedKernel, rounds: Rounds): Item | undefined =>
  kernel.items.find(
    (other) =>
      other.name === name &&
      other.node.inputs.every((input, i) => input === item.node.inputs[i]) &&
      rounds.of.get(other) === rounds.of.get(item) &&
      isInner(other, kernel) === isInner(item, kernel),
  );
