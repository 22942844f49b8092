/** A pass as a list of actions: its kernels in order, every event sum as soon as its terms are there. */
import type { FinishedKernel } from "./epilogues.js";
import type { Item, Kernel, LoweredPass, Operand, Sum } from "./lowering.js";

export type Action<K = Kernel> =
  | { readonly kind: "kernel"; readonly kernel: K }
  /** Sums whose terms the action before completes. */
  | { readonly kind: "sums"; readonly sums: readonly Sum[] };

const itemsOf = (operands: readonly Operand[]) => operands.flatMap((o) => (o.from === "item" ? [o.item] : []));

/** Items whose stored rows the action reads. */
export function itemsRead(action: Action<FinishedKernel>): Item[] {
  if (action.kind === "sums") return action.sums.flatMap((sum) => itemsOf(sum.operands));
  const { kernel } = action;
  if (kernel.kind === "linear") return itemsOf(kernel.item.operands);
  const { items } = kernel.kind === "fused" ? kernel : kernel.epilogue;
  const own = new Set(items);
  return items.flatMap((item) => itemsOf(item.operands)).filter((item) => !own.has(item));
}

/** Items whose rows the action stores. */
export function itemsMade(action: Action<FinishedKernel>): Item[] {
  if (action.kind === "sums") return [];
  const { kernel } = action;
  if (kernel.kind === "linear") return [kernel.item];
  return [...(kernel.kind === "fused" ? kernel : kernel.epilogue).stored];
}

/** Sums of what no event changes are no actions. */
export function actionsOf<K extends FinishedKernel>(pass: LoweredPass<K>): Action<K>[] {
  const made = new Set<Item>(pass.columns);
  let waiting = pass.sums.filter((sum) => itemsOf(sum.operands).length > 0);
  const actions: Action<K>[] = [];
  const release = () => {
    const isReady = (sum: Sum) => itemsOf(sum.operands).every((item) => made.has(item));
    const sums = waiting.filter(isReady);
    waiting = waiting.filter((sum) => !sums.includes(sum));
    if (sums.length > 0) actions.push({ kind: "sums", sums });
  };
  release();
  for (const kernel of pass.kernels) {
    const action: Action<K> = { kind: "kernel", kernel };
    actions.push(action);
    for (const item of itemsMade(action)) made.add(item);
    release();
  }
  return actions;
}
