/** Brings columns to tiles of BLOCK events, and outputs from there to columns. */
import type { ColumnData } from "../runtime/backend.js";
import { BLOCK } from "../runtime/blocked-column.js";

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

/** Events `first` to `first + n` of a run. */
export interface TileEvents {
  readonly events: Events;
  readonly first: number;
  readonly n: number;
}

/** Copies the rows of a column, `rows` of them, to a tile that begins at target[to]. */
type Copy = (source: ColumnData, rows: number, target: Numbers, to: number, tile: TileEvents) => void;

const copyRows: Copy = (source, rows, target, to, { events: { start, index }, first, n }) => {
  const stride = source.length / rows;
  const begin = start + first;
  for (let r = 0; r < rows; r++) {
    const from = r * stride;
    const at = to + r * BLOCK;
    if (index === undefined) target.set(source.subarray(from + begin, from + begin + n), at);
    else for (let e = 0; e < n; e++) target[at + e] = source[from + (index[begin + e] as number)] as number;
  }
};

/** Where a tile lies in blocks: `split` events from place `within` of the block that begins at `own`, the rest in the `next`. */
function placesOf(event: number, n: number, rows: number) {
  const within = event % BLOCK;
  const own = (event - within) * rows;
  return { within, split: Math.min(n, BLOCK - within), own, next: own + rows * BLOCK };
}

const copyBlocks: Copy = (blocks, rows, target, to, { events: { start, index }, first, n }) => {
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
};

/** A column to a tile. */
export function gather(source: BoundColumn, rows: number, target: Numbers, to: number, tile: TileEvents): void {
  if ("blocks" in source) copyBlocks(source.blocks, rows, target, to, tile);
  else copyRows(source, rows, target, to, tile);
  fillTails(target, to, rows, tile.n);
}

/**
 * A tile of an output to its column.
 *
 * @param from  where each row begins in `numbers`
 */
export function put(numbers: Numbers, from: Int32Array, column: OutputColumn, { events, first, n }: TileEvents): void {
  if (!("blocks" in column)) {
    from.forEach((at, r) => {
      column.set(numbers.subarray(at, at + n), r * events.length + first);
    });
    return;
  }
  const { blocks } = column;
  const { within, split, own, next } = placesOf(events.start + first, n, from.length);
  from.forEach((at, r) => {
    blocks.set(numbers.subarray(at, at + split), own + r * BLOCK + within);
    if (split < n) blocks.set(numbers.subarray(at + split, at + n), next + r * BLOCK);
  });
}
