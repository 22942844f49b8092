/** Kernels as text, for `unbinned kernels` and for people who wonder what runs. */
import type { FinishedKernel } from "./epilogues.js";
import { type Item, isIdentity, isInner, type KernelOperand, type LoweredPass } from "./lowering.js";

function operandText(operand: KernelOperand): string {
  if (operand.from === "number") return String(operand.value);
  const name = operand.from === "item" ? `v${operand.item.index}` : `p${operand.node.id}`;
  const size = operand.from === "item" ? operand.item.size : operand.rows.length;
  return isIdentity(operand.rows, size) ? name : `${name}[view ${operand.rows.length}]`;
}

function itemText(item: Item, isStored: boolean): string {
  const operands = item.operands.map(operandText).join(", ");
  return `v${item.index} = ${item.name}(${operands})${isStored ? "  -> stored" : ""}`;
}

/** @param at  its number in the pass */
export function kernelTitle(kernel: FinishedKernel, at: number): string {
  if (kernel.kind === "linear") return `kernel ${at}: linear ${kernel.item.size} rows`;
  if (kernel.kind === "finishedLinear") return `kernel ${at}: linear ${kernel.item.size} rows and epilogue`;
  const inner = kernel.inner === undefined ? "" : `, inner axis ${kernel.inner.size}`;
  return `kernel ${at}: fused, ${kernel.rows} rows${inner}`;
}

/** Names of operations, each once with its number. */
export function operationCounts(items: readonly { readonly name: string }[]): string[] {
  const counts = new Map<string, number>();
  for (const { name } of items) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} x ${count}`));
}

function kernelText(kernel: FinishedKernel, at: number): string {
  const title = kernelTitle(kernel, at);
  if (kernel.kind === "linear") return `${title}\n  ${itemText(kernel.item, true)}`;
  if (kernel.kind === "finishedLinear") {
    const { items, stored } = kernel.epilogue;
    return [title, ...items.map((item) => `  ${itemText(item, stored.has(item))}`)].join("\n");
  }
  const summed = new Set(
    (kernel.sums ?? []).flatMap(({ operands: [operand] }) => (operand?.from === "item" ? operand.item : [])),
  );
  const lines = kernel.items.map((item) => {
    const indent = isInner(item, kernel) ? "  " : "";
    return `  ${indent}${itemText(item, kernel.stored.has(item))}${summed.has(item) ? "  -> summed over events" : ""}`;
  });
  return [title, ...lines].join("\n");
}

export function describePass(pass: LoweredPass<FinishedKernel>): string {
  return [
    `pass over "${pass.set}": ${pass.kernels.length} kernels`,
    ...pass.columns.map((item) => `column v${item.index} = ${item.node.operation.name} [${item.size}]`),
    ...pass.kernels.map(kernelText),
    ...pass.sums.map((sum) => `${sum.node.operation.name} over events of ${sum.operands.map(operandText).join(", ")}`),
  ].join("\n");
}
