/** Brings columns to tiles of BLOCK events, and outputs from there to columns. */
import type { ColumnData } from "../backend.js";
import { BLOCK } from "../blocked-column.js";

type Numbers = Float32Array | Float64Array;

/** The events of one run: `index` gives their positions in the columns, else they are `start`, `start + 1`, ... */
export interface Events {
  readonly start: number;
  readonly length: number;
  readonly index: Int32Array | undefined;
}

/** Data as workers get them: `[rows][events]`, or the numbers of a BlockedColumn. */
export type BoundColumn = ColumnData | { readonly blocks: ColumnData };

/** Where an output goes: `[rows][events of the run]`, or the numbers of a BlockedColumn, at the places of the events. */
export type OutputColumn = Float64Array | { readonly blocks: ColumnData };

/** The rest of a tail tile repeats its last event. */
function fillTails(target: Numbers, to: number, rows: number, n: number): void {
  if (n === BLOCK) return;
  for (let end = to + n; end < to + rows * BLOCK; end += BLOCK) {
    target.fill(target[end - 1] as number, end, end + BLOCK - n);
  }
}

/** Events `first` to `first + n` of a run, from a column `[rows][events]` to a tile that begins at target[to]. */
export function gatherRows(
  source: ColumnData,
  rows: number,
  target: Numbers,
  to: number,
  { start, index }: Events,
  first: number,
  n: number,
): void {
  const stride = source.length / rows;
  const begin = start + first;
  for (let r = 0; r < rows; r++) {
    const from = r * stride;
    const at = to + r * BLOCK;
    if (index === undefined) target.set(source.subarray(from + begin, from + begin + n), at);
    else for (let e = 0; e < n; e++) target[at + e] = source[from + (index[begin + e] as number)] as number;
  }
  fillTails(target, to, rows, n);
}

/** Where a tile lies in blocks: `split` events from place `within` of the block that begins at `own`, the rest in the `next`. */
function placesOf(event: number, n: number, rows: number) {
  const within = event % BLOCK;
  const own = (event - within) * rows;
  return { within, split: Math.min(n, BLOCK - within), own, next: own + rows * BLOCK };
}

/** The same from the numbers of a BlockedColumn. */
export function gatherBlocks(
  blocks: ColumnData,
  rows: number,
  target: Numbers,
  to: number,
  { start, index }: Events,
  first: number,
  n: number,
): void {
  const begin = start + first;
  if (index !== undefined) {
    for (let e = 0; e < n; e++) {
      const event = index[begin + e] as number;
      const within = event % BLOCK;
      const from = (event - within) * rows + within;
      for (let r = 0; r < rows; r++) target[to + r * BLOCK + e] = blocks[from + r * BLOCK] as number;
    }
  } else if (begin % BLOCK === 0) {
    target.set(blocks.subarray(begin * rows, (begin + BLOCK) * rows), to);
  } else {
    const { within, split, own, next } = placesOf(begin, n, rows);
    // Pieces of rows are so short that to name them takes longer than to copy their numbers one by one.
    for (let r = 0; r < rows; r++) {
      const at = to + r * BLOCK;
      const from = own + r * BLOCK + within;
      const after = next + r * BLOCK - split;
      for (let e = 0; e < split; e++) target[at + e] = blocks[from + e] as number;
      for (let e = split; e < n; e++) target[at + e] = blocks[after + e] as number;
    }
  }
  fillTails(target, to, rows, n);
}

/**
 * A tile of an output to `[rows][events of the run]`.
 *
 * @param from   where each row begins in `numbers`
 * @param first  the first event of the tile, counted from the start of the run
 */
export function putRows(
  numbers: Numbers,
  from: Int32Array,
  n: number,
  target: Float64Array,
  first: number,
  events: number,
): void {
  from.forEach((at, r) => {
    target.set(numbers.subarray(at, at + n), r * events + first);
  });
}

/** The same to the numbers of a BlockedColumn. @param event  the first event of the tile, counted from the column's first */
export function putBlocks(numbers: Numbers, from: Int32Array, n: number, blocks: ColumnData, event: number): void {
  const { within, split, own, next } = placesOf(event, n, from.length);
  from.forEach((at, r) => {
    blocks.set(numbers.subarray(at, at + split), own + r * BLOCK + within);
    if (split < n) blocks.set(numbers.subarray(at + split, at + n), next + r * BLOCK);
  });
}
