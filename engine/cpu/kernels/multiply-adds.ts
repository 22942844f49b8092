import { type FusedKernel, type Item, isInner, readsInner } from "../../passes/lowering.js";
import type { Rounds } from "../../passes/rounds.js";

/** Products that their only reader multiplies and adds at once: read in their own round, by a sum of some kind, and neither stored nor added over events. */
export function multiplyAddProducts(kernel: FusedKernel, rounds: Rounds): ReadonlySet<Item> {
  const found = new Set<Item>();
  const uses = new Map<Item, Item[]>();
  for (const reader of kernel.items) {
    for (const operand of reader.operands) {
      if (operand.from === "item") uses.set(operand.item, [...(uses.get(operand.item) ?? []), reader]);
    }
  }
  const overEvents = new Set(
    kernel.sums?.flatMap(({ operands: [term] }) => (term?.from === "item" ? [term.item] : [])),
  );
  for (const product of kernel.items) {
    const [reader, ...others] = uses.get(product) ?? [];
    if (product.name !== "mul" || reader === undefined || others.length > 0) continue;
    if (kernel.stored.has(product) || overEvents.has(product)) continue;
    const adds = reader.name === "add" || reader.name === "sum" || reader.name === "cumulativeSum";
    const subtracts =
      reader.name === "sub" && reader.operands[1]?.from === "item" && reader.operands[1].item === product;
    const siblings = reader.operands.some((o) => o.from === "item" && found.has(o.item));
    const together =
      rounds.of.get(product) === rounds.of.get(reader) && isInner(product, kernel) === readsInner(reader, kernel);
    if ((adds || subtracts) && together && !siblings) found.add(product);
  }
  return found;
}
