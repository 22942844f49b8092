/** A pass as a list of launches: its kernels in order, every event sum as soon as its terms are there. */
import type { FinishedKernel } from "./epilogues.js";
import type { Item, Kernel, KernelOperand, LoweredPass, Sum } from "./lowering.js";

export type Launch<K = Kernel> =
  | { readonly kind: "kernel"; readonly kernel: K }
  /** Sums whose terms the launch before completes. */
  | { readonly kind: "sums"; readonly sums: readonly Sum[] };

const itemsOf = (operands: readonly KernelOperand[]) => operands.flatMap((o) => (o.from === "item" ? [o.item] : []));

/** Items whose stored rows the launch reads. */
export function itemsRead(launch: Launch<FinishedKernel>): Item[] {
  if (launch.kind === "sums") return launch.sums.flatMap((sum) => itemsOf(sum.operands));
  const { kernel } = launch;
  if (kernel.kind === "linear") return itemsOf(kernel.item.operands);
  const { items } = kernel.kind === "fused" ? kernel : kernel.epilogue;
  const own = new Set(items);
  return items.flatMap((item) => itemsOf(item.operands)).filter((item) => !own.has(item));
}

/** Items whose rows the launch stores. */
export function itemsMade(launch: Launch<FinishedKernel>): Item[] {
  if (launch.kind === "sums") return [];
  const { kernel } = launch;
  if (kernel.kind === "linear") return [kernel.item];
  return [...(kernel.kind === "fused" ? kernel : kernel.epilogue).stored];
}

/** Sums of what no event changes are no launches. */
export function launchesOf<K extends FinishedKernel>(pass: LoweredPass<K>): Launch<K>[] {
  const made = new Set<Item>(pass.columns);
  let waiting = pass.sums.filter((sum) => itemsOf(sum.operands).length > 0);
  const launches: Launch<K>[] = [];
  const release = () => {
    const isReady = (sum: Sum) => itemsOf(sum.operands).every((item) => made.has(item));
    const sums = waiting.filter(isReady);
    waiting = waiting.filter((sum) => !sums.includes(sum));
    if (sums.length > 0) launches.push({ kind: "sums", sums });
  };
  release();
  for (const kernel of pass.kernels) {
    const launch: Launch<K> = { kind: "kernel", kernel };
    launches.push(launch);
    for (const item of itemsMade(launch)) made.add(item);
    release();
  }
  return launches;
}
