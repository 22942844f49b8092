/**
 * Joins linear maps with the kernels that follow them, for backends that pay for every pass over memory: what is computed
 * from the rows of a map (bias, activation, an activation's derivative) is computed before they are stored, and a row that
 * nobody else reads is not stored at all.
 */
import {
  type FusedKernel,
  type Item,
  isIdentity,
  type Kernel,
  type LinearKernel,
  type LoweredPass,
  type Operand,
} from "./lowering.js";

/** Items of one epilogue at most: they share registers with the sums of the map. */
const LARGEST_EPILOGUE = 32;

/** A linear map and what is made of its rows before they are stored. */
export interface FinishedLinear {
  readonly kind: "finishedLinear";
  readonly item: Item;
  /** Without inner axis. Its items are the map, then what is computed from it and from others at the same row. */
  readonly epilogue: FusedKernel;
}

export type FinishedKernel = Kernel | FinishedLinear;

function madeBy(kernel: FinishedKernel): readonly Item[] {
  if (kernel.kind === "linear") return [kernel.item];
  return kernel.kind === "fused" ? kernel.items : kernel.epilogue.items;
}

const readsItem = (operands: readonly Operand[], item: Item) =>
  operands.some((operand) => operand.from === "item" && operand.item === item);

const reads = (kernel: FinishedKernel, item: Item) => madeBy(kernel).some(({ operands }) => readsItem(operands, item));

/** Does the kernel compute row by row what the map gives, and read it only there? */
function fits(kernel: FusedKernel, item: Item): boolean {
  if (kernel.inner !== undefined || kernel.rows !== item.size || kernel.items.length >= LARGEST_EPILOGUE) return false;
  const own = kernel.items
    .flatMap((reader) => reader.operands)
    .flatMap((operand) => (operand.from === "item" && operand.item === item ? [operand.rows] : []));
  return own.length > 0 && own.every((rows) => isIdentity(rows, item.size));
}

/** Places of a map and of its epilogue, and of these the one where both can be computed. */
interface Pair {
  readonly map: number;
  readonly epilogue: number;
  readonly at: number;
}

function pairOf(kernel: FusedKernel, epilogue: number, kernels: readonly FinishedKernel[]): Pair | undefined {
  // Of several maps that the kernel reads, the last: the others are finished by then.
  const map = kernels.findLastIndex((other, i) => i < epilogue && other.kind === "linear" && fits(kernel, other.item));
  if (map < 0) return undefined;
  const { item } = kernels[map] as LinearKernel;
  const between = kernels.slice(map + 1, epilogue);
  if (!between.some((other) => reads(other, item))) return { map, epilogue, at: epilogue };
  const made = between.flatMap(madeBy);
  return made.some((other) => reads(kernel, other)) ? undefined : { map, epilogue, at: map };
}

/** The kernel in parts that need nothing of each other; one with an inner axis is whole. */
function partsOf(kernel: FusedKernel): FusedKernel[] {
  if (kernel.inner !== undefined) return [kernel];
  let parts: Item[][] = [];
  for (const item of kernel.items) {
    const needed = parts.filter((part) => part.some((other) => readsItem(item.operands, other)));
    parts = [...parts.filter((part) => !needed.includes(part)), [...needed.flat(), item]];
  }
  return parts.map((items) => restrict(kernel, items));
}

function restrict(kernel: FusedKernel, items: readonly Item[]): FusedKernel {
  const own = [...items].sort((a, b) => a.index - b.index);
  return { ...kernel, items: own, stored: new Set(own.filter((item) => kernel.stored.has(item))) };
}

/** The kernels, with those parts of one in front of it that are epilogues of earlier maps than the rest. */
function split(kernels: readonly FinishedKernel[], at: number): readonly FinishedKernel[] {
  const kernel = kernels[at] as FinishedKernel;
  if (kernel.kind !== "fused") return kernels;
  const whole = pairOf(kernel, at, kernels);
  const parts = new Map<number, Item[]>();
  for (const { items, ...part } of partsOf(kernel)) {
    const pair = pairOf({ ...part, items }, at, kernels);
    if (pair !== undefined && pair.map !== whole?.map) parts.set(pair.map, [...(parts.get(pair.map) ?? []), ...items]);
  }
  const apart = new Set([...parts.values()].flat());
  const rest = kernel.items.filter((item) => !apart.has(item));
  const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, items]) => items);
  const own = [...inOrder, rest].filter((items) => items.length > 0).map((items) => restrict(kernel, items));
  return [...kernels.slice(0, at), ...own, ...kernels.slice(at + 1)];
}

/** Does a kernel other than these two, a sum or an output read the item? */
function isReadElsewhere(item: Item, pass: LoweredPass<FinishedKernel>, { map, epilogue }: Pair): boolean {
  const outputs = pass.outputs.map(({ operand }) => operand);
  return (
    pass.kernels.some((kernel, i) => i !== map && i !== epilogue && reads(kernel, item)) ||
    readsItem([...pass.sums.flatMap((sum) => sum.operands), ...outputs], item)
  );
}

function join(pass: LoweredPass<FinishedKernel>, pair: Pair): readonly FinishedKernel[] {
  const { item } = pass.kernels[pair.map] as LinearKernel;
  const after = pass.kernels[pair.epilogue] as FusedKernel;
  const own = isReadElsewhere(item, pass, pair) ? [item] : [];
  const epilogue = { ...after, items: [item, ...after.items], stored: new Set([...own, ...after.stored]) };
  return pass.kernels.flatMap((kernel, i): FinishedKernel[] => {
    if (i === pair.at) return [{ kind: "finishedLinear", item, epilogue }];
    return i === pair.map || i === pair.epilogue ? [] : [kernel];
  });
}

export function joinEpilogues(pass: LoweredPass): LoweredPass<FinishedKernel> {
  let joined: LoweredPass<FinishedKernel> = pass;
  let at = 0;
  while (at < joined.kernels.length) {
    joined = { ...joined, kernels: split(joined.kernels, at) };
    const kernel = joined.kernels[at] as FinishedKernel;
    const pair = kernel.kind === "fused" ? pairOf(kernel, at, joined.kernels) : undefined;
    // Two became one: the next kernel has this one's place.
    if (pair === undefined) at++;
    else joined = { ...joined, kernels: join(joined, pair) };
  }
  return joined;
}
