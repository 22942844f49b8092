/**
 * In which round over the inner axis each item of a fused kernel is computed.
 *
 * A reduction's result is known only after its round, so what needs it waits for the next one. A running sum fixes the
 * direction of its round. Outer items have a level: they are computed just before the round of that number.
 */
import { type FusedKernel, type Item, isInner } from "./lowering.js";

export interface Rounds {
  readonly count: number;
  /** The round of an inner item or of a reduction's terms; the level of any other outer item. */
  readonly of: ReadonlyMap<Item, number>;
  /** Rounds that run from the end of the inner axis. */
  readonly reversed: ReadonlySet<number>;
}

export const isReduction = (item: Item) => item.name === "sum" || item.name === "max";

function isReverse(item: Item): boolean {
  const { operation } = item.node;
  return operation.name === "cumulativeSum" && operation.reverse;
}

export function roundsOf(kernel: FusedKernel): Rounds {
  const own = new Set(kernel.items);
  const rounds = new Map<Item, number>();
  const direction = new Map<number, boolean>();
  for (const item of kernel.items) {
    let at = 0;
    for (const operand of item.operands) {
      if (operand.from !== "item" || !own.has(operand.item)) continue;
      const before = rounds.get(operand.item) as number;
      at = Math.max(at, isReduction(operand.item) ? before + 1 : before);
    }
    if (item.name === "cumulativeSum") {
      while ((direction.get(at) ?? isReverse(item)) !== isReverse(item)) at++;
      direction.set(at, isReverse(item));
    }
    rounds.set(item, at);
  }
  sink(kernel, own, rounds);
  const looping = kernel.items.filter((item) => isReduction(item) || isInner(item, kernel));
  return {
    count: Math.max(-1, ...looping.map((item) => rounds.get(item) as number)) + 1,
    of: rounds,
    reversed: new Set([...direction].filter(([, reverse]) => reverse).map(([at]) => at)),
  };
}

/** Moves inner items to the first round that reads them, which saves keeping their values between rounds. */
function sink(kernel: FusedKernel, own: ReadonlySet<Item>, rounds: Map<Item, number>): void {
  const earliest = new Map<Item, number>();
  for (const item of [...kernel.items].reverse()) {
    const read = earliest.get(item);
    if (read !== undefined && isInner(item, kernel) && item.name !== "cumulativeSum") rounds.set(item, read);
    const at = rounds.get(item) as number;
    for (const operand of item.operands) {
      if (operand.from !== "item" || !own.has(operand.item)) continue;
      earliest.set(operand.item, Math.min(earliest.get(operand.item) ?? at, at));
    }
  }
}
