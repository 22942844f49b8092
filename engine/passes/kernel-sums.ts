/** Event sums as a part of the kernels that compute their terms, for backends that add where they compute. */
import {
  type FusedKernel,
  type Item,
  isIdentity,
  isInner,
  type Kernel,
  type LoweredPass,
  type Sum,
} from "./lowering.js";

/** The one item whose rows a sum adds, each to a number of its own. */
function termOf({ node, operands: [operand] }: Sum): Item | undefined {
  if (node.operation.name !== "sumEvents" || operand?.from !== "item") return undefined;
  return isIdentity(operand.rows, operand.item.size) ? operand.item : undefined;
}

/** Items that anything but these sums reads where they are stored. */
function readElsewhere({ kernels, outputs, sums }: LoweredPass, joined: ReadonlySet<Sum>): Set<Item> {
  const read = new Set<Item>();
  const add = (operand: Sum["operands"][number]) => operand.from === "item" && read.add(operand.item);
  for (const { operand } of outputs) add(operand);
  for (const sum of sums) if (!joined.has(sum)) sum.operands.forEach(add);
  for (const kernel of kernels) {
    const items = kernel.kind === "linear" ? [kernel.item] : kernel.items;
    const own = new Set(items);
    for (const operand of items.flatMap(({ operands }) => operands)) {
      if (operand.from === "item" && !own.has(operand.item)) read.add(operand.item);
    }
  }
  return read;
}

/** The pass with sums in the kernels that make their terms; a term that nothing else reads is not stored. */
export function joinSums(pass: LoweredPass): LoweredPass {
  const byTerm = new Map<Item, Sum[]>();
  for (const sum of pass.sums) {
    const term = termOf(sum);
    if (term !== undefined) byTerm.set(term, [...(byTerm.get(term) ?? []), sum]);
  }
  const sumsOf = (kernel: FusedKernel) =>
    kernel.items.flatMap((item) => (isInner(item, kernel) ? [] : (byTerm.get(item) ?? [])));
  const joined = new Set(pass.kernels.flatMap((kernel) => (kernel.kind === "fused" ? sumsOf(kernel) : [])));
  const read = readElsewhere(pass, joined);
  const kernels = pass.kernels.map((kernel): Kernel => {
    const sums = kernel.kind === "fused" ? sumsOf(kernel) : [];
    if (kernel.kind !== "fused" || sums.length === 0) return kernel;
    return { ...kernel, sums, stored: new Set([...kernel.stored].filter((item) => read.has(item))) };
  });
  return { ...pass, kernels, sums: pass.sums.filter((sum) => !joined.has(sum)) };
}
